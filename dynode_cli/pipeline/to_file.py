"""A source rendered into a file: frames encoded at their times, and what goes past the pictures beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dynode_cli.contracts import FitReport, Progress, silent
from dynode_cli.media.reading.source import Source
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.renderer import FrameSource
from dynode_cli.pipeline.samples import LOSSLESS, SampledWriter, Samples, Spread, in_step, map_info
from dynode_cli.pipeline.schedule import source_times
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.requests.encoding import AudioRule, EncoderOptions
from dynode_cli.values.amounts import counted, format_seconds


@dataclass(frozen=True)
class Rendered:
    """What a run made."""

    output: str
    frames: int
    duration: float
    """Seconds of output."""
    seconds: Mapping[str, float]
    """Wall seconds a stage."""
    plan: Plan
    """What was decided before: shots, schedule, rates."""
    warnings: Sequence[str] = ()
    fits: Mapping[int, FitReport] = field(default_factory=dict)
    """Report of the dynamics for each shot."""
    spread: Spread | None = None
    """What was drawn beside the mean."""
    own_frames: int = 0
    """Frames of the source that are shown as they are."""

    def to_json(self) -> dict[str, Any]:
        """Facts for programs."""
        return {**self.plan.to_json(), **self.own_facts()}

    def own_facts(self) -> dict[str, Any]:
        """Those that were not decided before."""
        return {
            "output": self.output,
            "frames": self.frames,
            "own_frames": self.own_frames,
            "duration": self.duration,
            "seconds": dict(self.seconds),
            "warnings": list(self.warnings),
            "fits": {index: asdict(fit) for index, fit in self.fits.items()},
            "spread": None if self.spread is None else asdict(self.spread),
        }

    def told(self) -> str:
        """What was made, in words."""
        rate = "" if self.plan.rate is None else f"{float(self.plan.rate):.5g} fps, "
        own = f" ({self.own_frames} of them yours)" if self.own_frames else ""
        frames, took = counted(self.frames, "frame"), format_seconds(sum(self.seconds.values()))
        return f"wrote {self.output}: {rate}{self.duration:.3f} s, {frames}{own} in {took}"

    def __repr__(self) -> str:
        took = format_seconds(sum(self.seconds.values()))
        warned = f", {counted(len(self.warnings), 'warning')}" if self.warnings else ""
        return f"<Rendered {self.output}: {counted(self.frames, 'frame')}, {self.duration:.3f} s, in {took}{warned}>"


def render_to_file(
    source: Source,
    output: str,
    plan: Plan,
    renderer: FrameSource,
    *,
    size: tuple[int, int],
    encoder: EncoderOptions,
    watch: Stopwatch,
    force: bool = False,
    audio: AudioRule = "auto",
    progress: Progress = silent,
    samples: Samples | None = None,
) -> Rendered:
    """Render `source` to `output` as `plan` says.

    Arguments:
        renderer: makes the frames.
        size: (H, W) of them.
        watch: told about the stages; its sums are in the result.
        samples: plausible frames that are rendered and written beside these.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    total = len(plan.schedule)
    times = source_times(plan.schedule)

    def opened(name: str, is_map: bool) -> VideoWriter:
        return VideoWriter(
            name,
            map_info(plan.info) if is_map else plan.info,
            rate=plan.rate,
            size=(size[1], size[0]),
            encoder=LOSSLESS if is_map else encoder,
            copy_from=None if is_map or not plan.in_step else source,
            joins=plan.scan.joins,
            start=plan.start,
            end=plan.end,
            retime=plan.slow,
            until=plan.duration,
            force=force,
            audio=audio,
        )

    sources = () if samples is None else samples.sources
    frames = in_step(renderer.frames(times), [each.frames(times) for each in sources])
    with SampledWriter(output, None if samples is None else samples.outputs, opened) as writer:
        for k, (frame, drawn) in enumerate(frames):
            with watch.stage("encode"):
                writer.write(frame, drawn, plan.schedule.output_time(k))
            progress(k + 1, total)
        # Nothing may be put into its place that is made of two sources.
        source.check_same()
    notes = [*_clipping(source, plan), *writer.warnings]
    if not plan.in_step and len(plan.info.streams) > 1:
        notes.append(
            "sound, subtitles and chapters are left out: listed times at another rate keep no time with them"
        )
    return Rendered(
        output,
        total,
        float(plan.duration),
        watch.seconds,
        plan,
        notes,
        dict(renderer.reports),
        writer.spread(),
    )


def _clipping(source: Source, plan: Plan) -> list[str]:
    """What to say of highlights that do not fit into frames."""
    scan = plan.scan
    if not scan.clipped:
        return []
    file = source.name_at(scan.raw[scan.clipped[0]])
    return [
        f"{file}: colours above 1.0 are cut off, here and in all in {counted(len(scan.clipped), 'frame')}: 1.0 is "
        "white in every frame that is made"
    ]
