"""Sound (audio) that must be encoded again: stretched in time, or because the container cannot hold its codec."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from dynode_cli.media.carried.clock import OutputClock
from dynode_cli.media.carried.onsets import Samples
from dynode_cli.media.carried.stretch import TimeStretch

BITS_PER_CHANNEL = 96_000
GAP = Fraction(1, 100)
"""Seconds from which on sound that comes early or late is put into its place; less is a matter of rounded stamps."""
LEAP = 3600
"""Seconds of silence after which nothing is expected to follow where there are no pictures any more."""
EXACT_GAP = Fraction(1, 2000)
"""The same where recordings were joined, whose stamps are exact."""
LOSSLESS = frozenset({"flac", "wavpack", "alac", "tta"})
"""Codecs that are encoded again without a loss, sample for sample."""
_PRIMING = {"aac": 1024}
"""Samples before the sound itself with which an encoder begins, and which are heard where nothing tells of them."""
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AudioEncoder:
    """Decodes an audio stream, stretches it by the clock's factor at constant pitch, and encodes it again.

    Gaps in the sound are filled with silence first, so that it cannot drift; with `from_zero` so is the time before
    it begins. No silence is made for sound that leaps an hour ahead and beyond `pictures_end`: its time is
    damaged. What the clock leaves out is left out to a sample. With `exact`, gaps count from half a millisecond on.
    Stretching is that of :class:`~.stretch.TimeStretch`. A lossless codec keeps the bits of a sample, up to 24.
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
        pictures_end: Fraction | None = None,
        exact: bool = False,
    ) -> None:
        self._pictures_end = pictures_end
        self._source, self._output, self._clock, self._zero = source, output, clock, zero
        self._layout = usual_layout(source.codec_context.layout)
        self._from_zero = from_zero
        self._gap = EXACT_GAP if exact else GAP
        stream = output.add_stream(codec, rate=_rate(codec, source.codec_context.sample_rate))
        assert isinstance(stream, AudioStream)
        self.stream = stream
        context = self.stream.codec_context
        context.layout = self._layout
        if codec in LOSSLESS:
            context.format = _format_for(stream, source)
        context.bit_rate = BITS_PER_CHANNEL * max(1, source.codec_context.layout.nb_channels)
        self._rate = 0
        """Samples per second of the source, and of everything before the encoder; 0 until it is known."""
        self._begin = Fraction(0)
        """Source time of the first sample."""
        self.lost = 0
        """Packets that do not decode, or come at an impossible time."""
        self._taken = self._encoded = 0
        self._skip = 0
        """Samples that are still to be left out, so that what the encoder puts before the sound does not delay it."""
        self._first = 0
        """Sample of the output at which the sound begins."""
        self._stretch: TimeStretch | None = None
        self._decoded_as: tuple[str, str, int] | None = None
        self._held: av.AudioFrame | None = None

    def feed(self, packet: Any) -> None:
        """Take a packet of the source stream."""
        try:
            frames: Any = packet.decode()
        except av.FFmpegError:
            self.lost += 1
            return
        for frame in frames:
            self._push(frame)

    def finish(self) -> None:
        """Encode what is still held back."""
        try:
            rest = self._source.decode(None)
        except av.EOFError:
            rest = []
        except av.FFmpegError:
            self.lost += 1
            rest = []
        for frame in rest:
            self._push(frame)
        if self._held is not None:
            self._use(self._held, last=True)
        if self._taken:
            if self._stretch is not None:
                self._encode(self._stretch.finish())
            self._mux(None)
            self._output.mux(self.stream.encode(None))

    def _push(self, frame: av.AudioFrame) -> None:
        if frame.pts is None or frame.time_base is None:
            return
        if self._held is not None:
            self._use(self._held)
        self._held = frame

    def _use(self, frame: av.AudioFrame, *, last: bool = False) -> None:
        """Put a decoded frame into its place; what lies past the duration of the last one is padding."""
        assert frame.pts is not None and frame.time_base is not None
        begin = frame.pts * frame.time_base - self._zero
        samples = self._samples(frame)
        lasts = frame.duration * frame.time_base
        if last and 0 < lasts < Fraction(frame.samples, frame.sample_rate) - frame.time_base:
            samples = samples[:, : round(lasts * self._rate)]
        first, end = 0, samples.shape[1]
        if self._clock.trimmed:
            first = max(first, round((self._clock.begins - begin) * self._rate))
        if self._clock.end is not None:
            end = min(end, round((self._clock.end - begin) * self._rate))
        if first >= end:
            return
        begin += Fraction(first, self._rate)
        due = self._begin + Fraction(self._taken, self._rate) if self._taken else self._clock.begins
        if begin > due + LEAP and (self._pictures_end is None or begin > self._pictures_end):
            self.lost += 1
            return
        if not self._taken:
            self._start(begin)
        gap = round((begin - self._begin) * self._rate) - self._taken
        if abs(gap) < self._gap * self._rate:
            gap = 0
        for at in range(0, gap, self._rate):
            self._take(np.zeros((len(samples), min(self._rate, gap - at)), np.float32))
        self._take(samples[:, first + max(0, -gap) : end])

    def _samples(self, frame: av.AudioFrame) -> Samples:
        """The samples of `frame` (channels, n), in the rate and layout that the first one had."""
        if not self._rate:
            self._rate = frame.sample_rate
        now = frame.format.name, frame.layout.name, frame.sample_rate
        if now != self._decoded_as:
            self._decoded_as = now
            self._to_float = av.AudioResampler("fltp", self._layout, self._rate)
        pieces: list[Any] = [piece.to_ndarray() for piece in self._to_float.resample(frame)]
        return np.concatenate(pieces, axis=1) if pieces else np.empty((0, 0), np.float32)

    def _start(self, begin: Fraction) -> None:
        """Sound begins, at source time `begin`."""
        self._begin = begin
        context = self.stream.codec_context
        self._to_encoder = av.AudioResampler(context.format, context.layout, context.sample_rate)
        channels = self._channels
        if self._clock.retime != 1:
            self._stretch = TimeStretch(self._clock.retime, self._rate, channels)
        late = self._clock(begin)
        if self._from_zero:
            priming = _PRIMING.get(context.codec.name, 0)
            silent = round(late * self._rate)
            self._skip = round(Fraction(priming * self._rate, context.sample_rate)) + max(0, -silent)
            for at in range(0, silent, self._rate):
                self._encode(np.zeros((channels, min(self._rate, silent - at)), np.float32))
        else:
            self._first = round(late * context.sample_rate)

    @property
    def _channels(self) -> int:
        return av.AudioLayout(self._layout).nb_channels

    def _take(self, samples: Samples) -> None:
        """The next samples of the source, of which none are missing now."""
        self._taken += samples.shape[1]
        self._encode(samples if self._stretch is None else self._stretch.push(samples))

    def _encode(self, samples: Samples) -> None:
        skipped = min(self._skip, samples.shape[1])
        self._skip -= skipped
        if samples.shape[1] > skipped:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, skipped:]), "fltp", self._layout)
            frame.sample_rate = self._rate
            self._mux(frame)

    def _mux(self, frame: av.AudioFrame | None) -> None:
        for piece in self._to_encoder.resample(frame):
            # Counted, as stamps of the source no longer hold.
            piece.time_base = Fraction(1, self.stream.codec_context.sample_rate)
            piece.pts = self._first + self._encoded
            self._encoded += piece.samples
            self._output.mux(self.stream.encode(piece))


def _rate(codec: str, wanted: int) -> int:
    """Samples per second for `codec`: as many as are wanted, or the next number that it can have."""
    possible = sorted(av.Codec(codec, "w").audio_rates or [wanted])
    return next((rate for rate in possible if rate >= wanted > 0), 48000 if wanted <= 0 else possible[-1])


def _format_for(stream: AudioStream, source: AudioStream) -> str:
    """The format of samples of `stream` that has as many bits as that of `source`."""
    formats: list[str] = [each.name for each in stream.codec_context.codec.audio_formats or ()]
    wanted = source.codec_context.format.name.removesuffix("p")
    return next((each for each in formats if each.removesuffix("p") == wanted), formats[-1])


def usual_layout(layout: av.AudioLayout) -> str:
    """Name of `layout`; the usual one of that many channels where the file does not say, as PCM rarely does."""
    unnamed = layout.name == f"{layout.nb_channels} channels"
    return _LAYOUTS.get(layout.nb_channels, "stereo") if unnamed else layout.name
