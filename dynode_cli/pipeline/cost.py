"""Cost estimate (dry run): time and memory that a run will take, found by doing a little of it."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from time import perf_counter

from dynode_cli.pipeline.assemble import frame_bytes
from dynode_cli.pipeline.prepare import Prepared, open_assembly
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
    """Cost of the rest of what was prepared: two intervals of its longest shot are rendered and thrown away."""
    plan = prepared.plan
    pixels = plan.info.width * plan.info.height
    shot = max(plan.shots, key=len)
    if prepared.methods.margin is None or len(shot) < 2:
        seconds = None if prepared.methods.margin is None else 0.0
        return Cost(seconds, _resident_bytes() + 4 * prepared.frame_memory)
    watch = Stopwatch()
    with open_assembly(prepared, stopwatch=watch) as assembly:
        middle = min(len(shot) // 2, len(shot) - 2)
        step = (shot.times[middle + 1] - shot.times[middle]) / 3
        first = shot.times[middle] + step
        list(assembly.main.frames([first]))
        started = perf_counter()
        list(assembly.main.frames([first + step]))
        render = perf_counter() - started
    window = assembly.main.last_window_length
    invert = (watch.seconds["invert"] + watch.seconds.get("decode", 0.0)) / max(window - 1, 1)
    used = sum(len(s) for s in plan.shots)
    # The trial made the methods' own working memory; decoded frames and windows go on growing, up to their share.
    frames_kept = min(prepared.frame_memory, _KEEPERS * used * frame_bytes(plan))
    memory = _resident_bytes() + frames_kept + round(pixels * _OUTPUT_BYTES_PER_PIXEL)
    frames = len(plan.schedule)
    return Cost(frames * (render + pixels / 1e6 * ENCODE_SECONDS_PER_MEGAPIXEL) + used * invert, memory)


def _resident_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
