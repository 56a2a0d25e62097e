"""Probe: what a source says about itself. At most its first frame is decoded."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.format import Flags
from av.sidedata.sidedata import Type as SideDataType
from av.stream import Stream
from av.video.stream import VideoStream

from dynode_cli.errors import InputError
from dynode_cli.media.colour import UNSPECIFIED, ColourSpec, resolve
from dynode_cli.media.containers import Demuxer, demuxer
from dynode_cli.media.facts import Chapter, MediaInfo, StreamInfo
from dynode_cli.media.ffmpeg import main_video, positive, tag_of
from dynode_cli.media.pixels import layout_of
from dynode_cli.media.rates import meant_rate
from dynode_cli.media.reading.decode import ContainerDecoder, ImageDecoder, WebPDecoder, open_decoder
from dynode_cli.media.reading.exif import matrix_of, orientation_of, rotation_of
from dynode_cli.media.reading.frame_report import DOLBY_VISION, report_on
from dynode_cli.media.reading.see_through import is_see_through
from dynode_cli.media.reading.source import FileSource, Source
from dynode_cli.media.reading.spacing import Spacing, spacing_of
from dynode_cli.media.repeat_count import plays_of
from dynode_cli.media.rotation import display_matrix

_WHOLE_TICKS = Fraction(1, 20)
"""What whole milliseconds may do to the duration of a frame, as a share of it."""


def probe(source: Source) -> MediaInfo:
    """Read the facts about `source`.

    Raises:
        InputError: it cannot be opened, or its first frame does not decode.
    """
    if source.kind == "memory":
        return source.info
    with open_decoder(source, threads=1) as decoder:
        first = next(decoder.frames(), None)
        if first is None:
            raise InputError(
                f"{source.name}: not a single frame decodes",
                hint="the file is damaged, or was cut off before its first complete frame",
            )
        frame = first.frame.coded
        layout = layout_of(frame.format.name)
        width, height = decoder.size if isinstance(decoder, ContainerDecoder) else (frame.width, frame.height)
        primaries, report = _tag(frame, decoder, "color_primaries"), report_on(frame)
        profile = report.dolby_vision
        if isinstance(decoder, ContainerDecoder) and decoder.header.dolby_vision is not None:
            profile = decoder.header.dolby_vision
        spec, guessed = resolve(
            frame.colorspace,
            frame.color_range,
            frame.format.name,
            width,
            height,
            primaries=primaries,
            chroma_location=report.chroma_location,
            name=source.name,
        )
        # FFmpeg reads this of some kinds of file, and PyAV does not say all of it.
        orientation = orientation_of(source.file_at(first.pts))
        picture = _Picture(
            width=width,
            height=height,
            pix_fmt=frame.format.name,
            bit_depth=layout.bits,
            alpha=is_see_through(source, decoder, frame),
            primaries=primaries,
            transfer=_tag(frame, decoder, "color_trc"),
            matrix=frame.colorspace,
            range=frame.color_range,
            colour=spec,
            guessed=tuple(sorted(guessed)),
            chroma_location=report.chroma_location,
            beside=_beside(report.beside, profile),
            dolby_vision=profile,
            rotation=frame.rotation if orientation is None else rotation_of(orientation),
            display_matrix=_display_matrix(frame, orientation),
            interlaced=frame.interlaced_frame,
        )
        if isinstance(decoder, ContainerDecoder):
            return _of_container(source, decoder, first.pts, picture)
    return _of_images(source, decoder.time_base, picture, decoder)


@dataclass(frozen=True)
class _Picture:
    """What the first frame says."""

    width: int
    height: int
    pix_fmt: str
    bit_depth: int
    alpha: bool
    primaries: int
    transfer: int
    matrix: int
    range: int
    colour: ColourSpec
    guessed: tuple[str, ...]
    chroma_location: str
    beside: tuple[str, ...]
    dolby_vision: int | None
    rotation: int
    display_matrix: tuple[int, ...] | None
    interlaced: bool


def _of_container(source: FileSource, decoder: ContainerDecoder, pts: int | None, picture: _Picture) -> MediaInfo:
    container, stream, header = decoder.container, decoder.stream, decoder.header
    kind = demuxer(container.format.name)
    average = _average_rate(container, stream, kind)
    nominal = meant_rate(positive(stream.base_rate) or positive(stream.guessed_rate) or average)
    coded = positive(stream.codec_context.framerate)
    spacing = _spacing(source, kind, average)
    if spacing is not None:
        average = nominal = spacing.rate
    start = pts if pts is not None else stream.start_time or 0
    facts = dataclasses.asdict(picture) | {"codec": stream.codec_context.name, "colour": picture.colour}
    return MediaInfo(
        name=source.name,
        container=container.format.name,
        duration=Fraction(container.duration, av.time_base) if container.duration else None,
        time_base=stream.time_base or Fraction(1, 90000),
        start_pts=start,
        average_rate=average,
        nominal_rate=nominal,
        declared_frames=_declared_frames(stream, kind),
        coded_rate=None if coded is None else meant_rate(coded),
        zero=min(_starts(container), default=Fraction(0)) if kind.starts_anywhere else Fraction(0),
        spatial=header.spatial,
        crop=None if header.crop is None else dataclasses.astuple(header.crop),
        sample_aspect_ratio=positive(stream.sample_aspect_ratio) or Fraction(1),
        streams=tuple(_stream_info(each, kind) for each in container.streams),
        rounding=None if spacing is None else spacing.rounding,
        plays=plays_of(source.path),
        video_index=stream.index,
        chapters=tuple(_chapter(each) for each in container.chapters()),
        metadata=dict(container.metadata),
        **facts,
    )


def _declared_frames(stream: VideoStream, kind: Demuxer) -> int | None:
    """How many frames the file says it has; where it counts those too of which it holds none, its index knows."""
    entries: Any = getattr(stream, "index_entries", ())
    if kind.counts_empty and len(entries):
        # A variable rate is told by many that are empty.
        last, before = entries[-1].timestamp, entries[-2].timestamp if len(entries) > 1 else -1
        if 2 * last - before >= stream.frames:
            return len(entries)
    return stream.frames or None


def _average_rate(container: InputContainer, stream: VideoStream, kind: Demuxer) -> Fraction:
    """Frames per second; what FFmpeg guesses of all that it knows, where its average is that of no clock."""
    average, guessed = positive(stream.average_rate), positive(stream.guessed_rate)
    if average is None:
        return meant_rate(guessed or Fraction(25))
    if guessed is not None and average != guessed:
        # A bare stream has none but what its codec states, and FFmpeg says 25.
        flags: Any = container.format.flags
        bare = bool(flags & Flags.no_timestamps.value)
        if bare or (kind.whole_durations and abs(average / guessed - 1) < _WHOLE_TICKS):
            return meant_rate(guessed)
    return meant_rate(average)


def _of_images(source: FileSource, time_base: Fraction, picture: _Picture, decoder: object) -> MediaInfo:
    if isinstance(decoder, WebPDecoder):
        container = codec = "webp"
        frames, plays = len(decoder.animation.frames), plays_of(source.path)
        delays = [frame.duration for frame in decoder.animation.frames]
        total = sum(delays)
        spacing = spacing_of(delays, time_base)
        rounding = None if spacing is None else spacing.rounding
        rate = spacing.rate if spacing is not None else Fraction(1000 * frames, total) if total else Fraction(10)
        duration = Fraction(total, 1000)
    else:
        container, codec = "images", source.files[0].suffix.lstrip(".").lower()
        frames, plays, rate, rounding = len(source.files), None, source.rate, Fraction(0)
        duration = (source.ticks[-1] + 1) / source.rate
    facts = dataclasses.asdict(picture) | {"codec": codec, "colour": picture.colour}
    return MediaInfo(
        name=source.name,
        container=container,
        duration=duration,
        time_base=time_base,
        start_pts=0,
        average_rate=rate,
        nominal_rate=rate,
        declared_frames=frames,
        rounding=rounding,
        missing=source.missing,
        sample_aspect_ratio=decoder.sample_aspect_ratio if isinstance(decoder, ImageDecoder) else Fraction(1),
        plays=plays,
        **facts,
    )


def _spacing(source: FileSource, kind: Demuxer, declared: Fraction) -> Spacing | None:
    """How the frames of a GIF or APNG are spaced; None for any other source."""
    if not kind.rounds_delays:
        return None
    delays = []
    with source.open() as file:
        stream = main_video(file, source.name, source.stream)
        try:
            delays = [packet.duration or 0 for packet in file.demux(stream) if packet.size]
        except av.FFmpegError:
            # The file is cut off; the scan says so.
            return None
        tick = stream.time_base or Fraction(1, 100)
    return spacing_of(delays, tick, declared=declared if kind.exact_delay else None)


def _starts(container: InputContainer) -> list[Fraction]:
    return [s.start_time * s.time_base for s in container.streams if s.start_time is not None and s.time_base]


def _stream_info(stream: Stream, kind: Demuxer) -> StreamInfo:
    base = stream.time_base
    details: dict[str, Any] = {}
    codec = stream.codec_context.name if stream.codec_context is not None else getattr(stream, "name", None)
    if stream.type == "audio" and stream.codec_context is not None:
        audio: Any = stream.codec_context
        details = {"sample_rate": audio.sample_rate, "channels": audio.layout.nb_channels}
    return StreamInfo(
        index=stream.index,
        type=stream.type,
        codec=codec,
        language=stream.language,
        title=tag_of(stream, "title"),
        time_base=base,
        start=stream.start_time * base if base and stream.start_time is not None else None,
        duration=_duration(stream, kind),
        details=details,
    )


def _duration(stream: Stream, kind: Demuxer) -> Fraction | None:
    if stream.duration is not None and stream.time_base:
        before = (stream.start_time or 0) if kind.counts_from_zero else 0
        return (stream.duration - before) * stream.time_base
    # Matroska says when a stream ends, in a tag such as 00:00:01.200000000.
    tag = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", tag_of(stream, "duration") or "")
    if tag is None:
        return None
    end = int(tag[1]) * 3600 + int(tag[2]) * 60 + Fraction(tag[3])
    return end - (stream.start_time or 0) * (stream.time_base or 0)


def _chapter(entry: Any) -> Chapter:
    base = entry["time_base"] or Fraction(1, 1000)
    return Chapter(entry["start"] * base, entry["end"] * base, entry["metadata"].get("title"))


def _tag(frame: av.VideoFrame, decoder: object, name: str) -> int:
    """A colour tag of the frame, or of its stream: frames have these two only since PyAV 17."""
    if hasattr(frame, name):
        return int(getattr(frame, name))
    return int(getattr(decoder.stream.codec_context, name)) if isinstance(decoder, ContainerDecoder) else UNSPECIFIED


def _beside(found: tuple[str, ...], profile: int | None) -> tuple[str, ...]:
    """What comes with the first frame or is told of the track, in words."""
    others = tuple(each for each in found if each != DOLBY_VISION)
    if profile is not None:
        return (f"{DOLBY_VISION} (profile {profile})", *others)
    return (DOLBY_VISION, *others) if DOLBY_VISION in found else others


def _display_matrix(frame: av.VideoFrame, orientation: int | None) -> tuple[int, ...] | None:
    if orientation is not None:
        values = matrix_of(orientation)
    else:
        try:
            side_data: Any = frame.side_data
            data = side_data.get(SideDataType.DISPLAYMATRIX)
        except ValueError:
            # PyAV refuses to list side data of which it does not know one kind.
            values = display_matrix(frame.rotation)
        else:
            if data is None:
                return None
            values = tuple(int(value) for value in np.frombuffer(data, "=i4"))
    return None if values == display_matrix(0) else values
