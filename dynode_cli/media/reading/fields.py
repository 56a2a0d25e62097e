"""Fields of interlaced frames: taken apart, in order of time, and woven together again."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from dynode_cli.media.pixels import layout_of

_TICK = Fraction(1, 90_000)


class FieldSplitter:
    """Takes frames apart, by FFmpeg's `separatefields`, which knows which of their fields comes first; PyAV does not."""

    def __init__(self) -> None:
        self._shape: tuple[int, int, str] | None = None
        self._graph: Graph | None = None

    def luma(self, frame: av.VideoFrame) -> tuple[NDArray[np.uint8], NDArray[np.uint8], bool] | None:
        """Upper and lower field (h, w) of the luma of `frame`, or of its first plane, and whether the upper one is the
        first; None of a frame that has no fields."""
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            self._shape, self._graph = shape, _graph(*shape) if frame.height % 2 == 0 and frame.height >= 4 else None
        if self._graph is None:
            return None
        self._graph.vpush(frame)
        latest = None
        while True:
            # It gives the second field of a frame when the next one comes.
            try:
                latest = self._graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                break
        rows = _rows(frame)
        # A field is the same memory as its rows in the frame.
        top_first = latest is None or latest.planes[0].buffer_ptr == frame.planes[0].buffer_ptr
        return rows[::2], rows[1::2], top_first


def woven(frame: av.VideoFrame, before: av.VideoFrame, other: Literal["lower", "upper"]) -> av.VideoFrame:
    """`frame` with the lower or the upper field of the frame before, of the same size and format."""
    whole = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for target, own, theirs in zip(whole.planes, frame.planes, before.planes, strict=True):
        rows = _all_rows(target)
        shared = min(rows.shape[1], own.line_size, theirs.line_size)
        rows[:, :shared] = _all_rows(own)[:, :shared]
        taken = np.s_[(1 if other == "lower" else 0) :: 2]
        rows[taken, :shared] = _all_rows(theirs)[taken, :shared]
    whole.colorspace, whole.color_range = frame.colorspace, frame.color_range
    return whole


def _all_rows(plane: Any) -> NDArray[np.uint8]:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def _graph(width: int, height: int, pix_fmt: str) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat(pix_fmt), time_base=_TICK)
    graph.link_nodes(source, graph.add("separatefields"), graph.add("buffersink")).configure()
    return graph


def _rows(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """(h, w) the first plane of `frame`, deep samples by their upper bits."""
    plane, bits = frame.planes[0], layout_of(frame.format.name).bits
    rows = _all_rows(plane)
    if bits <= 8:
        return rows[:, : frame.width]
    return (rows.view(np.uint16)[:, : frame.width] >> (min(bits, 16) - 8)).astype(np.uint8)
