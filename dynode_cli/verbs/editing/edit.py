"""``dynode edit``: one frame is changed, and every frame follows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dynode_cli.errors import DynodeError, UsageError
from dynode_cli.media.writing.target import check_target
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.prepare import Prepared, ShowProgress, show_nothing
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.to_file import Rendered, interpolate_source
from dynode_cli.plugin_host.host import Host
from dynode_cli.verbs.editing.changes import Changes
from dynode_cli.verbs.editing.comparison_video import ComparingRenderer, beside
from dynode_cli.verbs.editing.frames import open_frames
from dynode_cli.verbs.editing.job import EditJob


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


def edit_source(prepared: Prepared, host: Host, show: ShowProgress = show_nothing) -> Edited:
    """Render a prepared :class:`EditJob`.

    Raises:
        InputError: no frame shows what a direction is about, or a picture does not fit.
        UsageError: a direction of another space, ...
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    job = prepared.job
    assert isinstance(job, EditJob)
    work = Changes(prepared, job, host)
    comparison = None if job.edit.compare is None else beside(prepared.output, job.edit.compare)
    if comparison is not None:
        check_target(comparison, prepared.source, force=job.force)
    if job.edit.report is not None:
        _check_report(job.edit.report, prepared, comparison)
    prepared = work.prepared
    directory = run_directory.create(job, "edit")
    store = run_directory.KeptInversions(directory, run_directory.inversion_fingerprint(job, prepared.weights))
    watch = Stopwatch()
    with ExitStack() as stack:
        inverting = stack.enter_context(show("inverting", 0))
        frames = stack.enter_context(open_frames(prepared, watch, inverting, store))
        renderer, reference = work.renderer(frames, show, watch)
        if comparison is not None and job.edit.compare is not None:
            renderer = stack.enter_context(
                ComparingRenderer(renderer, frames, prepared, comparison, job.edit.compare)
            )
        progress = stack.enter_context(show(f"rendering {prepared.output}", len(prepared.plan.schedule)))
        rendered = interpolate_source(
            prepared.source,
            prepared.output,
            prepared.plan,
            renderer,
            size=frames.size,
            encoder=job.encoder,
            watch=watch,
            force=job.force,
            audio=job.audio,
            progress=progress,
        )
    edited = Edited(rendered, reference, comparison, work.notes(reference), work.summary())
    report = {**prepared.plan.to_json(), **asdict(edited), "per_frame": work.rows()}
    directory.write_report(report)
    if job.edit.report is not None:
        try:
            job.edit.report.write_text(json.dumps(report, indent=2, default=str) + "\n", encoding="utf-8")
        except OSError as error:
            raise DynodeError(f"--report {job.edit.report}: cannot be written ({error.strerror})") from error
    return edited


def _check_report(report: Path, prepared: Prepared, comparison: str | None) -> None:
    hint = "name another file, such as --report report.json"
    if report.is_dir():
        raise UsageError(f"--report {report}: is a folder", hint=hint)
    videos = [Path(name).resolve() for name in (prepared.output, comparison) if name is not None]
    if prepared.source.is_same_file(str(report)) or report.resolve() in videos:
        raise UsageError(f"--report {report}: is one of the videos", hint=hint)
    check_target(str(report), None, force=prepared.job.force)
