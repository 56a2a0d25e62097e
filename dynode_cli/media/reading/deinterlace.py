"""Deinterlacing: frames made whole of which every second row was taken half a frame later than the others.

The rows of the first field stay as they are, and those of the second are made anew from the rows and the frames around
them, by FFmpeg's `bwdif`: motion adaptive like `yadif`, with the spatial and temporal kernels of Weston's three-field
deinterlacer (BBC). One frame comes out for each that goes in, at the time of its first field, or one for each field.

Film in fields is whole once the right ones are put together: hard telecine shows some fields beside those of the next
frame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

import av
from av.filter import Graph

from dynode_cli.media.looking.field_match import Whole
from dynode_cli.media.reading.decode import Decoded
from dynode_cli.media.reading.fields import woven
from dynode_cli.media.reading.raw_frame import CodedFrame, RawFrame

_SMALLEST = 3
"""Rows and columns without which there is nothing to go by."""

_TICK = Fraction(1, 90_000)
"""Any will do: what comes out is numbered by what went in."""

Numbered = tuple[int, Decoded]


def deinterlaced(
    frames: Iterable[Numbered],
    *,
    last: int,
    every: bool,
    wholes: Mapping[int, Whole],
    fields: bool,
    filters: bool = True,
) -> Iterator[tuple[int, bool, Decoded]]:
    """Consecutive frames, each made from itself and the frames before and after it.

    The first one has none before it. A frame of another size or pixel format than the one before begins anew.

    Arguments:
        frames: numbered frames; none is asked for after number `last`.
        every: all are deinterlaced, and where the file does not say which field comes first, it is the upper one;
            False: only those that are flagged, and the others come out as they are.
        wholes: frames that are not, by number, and of which fields they are put together.
        fields: the second field of a frame that is deinterlaced comes out after it as a frame of its own.
        filters: whether any frame is to be deinterlaced at all.

    Yields:
        The number of the frame, whether this is its second field, and the frame.
    """
    run: _Run | None = None
    for number, decoded in frames:
        frame = decoded.frame.coded
        shape = (frame.width, frame.height, frame.format.name)
        if run is None or run.shape != shape:
            if run is not None:
                yield from run.finish()
            run = _Run(shape, every, wholes, fields, filters)
        yield from run.add(number, decoded)
        if number >= last:
            break
    if run is not None:
        yield from run.finish()


class _Run:
    """Frames of one shape on their way through the filter, which gives each when it has seen the next."""

    def __init__(
        self, shape: tuple[int, int, str], every: bool, wholes: Mapping[int, Whole], fields: bool, filters: bool
    ) -> None:
        self.shape = shape
        self._every, self._wholes, self._fields = every, wholes, fields
        self._waiting: deque[Numbered] = deque()
        filters = filters and min(shape[:2]) >= _SMALLEST
        self._graph = _graph(*shape, "field" if fields else "frame") if filters else None
        self._before: Decoded | None = None

    def add(self, number: int, decoded: Decoded) -> Iterator[tuple[int, bool, Decoded]]:
        """What is done once this frame is known."""
        own, before, self._before = decoded, self._before, decoded
        whole = self._wholes.get(number, "own")
        if whole != "own" and before is not None:
            coded = woven(own.frame.coded, before.frame.coded, whole)
            decoded = replace(own, frame=_with(own.frame, coded))
        if self._graph is None:
            yield number, False, decoded
            return
        self._waiting.append((number, decoded))
        self._graph.vpush(own.frame.coded)
        yield from self._done(self._graph)

    def finish(self) -> Iterator[tuple[int, bool, Decoded]]:
        """What is left when no frame follows."""
        if self._graph is not None and self._waiting:
            self._graph.vpush(None)
            yield from self._done(self._graph)

    def _done(self, graph: Graph) -> Iterator[tuple[int, bool, Decoded]]:
        while self._waiting:
            try:
                made = [graph.vpull() for _ in range(1 + self._fields)]
            except (av.BlockingIOError, av.EOFError):
                return
            number, decoded = self._waiting.popleft()
            frame = decoded.frame.coded
            if number in self._wholes or not (self._every or frame.interlaced_frame):
                yield number, False, decoded
                continue
            for second, whole in enumerate(made):
                whole.colorspace, whole.color_range = frame.colorspace, frame.color_range
                yield number, bool(second), replace(decoded, frame=_with(decoded.frame, whole))


def _with(frame: RawFrame, whole: av.VideoFrame) -> RawFrame:
    return replace(frame, coded=whole) if isinstance(frame, CodedFrame) else CodedFrame(whole)


def _graph(width: int, height: int, pix_fmt: str, sends: str) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat(pix_fmt), time_base=_TICK)
    filter_ = graph.add("bwdif", f"mode=send_{sends}:parity=auto:deint=all")
    graph.link_nodes(source, filter_, graph.add("buffersink")).configure()
    return graph
