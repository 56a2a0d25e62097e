"""Decoding: frames out of a source, one at a time, in order of display; what does not decode is counted, not fatal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import av
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from dynode_cli.errors import InputError
from dynode_cli.media.alpha import PREMULTIPLIED
from dynode_cli.media.containers import demuxer
from dynode_cli.media.ffmpeg import MAX_PIXELS, check_size, main_video, open_input, positive, tag_of
from dynode_cli.media.reading.closing import Closing
from dynode_cli.media.reading.crop import Cropper
from dynode_cli.media.reading.ending import is_cut_off
from dynode_cli.media.reading.in_memory import MemorySource
from dynode_cli.media.reading.raw_frame import ArrayFrame, CodedFrame, RawFrame
from dynode_cli.media.reading.source import FileSource, Source
from dynode_cli.media.reading.tiff import read_tiles, tiff_of
from dynode_cli.media.reading.track_headers import TrackHeader, track_headers
from dynode_cli.media.reading.webp import read_animation, render

_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame as the decoder gave it."""

    frame: RawFrame
    pts: int | None
    """Its time stamp in ticks of the stream, if the file has one."""
    duration: int
    """In ticks; 0 if unknown."""
    key: bool
    """True if decoding may start here."""


class Decoder(Protocol):
    """An open source."""

    lost: int
    """What did not decode so far."""
    left_out: int
    """What decodes, but is not shown: before the beginning or past the end that an edit list sets."""
    misindexed: bool
    """Whether the file says that decoding cannot start at its first frame, although it can: such a file leads astray."""

    @property
    def time_base(self) -> Fraction: ...

    @property
    def coding_stamps(self) -> bool:
        """Whether, as far as is known, the file has only stamps in the order of decoding, and frames another order."""

    def frames(self, seek: int | None = None) -> Iterator[Decoded]:
        """Frames from the key frame at or before tick `seek`, or all of them. May be called once."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


def open_decoder(source: Source, *, threads: int = 0) -> Decoder:
    """Open `source` for decoding with `threads` threads (0: as many as there are processors).

    Raises:
        InputError: it cannot be opened, or holds no video.
    """
    if source.kind == "memory":
        return MemoryDecoder(source)
    if source.kind == "images":
        return ImageDecoder(source)
    if source.kind == "webp":
        return WebPDecoder(source)
    return ContainerDecoder(source, threads)


class _Decoder(Closing):
    """What decoders are unless they say otherwise."""

    misindexed = False

    @property
    def coding_stamps(self) -> bool:
        return False


class ContainerDecoder(_Decoder):
    """Decodes the main video stream of a container."""

    def __init__(self, source: FileSource, threads: int = 0) -> None:
        self.lost = self.left_out = 0
        self.container = source.open()
        self.stream = main_video(self.container, source.name, source.stream)
        self._context = _decoder_of(self.stream)
        headers = track_headers(source.path, self.container.format.name)
        videos = [each.index for each in self.container.streams.video]
        number = videos.index(self.stream.index)
        self.header = headers[number] if number < len(headers) else TrackHeader()
        self.size = self._context.width, self._context.height
        """(width, height) that the file says the pictures have, once they are cropped."""
        crop = self.header.crop
        self._cropper = Cropper(crop, *self.size) if crop is not None else None
        if self._cropper is not None:
            self.size = self._cropper.size
        kind = demuxer(self.container.format.name)
        self._shape_varies = kind.shape_varies
        # What was put behind a whole file comes in its last packet.
        cut_off = bool(kind.last_bytes) and is_cut_off(source.path, self.container.format.name)
        self._last_bytes = kind.last_bytes if cut_off else b""
        self._shape: Fraction | None = None
        self._premultiplied = self._context.name in PREMULTIPLIED
        self._context.thread_type = "AUTO"
        self._context.thread_count = threads
        self._context.options = {"max_pixels": str(MAX_PIXELS)}
        self._delay = _delay_of(source) if kind.delays_pictures else 0
        self._latest: int | None = None
        self._stamps_rise = True

    @property
    def time_base(self) -> Fraction:
        return self.stream.time_base or Fraction(1, 90000)

    @property
    def coding_stamps(self) -> bool:
        # Packets of frames that are shown before an earlier packet's would have a lower stamp.
        return self._stamps_rise and self._context.has_b_frames

    def frames(self, seek: int | None = None) -> Iterator[Decoded]:
        if seek is not None:
            try:
                self.container.seek(seek, stream=self.stream, backward=True)
            except av.FFmpegError:
                # The index names no place to start at: without a frame the reader starts at the beginning.
                return
        packets = self.container.demux(self.stream)
        begun = seek is not None
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                # The file ends in the middle of a packet: what the decoder still holds is good.
                self.lost += 1
                packet = None
            ended = packet is None or (packet.size == 0 and packet.dts is None)
            if packet is not None and not ended:
                if packet.size == 0:
                    # A sample that holds nothing: the frame before stays. The decoder would take it for the end.
                    continue
                if self._last_bytes and bytes(packet)[-1] not in self._last_bytes:
                    self.lost += 1
                    continue
                self.left_out += packet.is_discard
                self._note(packet.pts)
            try:
                decoded = self._context.decode(None if ended else packet)
            except av.EOFError:
                return
            except av.FFmpegError:
                self.lost += 1
                decoded = []
            for frame in decoded:
                if not begun:
                    begun, self.misindexed = True, frame.key_frame and _denies_first(self.stream)
                if frame.is_corrupt:
                    # Partly grey, or patched with what was there before: what is made from its neighbours is nearer.
                    self.lost += 1
                    continue
                pts, duration, key = frame.pts, frame.duration or 0, frame.key_frame
                pts = None if pts is None else pts - self._delay
                if key and self._shape_varies:
                    # The decoder says what it read last, frames ahead; what it says changes only with a key frame.
                    self._shape = positive(self._context.sample_aspect_ratio)
                if self._cropper is not None:
                    frame = self._cropper(frame)
                coded = CodedFrame(frame, self._premultiplied, self._shape)
                yield Decoded(coded, pts, duration, key)
            if ended:
                return

    def close(self) -> None:
        # Its threads come to rest: one that tells of something while the decoder is freed would wait for ever, as would
        # we, where FFmpeg's messages are heard by Python.
        self._context.flush_buffers()
        self.container.close()

    def _note(self, stamp: int | None) -> None:
        if stamp is not None:
            # The last two are often the same: FFmpeg takes them from the following packets.
            self._stamps_rise = self._stamps_rise and (self._latest is None or self._latest <= stamp)
            self._latest = stamp


def _delay_of(source: FileSource) -> int:
    """Ticks by which the first picture is later than its packet."""
    with source.open() as container:
        packet = next(container.demux(main_video(container, source.name, source.stream)), None)
        stamps = (None, None) if packet is None else (packet.pts, packet.dts)
    return 0 if stamps[0] is None or stamps[1] is None else stamps[0] - stamps[1]


def _denies_first(stream: VideoStream) -> bool:
    """Whether the file's index says that decoding cannot start at the first frame; not every PyAV shows it."""
    entries: Any = getattr(stream, "index_entries", ())
    return len(entries) > 0 and not entries[0].is_keyframe


def _decoder_of(stream: VideoStream) -> VideoCodecContext:
    """The stream's decoder, or libvpx where only that one reads the alpha channel."""
    wanted = _ALPHA_DECODERS.get(stream.codec_context.name)
    if wanted is None or tag_of(stream, "alpha_mode") != "1" or wanted not in av.codecs_available:
        return stream.codec_context
    decoder = av.Codec(wanted, "r").create("video")
    decoder.width, decoder.height = stream.codec_context.width, stream.codec_context.height
    return decoder


class ImageDecoder(_Decoder):
    """Decodes one file a frame; every frame is a key frame."""

    def __init__(self, source: FileSource) -> None:
        self.lost = self.left_out = 0
        self.sample_aspect_ratio = Fraction(1)
        """Of the frame decoded last."""
        self._source = source

    @property
    def time_base(self) -> Fraction:
        return 1 / self._source.rate

    def frames(self, seek: int | None = None) -> Iterator[Decoded]:
        first = 0
        if seek is not None:
            first = max((i for i, tick in enumerate(self._source.ticks) if tick <= seek), default=0)
        for file, tick in zip(self._source.files[first:], self._source.ticks[first:], strict=True):
            self._source.check_same(file)
            frame = self._picture(file)
            if frame is None:
                self.lost += 1
            else:
                yield Decoded(frame, tick, 1, True)

    def _picture(self, file: Path) -> CodedFrame | None:
        """The picture in `file`; None if it does not decode."""
        tiff = tiff_of(file)
        if tiff is not None:
            tiff.check(str(file))
        try:
            with open_input(file, str(file)) as container:
                stream = main_video(container, str(file))
                self.sample_aspect_ratio = positive(stream.sample_aspect_ratio) or Fraction(1)
                if tiff is not None and tiff.tiled:
                    return read_tiles(file, premultiplied=tiff.premultiplied)
                frame = next(container.decode(stream))
                premultiplied = stream.codec_context.name in PREMULTIPLIED
        except (InputError, av.FFmpegError, StopIteration):
            return None
        return CodedFrame(frame, premultiplied or (tiff is not None and tiff.premultiplied))


class WebPDecoder(_Decoder):
    """Decodes an animated WebP; only its first frame can be decoded on its own."""

    def __init__(self, source: FileSource) -> None:
        self.lost = self.left_out = 0
        self._source = source
        source.check_same()
        self.animation = read_animation(source.path, source.name)
        check_size(self.animation.width, self.animation.height, source.name)

    @property
    def time_base(self) -> Fraction:
        return Fraction(1, 1000)

    def frames(self, seek: int | None = None) -> Iterator[Decoded]:
        tick = 0
        pictures = render(self._source.path, self.animation)
        for number, (placed, canvas) in enumerate(zip(self.animation.frames, pictures, strict=True)):
            if canvas is None:
                self.lost += 1
            else:
                frame = av.VideoFrame.from_ndarray(canvas, "rgba")
                yield Decoded(CodedFrame(frame), tick, placed.duration, number == 0)
            tick += placed.duration


class MemoryDecoder(_Decoder):
    """Hands out frames in memory as they are."""

    def __init__(self, source: MemorySource) -> None:
        self.lost = self.left_out = 0
        self._source = source

    @property
    def time_base(self) -> Fraction:
        return self._source.info.time_base

    def frames(self, seek: int | None = None) -> Iterator[Decoded]:
        frames, info, ticks = self._source.frames, self._source.info, self._source.ticks
        first = 0 if seek is None else max(0, bisect_right(ticks, seek) - 1)
        for index in range(first, len(frames)):
            frame = ArrayFrame(frames.frame(index), info)
            yield Decoded(frame, ticks[index], ticks[index + 1] - ticks[index], True)
