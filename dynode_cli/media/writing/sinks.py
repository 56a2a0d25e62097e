"""Sinks, which encode frames: into a container, or into a folder of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, Protocol

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream
from numpy.typing import NDArray

from dynode_cli.errors import DynodeError, UsageError
from dynode_cli.media.alpha import PREMULTIPLIED, premultiplied
from dynode_cli.media.colour import FULL, from_rgb
from dynode_cli.media.containers import CONTAINER_ROWS
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.ffmpeg import reason
from dynode_cli.media.pixels import layout_of
from dynode_cli.media.writing.colours import spec_for, tag_colours, with_chroma_location
from dynode_cli.media.writing.encoders import Encoder, hardware_of, option_names
from dynode_cli.media.writing.palette import PaletteFilter
from dynode_cli.media.writing.target import FileTarget, SequenceTarget, Target, write_error

Image = NDArray[Any]

CLOCK = 90_000
"""Ticks a second that a time base has at least, where the container does not set it."""
_FRAME_DURATION = 1 << 8
# So few frames have decode times that x265 never set; they are decoded in order of display.
_TOO_FEW_FOR_X265 = 2
# MPEG-4 and its elders count time in 16 bits.
_SHORTEST_TICK = 65_535
_SHORT_CLOCK = {"mpeg4", "mpeg2video", "mpeg1video", "msmpeg4", "msmpeg4v2", "h263", "h263p", "flv", "wmv1", "wmv2"}

# These know only a list of rates, and no ticks.
_RATE_CLOCK = {"mpeg2video", "mpeg1video"}
# That of MPEG-1 (ISO/IEC 11172-2); MPEG-2 also has 1 to 4 times these over 1 to 32 (ISO/IEC 13818-2).
_RATES = [Fraction(each) for each in ("24000/1001", 24, 25, "30000/1001", 30, 50, "60000/1001", 60)]
# Encoders of HEVC.
_HEVC = {"libx265", "hevc_nvenc", "hevc_qsv", "hevc_amf", "hevc_vaapi", "hevc_videotoolbox", "hevc_mf", "hevc_vulkan"}
# Codecs that store the shape of pixels, in videos and in images.
_KEEPS_ASPECT = {"libx264", "libx264rgb", "libx265", "mpeg4", "mpeg2video", "mpeg1video", "apng", "gif", "mjpeg"}
_IMAGES_KEEP_ASPECT = {"png", "mjpeg", "tiff"}


class Sink(Protocol):
    """Takes frames in order of display."""

    def prepare(self, image: Image) -> av.VideoFrame:
        """`image` in the pixel format of the output; its memory may be used again."""

    def write(self, frame: av.VideoFrame, begin: Fraction, duration: Fraction) -> None:
        """Show a prepared frame from `begin` (container time) for `duration` seconds."""

    def finish(self) -> None:
        """Write out what is held back."""


class ImageSink:
    """Numbered images; times are left to whoever reads them."""

    def __init__(
        self, target: SequenceTarget, encoder: Encoder, info: MediaInfo, sample_aspect_ratio: Fraction
    ) -> None:
        self._target, self._encoder, self._aspect = target, encoder, sample_aspect_ratio
        self._spec = spec_for(encoder, info, info.width, info.height)
        self.warnings: list[str] = []
        if sample_aspect_ratio != 1 and encoder.codec not in _IMAGES_KEEP_ASPECT:
            self.warnings.append(
                f"the aspect ratio of pixels, {sample_aspect_ratio}, is lost: {encoder.codec} has none "
                "(write .png, .jpg or a video to keep it)"
            )

    def prepare(self, image: Image) -> av.VideoFrame:
        return from_rgb(_as_coded(image, self._encoder), self._encoder.pix_fmt, self._spec)

    def write(self, frame: av.VideoFrame, begin: Fraction, duration: Fraction) -> None:
        context = av.Codec(self._encoder.codec, "w").create("video")
        configure(context, self._encoder, frame.width, frame.height, Fraction(1, 25))
        context.color_range = FULL
        context.sample_aspect_ratio = self._aspect
        with _refusals(self._encoder, frame.width, frame.height):
            packets = [*context.encode(frame), *context.encode(None)]
        self._target.add(b"".join(bytes(packet) for packet in packets))

    def finish(self) -> None:
        """Every image is already written."""


class ContainerSink:
    """One video stream of a container.

    Arguments:
        rate: frames per second, or None where frames are not evenly spaced.
        size: (width, height) of the frames.
    """

    def __init__(
        self,
        target: Target,
        output: OutputContainer,
        encoder: Encoder,
        info: MediaInfo,
        *,
        rate: Fraction | None,
        size: tuple[int, int],
        display_matrix: tuple[int, ...] | None,
        sample_aspect_ratio: Fraction,
    ) -> None:
        self._spec = spec_for(encoder, info, *size)
        encoder = with_chroma_location(encoder, self._spec)
        self._target, self._output, self._encoder = target, output, encoder
        self.time_base = time_base_for(encoder, rate, info)
        self._last: int | None = None
        self._count = 0
        self.warnings: list[str] = []
        self._palette = PaletteFilter(*size, alpha=info.alpha) if encoder.pix_fmt == "pal8" else None
        try:
            stream = output.add_stream(encoder.codec, rate=rate or info.average_rate, time_base=self.time_base)
        except ValueError as error:
            raise UsageError(
                f"{target.name}: {encoder.container.muxer} cannot hold {encoder.codec}",
                hint="write .mkv, which holds nearly everything, or choose another --codec",
            ) from error
        assert isinstance(stream, VideoStream)
        self.stream = stream
        context = stream.codec_context
        configure(context, encoder, *size, self.time_base)
        container = encoder.container
        if encoder.codec in _HEVC and container.hevc_tag is not None:
            context.codec_tag = container.hevc_tag
        context.framerate = rate or info.average_rate
        context.sample_aspect_ratio = sample_aspect_ratio
        context.flags |= _FRAME_DURATION
        tag_colours(context, encoder, info, self._spec)
        # What is piped cannot be completed afterwards.
        stored = container.pixel_aspect == "header" or (
            container.pixel_aspect == "afterwards" and isinstance(target, FileTarget)
        )
        if sample_aspect_ratio != 1 and not stored and encoder.codec not in _KEEPS_ASPECT:
            *others, last = [row.endings[0] for row in CONTAINER_ROWS if row.pixel_aspect is not None]
            self.warnings.append(
                f"the aspect ratio of pixels, {sample_aspect_ratio}, is lost: {encoder.codec} in {container.muxer} has "
                f"none (write a file named {', '.join(others)} or {last} to keep it)"
            )
        if display_matrix is not None:
            self.stream.set_display_matrix(display_matrix)

    def open(self) -> None:
        """Open the encoder.

        Raises:
            UsageError: it refuses its settings, or does not know an option.
        """
        open_encoder(self.stream.codec_context, self._encoder)

    def prepare(self, image: Image) -> av.VideoFrame:
        if self._palette is not None:
            return self._palette(from_rgb(image, "rgba", self._spec))
        return from_rgb(_as_coded(image, self._encoder), self._encoder.pix_fmt, self._spec)

    def write(self, frame: av.VideoFrame, begin: Fraction, duration: Fraction) -> None:
        tick = round(begin / self.time_base)
        if self._last is not None and tick <= self._last:
            raise DynodeError(
                f"{self._target.name}: two frames fall on the same tick of 1/{self.time_base.denominator} s",
                hint="ask for fewer frames per second, or write .mp4",
            )
        self._last = tick
        self._count += 1
        frame.pts, frame.time_base = tick, self.time_base
        frame.duration = max(1, round((begin + duration) / self.time_base) - tick)
        context = self.stream.codec_context
        frame.colorspace, frame.color_range = context.colorspace, context.color_range
        if hasattr(frame, "color_primaries"):
            frame.color_primaries, frame.color_trc = context.color_primaries, context.color_trc
        self._output.mux(self.stream.encode(frame))

    def finish(self) -> None:
        packets = self.stream.encode(None)
        if self._encoder.codec == "libx265" and self._count <= _TOO_FEW_FOR_X265:
            for packet in packets:
                packet.dts = packet.pts
        self._output.mux(packets)


def _as_coded(image: Image, encoder: Encoder) -> Image:
    """`image`, with its colours multiplied by its alpha where the codec has them so."""
    see_through = image.shape[2] == 4 and layout_of(encoder.pix_fmt).alpha
    return premultiplied(image) if see_through and encoder.codec in PREMULTIPLIED else image


def can_tag_rotation() -> bool:
    """Whether this PyAV can write display matrices (18 can)."""
    return hasattr(VideoStream, "set_display_matrix")


def time_base_for(encoder: Encoder, rate: Fraction | None, info: MediaInfo) -> Fraction:
    """A tick of which a frame of `rate` lasts a whole number, and at most 1/90000 s where the codec allows.

    Where its clock is too short for that, frames still sit within a tick.

    Raises:
        UsageError: the codec cannot count frames of that rate.
    """
    most = _SHORTEST_TICK if encoder.codec in _SHORT_CLOCK else None
    if rate is None:
        unit = info.time_base.denominator if info.time_base.numerator == 1 else CLOCK
        if most is not None and unit > most:
            return Fraction(1, 60_000)
    elif encoder.codec in _RATE_CLOCK:
        _check_listed(encoder.codec, rate)
        return 1 / rate
    elif encoder.container.constant_rate:
        return 1 / (rate if most is None else _nearest(encoder.codec, rate, most))
    else:
        unit = rate.numerator
        if most is not None and unit > most >= 2 * rate:
            return Fraction(1, 60_000)
    if most is not None:
        if unit > most:
            raise _too_fine(encoder.codec, rate)
        return Fraction(1, unit * max(1, most // unit))
    return Fraction(1, unit * -(-CLOCK // unit))


def _nearest(codec: str, rate: Fraction, most: int) -> Fraction:
    """The rate nearest to `rate` whose numerator is at most `most`, off by less than half a frame in an hour."""
    if rate.numerator <= most:
        return rate
    near = 1 / (1 / rate).limit_denominator(most)
    if abs(near - rate) * 3600 >= Fraction(1, 2):
        raise _too_fine(codec, rate)
    return near


def _too_fine(codec: str, rate: Fraction | None) -> UsageError:
    return UsageError(
        f"{codec} counts time in 16 bits, too few for {rate} frames a second",
        hint="ask for a rounder rate with --fps, or choose another --codec",
    )


def _check_listed(codec: str, rate: Fraction) -> None:
    parts = [Fraction(1)]
    if codec == "mpeg2video":
        parts = [Fraction(times, over) for times in range(1, 5) for over in range(1, 33)]
    listed = {each * part for each in _RATES for part in parts}
    if rate not in listed:
        nearest = min(_RATES, key=lambda each: abs(each - rate))
        raise UsageError(f"{codec} has no {rate} frames a second", hint=f"use --fps {nearest}, or another --codec")


def configure(context: VideoCodecContext, encoder: Encoder, width: int, height: int, time_base: Fraction) -> None:
    """Set what every encoder needs."""
    context.width, context.height = width, height
    context.pix_fmt = encoder.pix_fmt
    context.time_base = time_base
    context.thread_count = 0
    context.options = dict(encoder.options)


def open_encoder(context: VideoCodecContext, encoder: Encoder) -> None:
    """Open a context that was configured.

    Raises:
        UsageError: the encoder refuses its settings, does not know an option, or needs hardware that is not here.
    """
    with _refusals(encoder, context.width, context.height):
        context.open()
    unknown = [name for name in context.options if name not in ("b",)]
    if unknown:
        raise UsageError(
            f"{encoder.codec} has no option {', '.join(repr(name) for name in unknown)}",
            hint=_option_hint(encoder.codec, unknown[0]),
        )


@contextmanager
def _refusals(encoder: Encoder, width: int, height: int) -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        hardware = hardware_of(encoder.codec)
        if hardware is not None:
            raise UsageError(
                f"{encoder.codec} cannot be opened ({reason(error)}); it needs {hardware}",
                hint="libx264 works on every computer; leave out --codec, or check --preset and --encoder-opt",
            ) from error
        settings = " ".join(f"{name}={value}" for name, value in encoder.options.items())
        raise UsageError(
            f"{encoder.codec} refuses {width} x {height} {encoder.pix_fmt} {settings} ({reason(error)})",
            hint="check --preset, --crf, --pix-fmt and --encoder-opt",
        ) from error


def _option_hint(codec: str, name: str) -> str | None:
    from dynode_cli.suggestions import closest

    close = closest(name, option_names(codec))
    return f"did you mean {' or '.join(close)}?" if close else None


def as_rgb(image: Any) -> Image:
    """`image` checked and made fit to be written: (H, W, 3 or 4), uint8, uint16 or float32.

    Raises:
        ValueError: it is something else.
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.shape[2] not in (3, 4):
        raise ValueError(f"a frame must be (H, W, 3) or (H, W, 4), not {array.shape}")
    if array.dtype not in (np.uint8, np.uint16, np.float32):
        raise ValueError(f"a frame must be uint8, uint16 or float32, not {array.dtype}")
    return array


def open_output(target: Target, destination: Any, muxer: str, options: Mapping[str, str]) -> OutputContainer:
    """Open the container to write.

    Raises:
        DynodeError: it cannot be opened.
    """
    try:
        return av.open(destination, "w", format=muxer, container_options=dict(options))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise write_error(target.name, error) from error
