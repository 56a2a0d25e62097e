"""FFmpeg's minterpolate, as a peer to measure against."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
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
_TICK = Fraction(1, 1_000_000)
_OPTIONS = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"
_PADDING = 3
"""Copies of the first and the last frame around a shot: the filter looks two frames to either side."""

Frame = NDArray[np.float32]


def minterpolate(read: Callable[[int], Frame], shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
    """Frames (H, W, 3) in [0, 1] at ascending `times` that lie within `shots`, made by FFmpeg's filter.

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
    knots = sorted({*shot.times, *times})
    step = min((after - before for before, after in pairwise(knots)), default=Fraction(1))
    queue = list(times)
    made = _filtered(read, shot, step)
    previous = next(made)
    for time, frame in made:
        # The filter's clock is a steady one: the nearest frame stands for each wanted time.
        while queue and abs(queue[0] - previous[0]) <= abs(queue[0] - time):
            yield previous[1]
            queue.pop(0)
        previous = (time, frame)
        if not queue:
            return
    for _ in queue:
        yield previous[1]


def _filtered(read: Callable[[int], Frame], shot: Shot, step: Fraction) -> Iterator[tuple[Fraction, Frame]]:
    first = np.ascontiguousarray(_as_bytes(read(shot.indices[0])))
    height, width = first.shape[:2]
    if min(height, width) < SMALLEST_SIDE:
        raise InputError(
            f"minterpolate cannot work on frames of {width}x{height}; it needs {SMALLEST_SIDE} pixels a side",
            hint="leave it out of --methods",
        )
    spacing = shot.times[1] - shot.times[0] if len(shot) > 1 else step
    origin = shot.times[0]
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("yuv444p"), time_base=_TICK)
    rate = 1 / step
    nodes = [
        source,
        graph.add("minterpolate", f"fps={rate.numerator}/{rate.denominator}:{_OPTIONS}"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    before = [(origin - n * spacing, shot.indices[0]) for n in range(_PADDING, 0, -1)]
    after = [(shot.times[-1] + n * spacing, shot.indices[-1]) for n in range(1, _PADDING + 1)]
    for time, index in (*before, *zip(shot.times, shot.indices, strict=True), *after):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(_as_bytes(read(index))), "rgb24")
        frame = picture.reformat(
            format="yuv444p", dst_colorspace="ITU709", src_color_range="JPEG", dst_color_range="JPEG"
        )
        frame.pts = round((time - before[0][0]) / _TICK)
        frame.time_base = _TICK
        source.push(frame)
        yield from _drain(graph, before[0][0])
    source.push(None)
    yield from _drain(graph, before[0][0])


def _drain(graph: Graph, origin: Fraction) -> Iterator[tuple[Fraction, Frame]]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.VideoFrame) and frame.pts is not None and frame.time_base is not None
        picture = frame.reformat(
            format="rgb24", src_colorspace="ITU709", src_color_range="JPEG", dst_color_range="JPEG"
        )
        yield origin + frame.pts * frame.time_base, picture.to_ndarray().astype(np.float32) / np.float32(255)


def _as_bytes(frame: Frame) -> NDArray[np.uint8]:
    return np.clip(np.rint(frame * 255), 0, 255).astype(np.uint8)
