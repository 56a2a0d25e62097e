"""Cost estimate (dry run): time and memory that a run will take, found by doing a little of it."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass, replace
from time import perf_counter

from dynode_cli.pipeline.assemble import frame_bytes
from dynode_cli.pipeline.prepare import Prepared, open_assembly
from dynode_cli.pipeline.renderer import LARGEST_WINDOW
from dynode_cli.pipeline.shots import observed
from dynode_cli.pipeline.stopwatch import Stopwatch

ENCODE_SECONDS_PER_MEGAPIXEL = 0.02
"""x264 at its default preset on two cores; the trial does not encode."""
_OUTPUT_BYTES_PER_PIXEL = 8 * 12 + 60 * 1.5
"""A batch of frames in float32, and those that x264 holds to look ahead."""

_KEEPERS = 2
"""Keepers of source frames: the reader's cache, and the window that is being worked on."""


@dataclass(frozen=True)
class Cost:
    """What a run is expected to take."""

    seconds: float | None
    """Wall time; None where the methods look at whole shots, so that a trial would be the run itself."""
    memory: int
    """Bytes at the peak, roughly."""


def estimate(prepared: Prepared) -> Cost:
    """Cost of what was prepared: two frames between three neighbours of its longest shot are rendered and thrown away.

    Motion that bends is not seen in fewer, and is the same work for each, so that a window of many is not waited for.
    """
    plan = prepared.plan
    pixels = plan.info.width * plan.info.height
    shot = max(plan.shots, key=len)
    if prepared.methods.margin is None or len(shot) < 2:
        seconds = None if prepared.methods.margin is None else 0.0
        return Cost(seconds, _resident_bytes() + 4 * prepared.frame_memory)
    watch = Stopwatch()
    before = _resident_bytes()
    middle = max(min(len(shot) // 2, len(shot) - 2), 1)
    few = observed(shot, range(middle - 1, min(middle + 2, len(shot))))
    with open_assembly(replace(prepared, plan=replace(plan, shots=[few])), stopwatch=watch) as assembly:
        step = (few.times[1] - few.times[0]) / 3
        list(assembly.main.frames([few.times[0] + step]))
        started = perf_counter()
        list(assembly.main.frames([few.times[0] + 2 * step]))
        render = perf_counter() - started
    # Reaching them is no part of it: where a clip cannot be sought in, all that comes before is decoded.
    invert = watch.seconds["invert"] / len(few)
    used = sum(len(s) for s in plan.shots)
    # What the methods hold of a few frames they hold of a whole window, up to their share; so do decoded frames.
    window = min(len(shot), LARGEST_WINDOW + 2 * prepared.methods.margin + 1)
    working = (_resident_bytes() - before) * window // len(few)
    working = min(working, prepared.methods.generator.context.memory)
    frames_kept = min(prepared.frame_memory, _KEEPERS * used * frame_bytes(plan))
    memory = before + working + frames_kept + round(pixels * _OUTPUT_BYTES_PER_PIXEL)
    frames = len(plan.schedule)
    return Cost(frames * (render + pixels / 1e6 * ENCODE_SECONDS_PER_MEGAPIXEL) + used * invert, memory)


def _resident_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
