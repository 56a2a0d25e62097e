"""Subtitles in a form that the container holds: text in another codec, at the same times."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
from av.codec.codec import Properties
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

_MILLISECOND = Fraction(1, 1000)


class SubtitleEncoder:
    """Decodes text subtitles and encodes them as `codec`; what that cannot express (fonts, places) is lost.

    Raises:
        ValueError: they are pictures, or this PyAV cannot encode subtitles (18 can).
        av.FFmpegError: there is no decoder for them.
    """

    def __init__(self, source: Any, output: OutputContainer, codec: str) -> None:
        decoder = source.codec_context
        if decoder is None or not decoder.codec.properties & Properties.TEXT_SUB.value:
            raise ValueError("not text")
        if not hasattr(decoder, "encode_subtitle"):
            raise ValueError("no encoder")
        if not decoder.is_open:
            decoder.open()
        self._decoder = decoder
        stream: Stream = output.add_stream(codec)
        assert isinstance(stream, SubtitleStream)
        self.stream = stream
        self._encoder = stream.codec_context
        self._encoder.subtitle_header = decoder.subtitle_header
        self._encoder.time_base = _MILLISECOND
        self._encoder.open()

    def __call__(self, packet: Any) -> Any:
        """`packet` in the other codec, at the same time; None if it holds no text."""
        try:
            lines = self._decoder.decode2(packet)
            if lines is None or len(lines) == 0:
                return None
            encoded = self._encoder.encode_subtitle(lines)
        except (av.FFmpegError, ValueError):
            return None
        encoded.time_base = packet.time_base
        encoded.pts, encoded.dts = packet.pts, packet.dts
        encoded.duration = packet.duration or round(lines.end_display_time * _MILLISECOND / packet.time_base)
        return encoded
