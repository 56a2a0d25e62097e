"""FFmpeg's minterpolate, as a peer to measure against.

The filter writes at a steady rate, and makes of times only shares of an interval, in 1024ths. So it is not given the
clip's clock but one of its own, on which every frame that is wanted falls on that rate: no time is rounded on its way
to the filter, and what it makes does not depend on the unit in which the clip counts its times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from dynode_cli.errors import InputError
from dynode_cli.values.times import interval_of

if TYPE_CHECKING:
    from dynode_cli.pipeline.shots import Shot

SMALLEST_SIDE = 32
"""Pixels below which its blocks do not fit."""
_STEP = 1 << 16
"""Ticks from one frame that the filter writes to the next; so many that a tick is little beside its 1024ths."""
_EVEN = 16
"""Up to so many parts of an interval count as evenly spaced frames."""
_OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"
_PADDING = 3
"""Copies of the first and the last frame around a shot: the filter looks two frames to either side."""

Frame = NDArray[np.float32]


@dataclass(frozen=True)
class _Wanted:
    """A frame to be made: its number, and where it lies between two observations."""

    number: int
    interval: int
    share: Fraction


def minterpolate(read: Callable[[int], Frame], shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
    """Frames (H, W, 3) in [0, 1] at ascending `times`, each between two observations, made by FFmpeg's filter.

    Arguments:
        read: the frame (H, W, 3) in [0, 1] at a position in the source.
        shots: their observations are what the filter is given; each shot is a run of its own.

    Raises:
        InputError: the frames are smaller than the filter's blocks.
    """
    starts = [shot.start for shot in shots]
    wanted: dict[int, list[Fraction]] = {}
    for time in times:
        wanted.setdefault(max(0, interval_of(time, starts)), []).append(time)
    for index, moments in wanted.items():
        yield from _one_shot(read, shots[index], moments)


def _one_shot(read: Callable[[int], Frame], shot: Shot, times: Sequence[Fraction]) -> Iterator[Frame]:
    left = [_placed(number, time, shot) for number, time in enumerate(times)]
    passes = []
    while left:
        clock = _clock(len(shot), left)
        written = {number: frame for frame in left if (number := _number_on(clock, frame)) is not None}
        passes.append(_filtered(read, shot, clock, {number: frame.number for number, frame in written.items()}))
        left = [frame for frame in left if frame not in written.values()]
    for _, frame in merge(*passes, key=itemgetter(0)):
        yield frame


def _placed(number: int, time: Fraction, shot: Shot) -> _Wanted:
    interval = interval_of(time, shot.times)
    before, after = shot.times[interval], shot.times[interval + 1]
    share = (time - before) / (after - before)
    # Stamps in ticks of a file are a little off; the filter cuts shares to 1024ths, and motion to whole pixels by them.
    even = share.limit_denominator(_EVEN)
    return _Wanted(number, interval, even if abs(even - share) < Fraction(1, 2048) else share)


def _clock(count: int, wanted: Sequence[_Wanted]) -> list[int]:
    """Ticks of `count` observations for which the first wanted frame of each interval falls on the filter's rate.

    Evenly spaced frames put all that are wanted there; others may need a pass for each frame of an interval.
    """
    first: dict[int, Fraction] = {}
    for frame in wanted:
        first.setdefault(frame.interval, frame.share)
    ticks = [_PADDING * _STEP]
    for interval in range(count - 1):
        beyond = ticks[-1] % _STEP
        share = first.get(interval, Fraction(1))
        # At least a step long, so that no interval is too short for the filter's 1024ths.
        steps = ceil(share + Fraction(beyond, _STEP))
        ticks.append(ticks[-1] + round((steps * _STEP - beyond) / share))
    return ticks


def _number_on(clock: Sequence[int], frame: _Wanted) -> int | None:
    """Which of the frames that the filter writes is `frame`; None: none of them."""
    before, after = clock[frame.interval], clock[frame.interval + 1]
    number, beyond = divmod(round(before + frame.share * (after - before)) + 1, _STEP)
    return number if beyond <= 2 else None


def _filtered(
    read: Callable[[int], Frame], shot: Shot, clock: Sequence[int], wanted: Mapping[int, int]
) -> Iterator[tuple[int, Frame]]:
    """The frames numbered in `wanted` by the filter's count, each with the number that it has there."""
    height, width = read(shot.indices[0]).shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            f"minterpolate cannot work on frames of {width}x{height}; it needs {SMALLEST_SIDE} pixels a side",
            hint="leave it out of --methods",
        )
    tick = Fraction(1, _STEP)
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("yuv444p"), time_base=tick)
    graph.link_nodes(source, graph.add("minterpolate", f"fps=1:{_OPTIONS}"), graph.add("buffersink")).configure()
    before = [(n * _STEP, shot.indices[0]) for n in range(_PADDING)]
    after = [(clock[-1] + n * _STEP, shot.indices[-1]) for n in range(1, _PADDING + 1)]
    last = max(wanted)
    for stamp, index in (*before, *zip(clock, shot.indices, strict=True), *after):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(_as_bytes(read(index))), "rgb24")
        frame = picture.reformat(
            format="yuv444p", dst_colorspace="ITU709", src_color_range="JPEG", dst_color_range="JPEG"
        )
        frame.pts = stamp
        frame.time_base = tick
        source.push(frame)
        for made in _drain(graph):
            assert made.pts is not None
            if made.pts in wanted:
                yield wanted[made.pts], _as_floats(made)
            if made.pts == last:
                return


def _drain(graph: Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.VideoFrame)
        yield frame


def _as_bytes(frame: Frame) -> NDArray[np.uint8]:
    return np.clip(np.rint(frame * 255), 0, 255).astype(np.uint8)


def _as_floats(frame: av.VideoFrame) -> Frame:
    picture = frame.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="JPEG", dst_color_range="JPEG")
    return picture.to_ndarray().astype(np.float32) / np.float32(255)
