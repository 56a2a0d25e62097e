"""``dynode bench``: what solver paths, memory, rendering and start-up cost on this machine, and what they are worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import Session, session_of
from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.bench.measuring.results import Results
    from dynode_cli.bench.telling.compare import Comparison

app = command_app()


@command(
    app,
    "bench",
    examples=[
        "dynode bench solvers --quick                  # solver paths beside linear interpolation, in a minute or two",
        "dynode bench all -o report.html               # everything, as one page",
        "dynode bench solvers --json > before.json     # keep the figures ...",
        "dynode bench solvers --compare before.json    # ... and see later what changed",
        "dynode bench quality --dynamics gp            # one dynamics alone, beside linear",
        "dynode bench solvers --device cuda",
    ],
)
def bench(
    ctx: typer.Context,
    part: Annotated[
        Literal["solvers", "quality", "memory", "render", "startup", "all"],
        typer.Argument(
            metavar="[solvers|quality|memory|render|startup|all]",
            help="What to measure: the ways to move codes, held-out quality, peak memory, rendering by stage, start-up.",
        ),
    ] = "all",
    quick: Annotated[bool, typer.Option("--quick", help="Small cases, few repeats.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write a report as one HTML page that needs nothing else."
        ),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="FILE",
            help="JSON of an earlier run: show what changed, against the spread.",
        ),
    ] = None,
    dynamics: Annotated[
        str | None,
        typer.Option(
            "--dynamics",
            "-d",
            metavar="NAME",
            rich_help_panel=opt.METHOD,
            help="Measure this one alone, beside linear. Default: all, and the solver paths below them.",
        ),
    ] = None,
    dynamics_option: opt.DynamicsOptions = None,
    force: opt.Force = False,
    device: opt.Device = "cpu",
    threads: Annotated[
        int, typer.Option("--threads", metavar="N", min=1, rich_help_panel=opt.RUN, help="CPU threads. Default: 1.")
    ] = 1,
) -> None:
    """Measure what dynode costs here, in time and memory, beside linear interpolation, and what it is worth.

    Every figure is the median of repeated runs with its quartiles; rivals take turns, so that a busy machine slows all
    of them alike. Rows that would take too long are left out and say so.
    """
    if output is not None:
        if output.suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"-o {output}: the report is a page; its name must end in .html")
        if output.exists() and not force:
            raise UsageError(f"{output} exists", hint="add --force to replace it")
        if not output.absolute().parent.is_dir():
            raise UsageError(f"-o {output}: there is no folder {output.parent}")
    from dynode_cli.bench.measuring.results import load
    from dynode_cli.bench.measuring.settings import PARTS, Settings, quick_settings
    from dynode_cli.bench.run import run
    from dynode_cli.bench.telling.compare import compare as compared

    session = session_of(ctx)
    if dynamics_option and dynamics is None:
        raise UsageError(f"-D {dynamics_option[0]} needs to know of which dynamics", hint="add --dynamics NAME")
    before = None if compare is None else load(compare)
    settings = quick_settings(device, threads) if quick else Settings(device=device, threads=threads)
    if dynamics is not None:
        settings = settings.of_dynamics(dynamics, session.plugin_options("dynamics", dynamics, dynamics_option or ()))
    settings = settings.noting(session.console.message)
    results = run(PARTS if part == "all" else (part,), settings, session.host)
    comparison = None if before is None else compared(before, results)
    if output is not None:
        from dynode_cli.bench.telling.report import write_report

        write_report(output, results, comparison)
        session.console.message(f"wrote {output}")
    if session.json:
        told = results.to_json()
        session.console.print_json(told if comparison is None else {**told, "comparison": asdict(comparison)})
    else:
        _show(session, results, comparison)


def _show(session: Session, results: Results, comparison: Comparison | None) -> None:
    from dynode_cli.bench.telling import text
    from dynode_cli.bench.telling.compare import changed

    console = session.console
    for section in results.sections:
        for table in text.tables(section):
            console.write("")
            console.table(
                ("", *(text.heading(column) for column in table.columns), ""),
                [(line.name, *line.cells, line.note) for line in table.lines],
                title=section.title if table.group == section.name else f"{section.title}: {table.group}",
            )
        console.write("")
        for finding in section.findings:
            console.write(finding)
    if comparison is None:
        return
    for warning in comparison.warnings:
        console.warn(f"the runs differ: {warning}")
    real = changed(comparison)
    console.write("")
    console.write(f"{len(real)} of {len(comparison.changes)} figures changed by more than their spread")
    console.table(
        ("row", "figure", "before", "now", "ratio", "spreads", "same twice", ""),
        [
            (
                f"{c.group}: {c.name}",
                c.column,
                text.number(c.before, 3),
                text.number(c.now, 3),
                f"{c.ratio:.2f}",
                text.ABSENT if c.spreads is None else f"{c.spreads:+.1f}",
                text.ABSENT if c.twice is None else f"{1 + c.twice:.2f}",
                c.judgement,
            )
            for c in real
        ],
    )
