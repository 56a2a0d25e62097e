"""Video editing: one frame is changed, and every frame follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dynode_cli.errors import InputError, UsageError
from dynode_cli.media.containers import PIPE
from dynode_cli.media.reading.source import Source
from dynode_cli.media.writing.target import check_nobody_writes, check_target, claimed_targets
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.old_runs import keep_within
from dynode_cli.pipeline.outputs import check_encoding, default_output
from dynode_cli.pipeline.plan import AS_SOURCE
from dynode_cli.pipeline.prepare import Prepared, prepare
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.to_file import Rendered, render_to_file
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.edit import Edit
from dynode_cli.saving.whole import write_json
from dynode_cli.verbs.editing.changes import Changes
from dynode_cli.verbs.editing.comparison_video import ComparingRenderer, beside
from dynode_cli.verbs.editing.frames import open_frames

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Edited:
    """What an edit made."""

    rendered: Rendered
    reference: float | None
    """Seconds from the first frame of the source to that on which directions are defined."""
    comparison: str | None
    """The video that compares source and result."""
    notes: Sequence[str] = ()
    """What the user should know."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Means and worst values over the frames."""
    source: str = ""
    """What was edited."""

    def to_json(self) -> dict[str, Any]:
        """Facts for programs."""
        own = {"source": self.source, "reference": self.reference, "comparison": self.comparison}
        return {**self.rendered.to_json(), **own, "notes": self.notes, "figures": self.figures}

    def __repr__(self) -> str:
        return f"<Edited {repr(self.rendered).strip('<>').removeprefix('Rendered ')}>"


def edit(request: Edit, host: Host) -> Edited:
    """Render what is asked for.

    Raises:
        InputError: no frame shows what a direction is about, or a picture does not fit.
        UsageError: a direction of another space, ...
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    source = request.source or run_directory.last_source()
    if request.source is None:
        _LOG.info("editing %s, the clip of the last run", source)
        request = replace(request, source=source)
    _check_files(request)
    output = request.output or default_output(source, "edited")
    if output != PIPE:
        check_target(output, None, force=request.force)
        check_nobody_writes(output)
    check_encoding(request)
    comparison = None if request.compare is None else beside(output, request.compare)
    # The frames are the source's own unless others are asked for.
    as_shown = all(each is None for each in (request.fps, request.slowmo, request.times))
    with prepare(request, host, default_rate=AS_SOURCE, as_shown=as_shown) as prepared:
        if comparison is not None:
            check_target(comparison, prepared.source, force=request.force)
        report = None if request.report is None else str(request.report)
        if request.report is not None:
            _check_report(request.report, prepared.source, [output, comparison], force=request.force)
        with claimed_targets(output, comparison, report):
            return _render(request, prepared, host, output, comparison)


def _render(request: Edit, prepared: Prepared, host: Host, output: str, comparison: str | None) -> Edited:
    work = Changes(prepared, request, host)
    prepared = work.prepared
    directory = run_directory.create(request, prepared.chosen, "edit")
    keep_within(request.runs_limit)
    store = run_directory.kept_inversions(directory, request, prepared, host)
    watch = Stopwatch()
    with ExitStack() as stack:
        inverting = stack.enter_context(request.show("inverting", 0))
        frames = stack.enter_context(open_frames(prepared, watch, inverting, store, kept=work.keeps_frames))
        renderer, reference = work.renderer(frames, request.show, watch)
        if comparison is not None and request.compare is not None:
            renderer = stack.enter_context(
                ComparingRenderer(renderer, frames, prepared.plan, comparison, request.compare, request)
            )
        progress = stack.enter_context(request.show(f"rendering {output}", len(prepared.plan.schedule)))
        rendered = render_to_file(
            prepared.source,
            output,
            prepared.plan,
            renderer,
            size=frames.size,
            encoder=request.encoding,
            watch=watch,
            force=request.force,
            audio=request.audio,
            progress=progress,
        )
    edited = Edited(rendered, reference, comparison, work.notes(reference), work.summary(), prepared.source.name)
    report = {**edited.to_json(), "rendered": rendered.own_facts(), "per_frame": work.rows()}
    directory.write_report(report)
    if request.report is not None:
        write_json(request.report, report, replace=request.force)
    return edited


def _check_files(request: Edit) -> None:
    """Refuse pictures that are not there, and a report without a folder."""
    for path in (*(path for path, _ in request.images), *([request.mask] if request.mask else [])):
        if not path.is_file():
            raise InputError(f"{path}: no such file")
    if request.report is not None and not request.report.parent.is_dir():
        raise UsageError(f"--report {request.report}: there is no folder {request.report.parent}")


def _check_report(report: Path, source: Source, outputs: Sequence[str | None], *, force: bool) -> None:
    hint = "name another file, such as --report report.json"
    if report.is_dir():
        raise UsageError(f"--report {report}: is a folder", hint=hint)
    videos = [Path(name).resolve() for name in outputs if name is not None]
    if source.is_same_file(str(report)) or report.resolve() in videos:
        raise UsageError(f"--report {report}: is one of the videos", hint=hint)
    check_target(str(report), None, force=force)
