"""Frames in memory as a source: what they say about themselves, and their clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from pathlib import Path
from typing import Any, Literal

from dynode_cli.media.colour import FULL, RGB, UNSPECIFIED, resolve
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.rates import meant_rate
from dynode_cli.media.reading.closing import Closing
from dynode_cli.values.frames import Frames

_PIX_FMTS = {"uint8": "gbr{a}p", "uint16": "gbr{a}p16le", "float32": "gbr{a}pf32le"}


@dataclass(frozen=True)
class MemorySource(Closing):
    """Frames in memory."""

    frames: Frames[Any]
    kind: Literal["memory"] = "memory"

    @cached_property
    def info(self) -> MediaInfo:
        """Facts as of a file of RGB frames without tags, on a clock whose tick divides every time."""
        return _facts_of(self.frames)

    @cached_property
    def ticks(self) -> tuple[int, ...]:
        """(T + 1,) when each frame is shown, in ticks of the clock, and when the last one ends."""
        return tuple(int(time / self.info.time_base) for time in (*self.frames.seconds, self.frames.end))

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.frames.name

    def name_at(self, tick: int | None) -> str:
        """What messages call where the frame with time stamp `tick` lies."""
        return self.name

    def is_same_file(self, target: str | Path) -> bool:
        """Whether writing to `target` would overwrite this input: never."""
        return False

    def check_same(self) -> None:
        """Whoever gave the frames answers for them."""


def _facts_of(frames: Frames[Any]) -> MediaInfo:
    count, height, width, channels = frames.array.shape
    pix_fmt = _PIX_FMTS[frames.dtype].format(a="a" if channels == 4 else "")
    average = 1 / frames.usual_step if count == 1 else (count - 1) / (frames.seconds[-1] - frames.seconds[0])
    nominal = 1 / frames.usual_step
    if frames.rounding:
        average, nominal = meant_rate(average), meant_rate(nominal)
    tick = Fraction(1, lcm(*(time.denominator for time in (*frames.seconds, frames.end))))
    return MediaInfo(
        name=frames.name,
        container="memory",
        duration=frames.end - frames.seconds[0],
        codec="rawvideo",
        width=width,
        height=height,
        pix_fmt=pix_fmt,
        bit_depth={"uint8": 8, "uint16": 16, "float32": 32}[frames.dtype],
        alpha=channels == 4,
        time_base=tick,
        start_pts=int(frames.seconds[0] / tick),
        average_rate=average,
        nominal_rate=nominal,
        declared_frames=count,
        primaries=UNSPECIFIED,
        transfer=UNSPECIFIED,
        matrix=RGB,
        range=FULL,
        colour=resolve(RGB, FULL, pix_fmt, width, height)[0],
        guessed=(),
        rounding=frames.rounding,
    )
