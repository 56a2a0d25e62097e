"""Reading frames as a stage of its own, within whatever stage asks for them."""

from __future__ import annotations

from threading import get_ident
from typing import Any

from numpy.typing import NDArray

from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import Scan
from dynode_cli.media.reading.source import Source
from dynode_cli.pipeline.stopwatch import Stopwatch


class TimedReader(FrameReader):
    """A reader that tells `watch` about decoding and the conversion to RGB."""

    def __init__(self, source: Source, scan: Scan, watch: Stopwatch, *, cache_bytes: int) -> None:
        super().__init__(source, scan, cache_bytes=cache_bytes)
        self._watch, self._thread = watch, get_ident()

    def frame(self, index: int) -> NDArray[Any]:
        """As :meth:`FrameReader.frame`. A stopwatch has one stack of stages, so other threads read unnoticed."""
        if get_ident() != self._thread:
            return super().frame(index)
        with self._watch.stage("decode"):
            return super().frame(index)
