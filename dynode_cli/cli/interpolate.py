"""``dynode interpolate``: any frame rate, slow motion, or a list of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session
from dynode_cli.errors import BatchError, DynodeError, UsageError
from dynode_cli.requests.interpolate import Batch, Interpolate

if TYPE_CHECKING:
    from dynode_cli.pipeline.to_file import Rendered
    from dynode_cli.verbs.interpolate import Planned

app = command_app()


@command(
    app,
    "interpolate",
    takes=(Interpolate, Batch),
    hides=("source",),
    examples=[
        "dynode interpolate clip.mp4 --fps 240",
        "dynode interpolate clip.mp4 --slowmo 4 -o slow.mp4",
        "dynode interpolate clip.mp4 --fps 60 --start 2s --end 00:00:05 -o part.mkv",
        "dynode interpolate clip.mp4 --fps 120 --dry-run         # frames, memory and time it would take",
        "dynode interpolate frames/%05d.png --input-rate 24 --fps 48 -o out/%05d.png",
        "dynode interpolate *.mp4 --fps 60 --out-dir smooth/",
        "dynode interpolate clip.mp4 --fps 100 -d sde --samples 4 # how sure are the in-betweens?",
    ],
)
def interpolate(session: Session, given: Given) -> None:
    batch = given.to(Batch)
    requests = [given.to(Interpolate, source=source) for source in batch.sources]
    if not batch.dry_run:
        session.check_stdout(requests[0].output)
    if len(requests) > 1 and requests[0].output is not None:
        raise UsageError("-o names one output, but there are several inputs", hint="use --out-dir DIR")
    if len(requests) == 1:
        result = _one(session, requests[0], batch.dry_run, {})
        if session.json:
            session.console.print_json(result)
    else:
        _batch(session, requests, batch.dry_run)


def _one(session: Session, request: Interpolate, dry_run: bool, made: dict[str, str]) -> dict[str, Any]:
    """Render one source; `made` says of the outputs of this run which source they are from."""
    from dynode_cli.verbs.interpolate import planned

    with planned(request, session.host) as planning:
        if planning.output in made:
            raise UsageError(
                f"{planning.output} was just made from {made[planning.output]}",
                hint="inputs of the same name need folders of their own",
            )
        made[planning.output] = request.source
        if dry_run:
            return _show_plan(session, planning)
        for line in planning.notes():
            session.console.message(line)
        rendered = planning.render()
    for warning in rendered.warnings:
        session.console.warn(warning)
    tell_fits(session.console, rendered.fits)
    session.console.message(_summary(rendered))
    if rendered.spread is not None:
        session.console.message(rendered.spread.told())
    return rendered.to_json()


def _batch(session: Session, requests: list[Interpolate], dry_run: bool) -> None:
    console = session.console
    results: list[dict[str, Any]] = []
    made: dict[str, str] = {}
    failed = 0
    for number, request in enumerate(requests, 1):
        console.message(f"[{number}/{len(requests)}] {request.source}")
        try:
            results.append({"source": request.source, **_one(session, request, dry_run, made)})
        except DynodeError as error:
            failed += 1
            console.error(str(error), hint=error.hint)
            results.append({"source": request.source, "error": str(error), "exit_code": error.exit_code})
    if session.json:
        console.print_json(results)
    console.message(f"{len(requests) - failed} of {len(requests)} done" + (f", {failed} failed" if failed else ""))
    if failed:
        names = ", ".join(result["source"] for result in results if "error" in result)
        raise BatchError(f"{failed} of {len(requests)} inputs failed: {names}")


def _show_plan(session: Session, planning: Planned) -> dict[str, Any]:
    from dynode_cli.values.amounts import format_memory, format_seconds

    forecast = planning.forecast()
    facts = {"source": planning.request.source, **forecast.to_json()}
    if not session.json:
        seconds = forecast.cost.seconds
        told = {
            **facts,
            "memory_bytes": format_memory(forecast.cost.memory),
            "seconds": "depends on the fit" if seconds is None else f"about {format_seconds(seconds)}",
        }
        session.console.table(("what", "value"), [(key.replace("_", " "), value) for key, value in told.items()])
    return facts


def _summary(rendered: Rendered) -> str:
    from dynode_cli.values.amounts import counted, format_seconds

    total = sum(rendered.seconds.values())
    plan = rendered.plan
    return (
        f"{rendered.output}: {counted(rendered.frames, 'frame')}, {rendered.duration:.3f} s, from "
        f"{counted(len(plan.scan.pts), 'frame')} in {counted(len(plan.shots), 'shot')}; {format_seconds(total)} "
        f"({1000 * total / rendered.frames:.0f} ms a frame)"
    )
