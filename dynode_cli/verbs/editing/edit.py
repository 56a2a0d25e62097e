"""Video editing: one frame is changed, and every frame follows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from dynode_cli.media.writing.target import claimed_targets
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.job import Job, opened_job
from dynode_cli.pipeline.old_runs import keep_within
from dynode_cli.pipeline.outputs import comparison_output, default_output
from dynode_cli.pipeline.plan import AS_SOURCE
from dynode_cli.pipeline.prepare import Prepared, prepare
from dynode_cli.pipeline.schedule import source_times
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.to_file import Rendered, render_to_file
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.edit import Edit
from dynode_cli.saving.whole import write_json
from dynode_cli.verbs.editing.changes import Changes
from dynode_cli.verbs.editing.comparison_video import ComparingRenderer
from dynode_cli.verbs.editing.frames import as_shown, open_frames

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
    output = request.output or default_output(source, "edited")
    comparison = None if request.compare is None else comparison_output(output, request.compare)
    with (
        opened_job(request.show, output) as job,
        prepare(request, host, default_rate=AS_SOURCE, as_shown=as_shown(request), job=job) as prepared,
    ):
        report = None if request.report is None else str(request.report)
        with claimed_targets(output, comparison, report):
            return _render(request, prepared, host, output, comparison, job)


def _render(request: Edit, prepared: Prepared, host: Host, output: str, comparison: str | None, job: Job) -> Edited:
    work = Changes(prepared, request, host)
    prepared = work.prepared
    directory = run_directory.create(request, prepared.chosen, "edit")
    keep_within(request.runs_limit)
    store = run_directory.kept_inversions(directory, request, prepared, host)
    watch = Stopwatch(job.stage)
    job.name_stages(prepared.methods)
    with ExitStack() as stack:
        frames = stack.enter_context(open_frames(prepared, watch, job.share, store, kept=work.keeps_frames))
        renderer, reference = work.renderer(frames, job, watch)
        if comparison is not None and request.compare is not None:
            renderer = stack.enter_context(
                ComparingRenderer(renderer, frames, prepared.plan, comparison, request.compare, request)
            )
        job.expect(frames.pieces(source_times(prepared.plan.schedule)))
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
            progress=job.count,
        )
    edited = Edited(rendered, reference, comparison, work.notes(reference), work.summary(), prepared.source.name)
    report = {**edited.to_json(), "rendered": rendered.own_facts(), "per_frame": work.rows()}
    directory.write_report(report)
    if request.report is not None:
        write_json(request.report, report, replace=request.force)
    return edited
