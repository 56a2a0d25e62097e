"""Cropping of frames, where a container says that less is to be shown than is coded."""

from __future__ import annotations

from fractions import Fraction

import av
from av.filter import Graph

from dynode_cli.media.reading.track_headers import Crop


class Cropper:
    """Cuts the margins off frames of one size; others are left as they are."""

    def __init__(self, crop: Crop, width: int, height: int) -> None:
        self._crop, self._coded = crop, (width, height)
        self.size = crop.of(width, height)
        """(width, height) of what is left."""
        self._pix_fmt = ""
        self._graph = Graph()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        """What is to be shown of `frame`."""
        if (frame.width, frame.height) != self._coded:
            return frame
        if frame.format.name != self._pix_fmt:
            self._pix_fmt, self._graph = frame.format.name, self._graph_for(frame)
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _graph_for(self, frame: av.VideoFrame) -> Graph:
        width, height = self.size
        graph = Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=av.VideoFormat(frame.format.name), time_base=Fraction(1, 1)
        )
        crop = graph.add("crop", f"{width}:{height}:{self._crop.left}:{self._crop.top}:exact=1")
        graph.link_nodes(source, crop, graph.add("buffersink")).configure()
        return graph
