"""Sound that must be encoded again: stretched in time, or because the container cannot hold its codec."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph

from dynode_cli.media.clock import OutputClock

BITS_PER_CHANNEL = 96_000
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AudioEncoder:
    """Decodes an audio stream, stretches it by the clock's factor at constant pitch, and encodes it again.

    Stretching is FFmpeg's ``atempo`` (WSOLA), chained so that each step is within its range. Gaps in the sound
    are filled with silence first, so that it cannot drift; with `from_zero` so is the time before it begins.
    """

    def __init__(
        self,
        source: AudioStream,
        output: OutputContainer,
        codec: str,
        clock: OutputClock,
        zero: Fraction,
        *,
        from_zero: bool = False,
    ) -> None:
        self._source, self._output, self._clock, self._zero = source, output, clock, zero
        rate = source.codec_context.sample_rate or 48000
        if codec == "libopus" and rate not in _OPUS_RATES:
            rate = 48000
        stream = output.add_stream(codec, rate=rate)
        assert isinstance(stream, AudioStream)
        self.stream = stream
        context = self.stream.codec_context
        context.layout = _layout(source)
        context.bit_rate = BITS_PER_CHANNEL * max(1, source.codec_context.layout.nb_channels)
        self._rate, self._from_zero = rate, from_zero
        self._graph: Graph | None = None
        self._first = 0
        self._samples = 0

    def feed(self, packet: Any) -> None:
        """Take a packet of the source stream."""
        try:
            frames: Any = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            self._push(frame)

    def finish(self) -> None:
        """Encode what is still held back."""
        try:
            for frame in self._source.decode(None):
                self._push(frame)
        except av.EOFError:
            pass
        if self._graph is not None:
            self._graph.push(None)
            self._drain()
            self._output.mux(self.stream.encode(None))

    def _push(self, frame: av.AudioFrame) -> None:
        if frame.pts is None or frame.time_base is None:
            return
        begin = frame.pts * frame.time_base - self._zero
        if not self._clock.keeps(begin, begin + Fraction(frame.samples, frame.sample_rate)):
            return
        if self._graph is None:
            self._graph = self._chain(frame)
            self._first = round(self._clock(begin) * self._rate)
            if self._from_zero and self._first > 0:
                self._keep_silent(self._first)
        self._graph.push(frame)
        self._drain()

    def _keep_silent(self, samples: int) -> None:
        """Encode silence from time 0 on."""
        context = self.stream.codec_context
        for at in range(0, samples, self._rate):
            frame = av.AudioFrame(context.format.name, context.layout.name, min(self._rate, samples - at))
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), at
            self._output.mux(self.stream.encode(frame))

    def _chain(self, frame: av.AudioFrame) -> Graph:
        graph = Graph()
        context = self.stream.codec_context
        nodes = [
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format.name,
                layout=frame.layout.name,
                time_base=frame.time_base,
            ),
            graph.add("aresample", "async=1"),
        ]
        nodes += [graph.add("atempo", f"{float(step):.9f}") for step in tempo_steps(1 / self._clock.retime)]
        wanted = f"sample_fmts={context.format.name}:sample_rates={self._rate}:channel_layouts={context.layout.name}"
        nodes += [graph.add("aformat", wanted), graph.add("abuffersink")]
        graph.link_nodes(*nodes).configure()
        return graph

    def _drain(self) -> None:
        assert self._graph is not None
        for frame in _pulled(self._graph):
            # The filters' own time stamps start from the source's; count samples instead.
            frame.time_base = Fraction(1, self._rate)
            frame.pts = self._first + self._samples
            self._samples += frame.samples
            self._output.mux(self.stream.encode(frame))


def _layout(source: AudioStream) -> str:
    """Name of the channel layout; the usual one of that many channels where the file does not say, as PCM rarely does."""
    layout = source.codec_context.layout
    unnamed = layout.name == f"{layout.nb_channels} channels"
    return _LAYOUTS.get(layout.nb_channels, "stereo") if unnamed else layout.name


def tempo_steps(tempo: Fraction) -> list[Fraction]:
    """Factors in [1/2, 2] whose product is `tempo`."""
    steps = []
    while tempo < Fraction(1, 2):
        steps.append(Fraction(1, 2))
        tempo *= 2
    while tempo > 2:
        steps.append(Fraction(2))
        tempo /= 2
    return [*steps, tempo] if tempo != 1 else steps


def _pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame
