"""Frame interpolation: a video at another frame rate, slower, or at listed times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from dynode_cli.media.writing.target import claimed_targets, is_written
from dynode_cli.pipeline import run_directory
from dynode_cli.pipeline.assemble import Assembly
from dynode_cli.pipeline.cost import Cost, estimate
from dynode_cli.pipeline.job import Job, opened_job
from dynode_cli.pipeline.old_runs import keep_within
from dynode_cli.pipeline.outputs import SampleOutputs, default_output, label, sample_outputs
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.prepare import Prepared, open_assembly, prepare
from dynode_cli.pipeline.renderer import Drawn, observation_at
from dynode_cli.pipeline.samples import Samples
from dynode_cli.pipeline.schedule import source_times
from dynode_cli.pipeline.shots import shot_at
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.to_file import Rendered, render_to_file
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.values.amounts import counted, format_memory, format_seconds

_SHOWS_CADENCE = 3
"""Seconds of a clip in which any cadence of film would be found."""


def interpolate(request: Interpolate, host: Host) -> Rendered:
    """Render what is asked for.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at the output then.
    """
    with planned(request, host) as planning:
        return planning.render()


def forecast(request: Interpolate, host: Host) -> Forecast:
    """What `request` would make, and cost: its source is looked through, and two frames are tried.

    Raises:
        DynodeError: what is asked for cannot be.
    """
    with planned(request, host) as planning:
        return planning.forecast()


@dataclass(frozen=True)
class Forecast:
    """What a run would make."""

    output: str
    plan: Plan
    cost: Cost

    def to_json(self) -> dict[str, Any]:
        """Facts for programs."""
        costs = {"memory_bytes": self.cost.memory, "seconds": self.cost.seconds}
        return {"output": self.output, **self.plan.to_json(), **costs}

    def __repr__(self) -> str:
        frames, seconds = counted(len(self.plan.schedule), "frame"), self.cost.seconds
        takes = "" if seconds is None else f", about {format_seconds(seconds)}"
        return f"<Forecast {self.output}: {frames}, {format_memory(self.cost.memory)}{takes}>"


@dataclass(frozen=True)
class Planned:
    """A request whose source is open and whose output is decided."""

    request: Interpolate
    prepared: Prepared
    output: str
    beside: SampleOutputs | None
    """Where plausible in-betweens go, if any are wanted."""
    host: Host
    job: Job

    @property
    def is_made(self) -> bool:
        """The output is there already."""
        return is_written(self.output)

    def notes(self) -> list[str]:
        """What of the source is not shown as it is, in words."""
        plan = self.prepared.plan
        scan = plan.scan
        uneven = [range(cadence.first, cadence.stop) for cadence in plan.cadences if not cadence.even]
        repeats = scan.duplicates.difference(*uneven)
        facts = (
            (scan.lost, "could not be decoded", "left out"),
            (scan.resized, "of another size or shape than the video", "scaled to it"),
            (scan.missing_pts, "without a time stamp", "spaced evenly"),
            (scan.disordered_pts, "with a time stamp that does not increase", "moved"),
            (scan.reordered_pts, "with the time stamp of another", "shown in their order"),
            (len(scan.rests), "that stand for long", "held until just before the next"),
        )
        info = plan.info
        notes = [
            f"{info.name}: the clock jumps by {float(join.jump):+.3f} s at {float(join.at):.3f} s; closed"
            for join in scan.joins
        ]
        notes += [f"{info.name}: {counted(count, 'frame')} {what}; {done}" for count, what, done in facts if count]
        if repeats:
            notes.append(
                f"{info.name}: {len(repeats)} of {counted(len(scan), 'frame')} repeat the one before; they are treated "
                "as missing, so that motion stays smooth"
            )
        notes += self._of_cadences()
        if scan.cut_off:
            notes.append(f"{info.name}: is cut off; what comes after its last whole frame is missing")
        if info.missing:
            notes.append(
                f"{info.name}: {counted(info.missing, 'number')} missing in the sequence; each is a gap in time"
            )
        return [*notes, *self._same_rate()]

    def _of_cadences(self) -> list[str]:
        """When frames were taken, where that is not when they are shown."""
        plan, request = self.prepared.plan, self.request
        info, found = plan.info, plan.cadences
        notes = [
            f"{info.name}: {cadence}, frames {cadence.first} to {cadence.stop - 1} ({cadence.seen} of "
            f"{counted(cadence.due, 'repeat')} seen); each is given the time at which it was taken (--cadence off keeps "
            "those at which they are shown)"
            for cadence in found
            if not cadence.even
        ]
        if request.cadence.is_given and not all(cadence.is_seen for cadence in found):
            due, seen = sum(cadence.due for cadence in found), sum(cadence.seen for cadence in found)
            notes.append(
                f"{info.name}: does not look like --cadence {request.cadence}: {seen} of {counted(due, 'repeat')} seen; "
                "frames get times at which they were not taken if it has another one"
            )
        short = (plan.start, plan.end) != (None, None) and plan.scan.end_time - plan.scan.times[0] < _SHOWS_CADENCE
        if short and not found and plan.scan.duplicates and not request.cadence.off:
            notes.append(
                f"{info.name}: so short a part does not show whether the clip has a cadence; if it has, name it: "
                "--cadence 24/25 or the like, as `dynode probe` finds it in the whole clip"
            )
        return notes

    def _same_rate(self) -> list[str]:
        """What to say where the source has the rate that is asked for: few frames are made, or none."""
        plan, request = self.prepared.plan, self.request
        same = plan.rate == plan.source_rate and plan.slow == 1 and request.times is None
        if not same or not self.prepared.methods.generator.keeps_frames:
            return []
        made = sum(
            observation_at(plan.shots[shot_at(plan.shots, time)], time, request.cuts) is None
            for time in source_times(plan.schedule)
        )
        told = f"{plan.info.name}: has {float(plan.source_rate):.5g} frames a second already"
        if not made:
            return [f"{told}; nothing is added"]
        if plan.scan.duplicates and all(cadence.even for cadence in plan.cadences):
            return [f"{told}; only repeated frames are made anew, {made} of them, so that motion is even"]
        return [f"{told}; {counted(made, 'frame')} made anew, so that all are evenly spaced"]

    def _own_frames(self) -> int:
        """How many frames of the source are in the output as they are."""
        plan = self.prepared.plan
        if not self.prepared.methods.generator.keeps_frames:
            return 0
        seen = set()
        for time in source_times(plan.schedule):
            shot = shot_at(plan.shots, time)
            number = observation_at(plan.shots[shot], time, self.request.cuts)
            if number is not None:
                # One that is held to a cut is shown more than once.
                seen.add((shot, plan.shots[shot].indices[number]))
        return len(seen)

    def forecast(self) -> Forecast:
        """What rendering would make, and cost."""
        self.job.phase("trying a few frames")
        return Forecast(self.output, self.prepared.plan, estimate(self.prepared))

    def render(self) -> Rendered:
        """Render it.

        Raises:
            DynodeError: whatever goes wrong; nothing is left at the output then.
        """
        with claimed_targets(self.output):
            return self._render()

    def _render(self) -> Rendered:
        request, prepared, plan = self.request, self.prepared, self.prepared.plan
        directory = run_directory.create(request, prepared.chosen, "interpolate")
        keep_within(request.runs_limit)
        store = run_directory.kept_inversions(directory, request, prepared, self.host)
        watch = Stopwatch(self.job.stage)
        self.job.name_stages(prepared.methods)
        with open_assembly(
            prepared, stopwatch=watch, progress=self.job.share, store=store, draws=request.samples
        ) as assembly:
            self.job.expect(assembly.main.pieces(source_times(plan.schedule)))
            rendered = render_to_file(
                prepared.source,
                self.output,
                plan,
                assembly.renderer,
                size=assembly.size,
                encoder=request.encoding,
                watch=watch,
                force=request.force,
                audio=request.audio,
                progress=self.job.count,
                samples=None if self.beside is None else _samples(assembly, self.beside),
            )
        rendered = replace(rendered, own_frames=self._own_frames())
        directory.write_report(rendered.to_json())
        return rendered


@contextmanager
def planned(request: Interpolate, host: Host) -> Iterator[Planned]:
    """Open and plan what `request` asks for; its source stays open in the block.

    Raises:
        DynodeError: what is asked for cannot be, or the source cannot be read.
    """
    with (
        opened_job(request.show, request.output or request.source) as job,
        prepare(request, host, loops=request.loop, samples=request.samples, job=job) as prepared,
    ):
        output = request.output or default_output(request.source, _label_of(prepared.plan), request.out_dir)
        yield Planned(request, prepared, output, sample_outputs(output, request.samples), host, job)


def _label_of(plan: Plan) -> str:
    return label(plan.slow, plan.rate or plan.source_rate)


def _samples(assembly: Assembly, outputs: SampleOutputs) -> Samples:
    return Samples([Drawn(assembly.renderer, k + 1) for k in range(len(outputs.samples))], outputs)
