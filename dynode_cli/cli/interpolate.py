"""``dynode interpolate``: any frame rate, slow motion, or a list of times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode_cli.cli import failures
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session
from dynode_cli.errors import BatchError, UsageError
from dynode_cli.media.containers import CONTAINERS
from dynode_cli.plugin_host.blame import name_plugin
from dynode_cli.requests.interpolate import Batch, Interpolate
from dynode_cli.values.wildcards import expanded

if TYPE_CHECKING:
    from dynode_cli.pipeline.to_file import Rendered
    from dynode_cli.verbs.interpolate import Forecast

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
        "dynode interpolate *.mp4 --fps 60 --out-dir smooth/ --skip-existing",
        "dynode interpolate clip.mp4 --fps 100 -d sde --samples 4 # how sure are the in-betweens?",
    ],
)
def interpolate(session: Session, given: Given) -> None:
    batch = given.to(Batch)
    sources = [source for word in batch.sources for source in expanded(word)]
    _check_last(sources, gathered="out_dir" in given.values)
    requests = [given.to(Interpolate, source=source) for source in sources]
    if not batch.dry_run:
        session.check_stdout(requests[0].output)
    if len(requests) > 1 and requests[0].output is not None:
        raise UsageError("-o names one output, but there are several inputs", hint="use --out-dir DIR")
    if batch.skip_existing and requests[0].force:
        raise UsageError("--skip-existing keeps what is there, and --force replaces it", hint="leave out one of them")
    if len(requests) == 1:
        result = _one(session, requests[0], batch, {})
        if session.json:
            session.console.print_json(result)
    else:
        _batch(session, requests, batch)


def _check_last(sources: list[str], *, gathered: bool) -> None:
    """Refuse a second name that is no input but where the output is to go, as other programs take it.

    Arguments:
        gathered: the outputs have a folder of their own.
    """
    last = sources[-1]
    if len(sources) == 2 and not gathered and Path(last).suffix.lower() in CONTAINERS and not Path(last).exists():
        raise UsageError(f"{last}: no such file", hint=f"to write {last}, say -o {last}")


def _one(session: Session, request: Interpolate, batch: Batch, made: dict[str, str]) -> dict[str, Any]:
    """Render one source; `made` says of the outputs of this run which source they are from."""
    from dynode_cli.pipeline.outputs import already_made, told_output

    found = already_made(request) if batch.skip_existing else None
    if found is not None and found not in made:
        return _skipped(session, request, found)
    _check_new(told_output(request), made)
    with session.working(request):
        from dynode_cli.verbs.interpolate import planned

        with planned(request, session.host) as planning:
            _check_new(planning.output, made)
            if batch.skip_existing and planning.is_made:
                return _skipped(session, request, planning.output)
            made[planning.output] = request.source
            for line in planning.notes():
                session.console.message(line)
            show: Callable[[], dict[str, Any]]
            if batch.dry_run:
                show = partial(_show_plan, session, request, planning.forecast())
            else:
                show = partial(_show_made, session, planning.render())
    # Where the bar was is free by now.
    return show()


def _show_made(session: Session, rendered: Rendered) -> dict[str, Any]:
    for warning in rendered.warnings:
        session.console.warn(warning)
    tell_fits(session.console, rendered.fits)
    session.console.message(rendered.told())
    if rendered.spread is not None:
        session.console.message(rendered.spread.told())
    return rendered.to_json()


def _check_new(output: str | None, made: dict[str, str]) -> None:
    if output in made:
        raise UsageError(
            f"{output} was just made from {made[output]}", hint="inputs of the same name need folders of their own"
        )


def _skipped(session: Session, request: Interpolate, output: str) -> dict[str, Any]:
    session.console.message(f"{output}: is there already; {request.source} is left out")
    return {"source": request.source, "output": output, "skipped": True}


def _batch(session: Session, requests: list[Interpolate], batch: Batch) -> None:
    """Render each source; whatever happens to one, the others are rendered, unless the user stops it all."""
    console, plugins = session.console, session.host.plugins
    results: list[dict[str, Any]] = []
    made: dict[str, str] = {}
    try:
        for number, request in enumerate(requests, 1):
            console.message(f"[{number}/{len(requests)}] {request.source}")
            try:
                results.append({"source": request.source, **_one(session, request, batch, made)})
            except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever it is, it is told
                name_plugin(error, plugins)
                failure = failures.of(error, request.source)
                failures.tell(failure, console)
                results.append({"source": request.source, "error": failure.message, "exit_code": failure.exit_code})
    finally:
        # Of a batch that the user stops, what was done.
        if session.json:
            console.print_json(results)
    failed = [result["source"] for result in results if "error" in result]
    skipped = sum("skipped" in result for result in results)
    done = f"{len(requests) - len(failed) - skipped} of {len(requests)} done"
    console.message(
        done + (f", {skipped} left out" if skipped else "") + (f", {len(failed)} failed" if failed else "")
    )
    if failed:
        raise BatchError(f"{len(failed)} of {len(requests)} inputs failed: {', '.join(failed)}")


def _show_plan(session: Session, request: Interpolate, forecast: Forecast) -> dict[str, Any]:
    from dynode_cli.values.amounts import format_memory, format_seconds

    facts = {"source": request.source, **forecast.to_json()}
    if not session.json:
        seconds = forecast.cost.seconds
        told = {
            **facts,
            "memory_bytes": format_memory(forecast.cost.memory),
            "seconds": "depends on the fit"
            if seconds is None
            else f"about {format_seconds(seconds)}, measured on a few frames",
        }
        session.console.table(("what", "value"), [(key.replace("_", " "), value) for key, value in told.items()])
    return facts
