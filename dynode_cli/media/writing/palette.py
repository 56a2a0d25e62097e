"""Palettes of GIF frames: each gets its own, so that the whole clip need not be seen first."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph


class PaletteFilter:
    """Turns RGBA frames into frames of 256 colours with FFmpeg's palettegen and paletteuse, one by one."""

    def __init__(self, width: int, height: int, *, alpha: bool) -> None:
        graph = Graph()
        reserve = int(alpha)
        entry = graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgba", width, height), time_base=Fraction(1, 100)
        )
        split = graph.add("split")
        palette = graph.add("palettegen", f"stats_mode=single:reserve_transparent={reserve}")
        use = graph.add("paletteuse", "new=1:dither=sierra2_4a")
        sink = graph.add("buffersink")
        entry.link_to(split)
        split.link_to(use, 0, 0)
        split.link_to(palette, 1, 0)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        self._graph = graph
        self._count = 0

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        """`frame` (rgba) as pal8."""
        frame.pts, frame.time_base = self._count, Fraction(1, 100)
        self._count += 1
        self._graph.vpush(frame)
        return self._graph.vpull()
