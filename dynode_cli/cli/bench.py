"""``dynode bench``: what solver paths, memory, rendering and start-up cost on this machine, and what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.bench import Bench

if TYPE_CHECKING:
    from dynode_cli.benchmark.results import Results
    from dynode_cli.benchmark.telling.compare import Comparison

app = command_app()


@command(
    app,
    "bench",
    takes=(Bench,),
    examples=[
        "dynode bench solvers --quick                  # solver paths beside linear interpolation, in a minute or two",
        "dynode bench all -o report.html               # everything, as one page",
        "dynode bench solvers --json > before.json     # keep the figures ...",
        "dynode bench solvers --compare before.json    # ... and see later what changed",
        "dynode bench quality --dynamics gp            # one dynamics alone, beside linear",
        "dynode bench solvers --device cuda",
    ],
)
def bench(session: Session, given: Given) -> None:
    request = given.to(Bench)
    from dynode_cli.benchmark.run import bench as measure

    found = measure(request, session.host)
    if session.json:
        session.console.print_json(found.to_json())
    else:
        _show(session, found.results, found.comparison)


def _show(session: Session, results: Results, comparison: Comparison | None) -> None:
    from dynode_cli.benchmark.telling import text
    from dynode_cli.benchmark.telling.compare import changed

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
