"""FFmpeg: opening containers through PyAV, with errors that a user understands."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from dynode_cli.errors import DeviceError, InputError, UsageError
from dynode_cli.machine import usable_memory
from dynode_cli.media.containers import demuxer

MAX_PIXELS = 1 << 28
"""Largest frame that is opened at all: 16384 x 16384 pixels."""
MAX_SIDE = 32_766
"""Largest width and height: OpenCV counts in 16 bits where it moves pixels."""
WORKING_COPIES = 8
"""How many float32 copies of one frame must fit into memory for a clip to be worth opening."""


def is_of_ffmpeg(error: Exception) -> bool:
    """Whether FFmpeg raised `error`."""
    return isinstance(error, av.FFmpegError)


def reason(error: Exception) -> str:
    """What FFmpeg says went wrong, without its error number."""
    if isinstance(error, av.FFmpegError):
        return (error.strerror or str(error)).strip().rstrip(".")
    return str(error) or type(error).__name__


def open_input(path: Path, name: str, *, container_format: str | None = None) -> InputContainer:
    """Open `path` for reading; `name` is what messages call it.

    Raises:
        InputError: the file is missing, unreadable, empty, or is not a media file.
    """
    limit = {"max_pixels": str(MAX_PIXELS)}
    try:
        return av.open(as_file(path), "r", format=container_format, options=limit, metadata_errors="replace")
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(f"{name}: no such file") from error
    except PermissionError as error:
        raise InputError(f"{name}: may not be read (permission denied)") from error
    except (av.FFmpegError, OSError, ValueError) as error:
        if _index_is_missing(path):
            raise InputError(
                f"{name}: the file is cut off before its index, without which nothing in it can be read",
                hint="copy or download it again, completely",
            ) from error
        raise InputError(
            f"{name}: not a video, or damaged beyond reading ({reason(error)})",
            hint="check that the file was copied completely and plays elsewhere",
        ) from error


def as_file(path: Path) -> str:
    """What FFmpeg takes for this file, and not for an address: the `12` of ``12:30.mp4`` is no protocol."""
    return str(path.absolute())


def _index_is_missing(path: Path) -> bool:
    """Whether this is an MP4 or MOV that ends before its `moov` box (see ISO/IEC 14496-12)."""
    with path.open("rb") as file:
        length = path.stat().st_size
        at, kinds = 0, []
        while at + 8 <= length:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1 and at + 16 <= length:
                size = struct.unpack(">Q", file.read(8))[0]
            kinds.append(kind)
            if size < 8:
                break
            at += size
    return kinds[:1] == [b"ftyp"] and b"moov" not in kinds


def main_video(container: InputContainer, name: str, wanted: int | None = None) -> VideoStream:
    """The stream of moving pictures that is shown (cover art does not count).

    Arguments:
        wanted: its number among all videos of the file, from 0; None: one that is marked as default comes before
            others, then a larger one before smaller ones, then the first.

    Raises:
        InputError: there is none, no decoder knows its codec, or its frames are impossibly large.
        UsageError: the one that is wanted is not there.
        DeviceError: its frames would not fit into this machine's memory.
    """
    streams = [s for s in container.streams.video if not is_cover_art(s)]
    if not streams or not demuxer(container.format.name).shows_video:
        kinds = sorted({stream.type for stream in container.streams} - {"video"})
        found = f"it has only {' and '.join(kinds)}" if kinds else "nothing in it can be shown"
        raise InputError(f"{name}: there is no video in this file; {found}")
    stream = max(streams, key=_prominence) if wanted is None else _numbered(container, name, wanted)
    if stream.codec_context is None:
        raise InputError(f"{name}: no decoder for this video's codec", hint="see `dynode doctor` for the codecs")
    check_size(stream.codec_context.width, stream.codec_context.height, name)
    return stream


def _prominence(stream: VideoStream) -> tuple[bool, bool, int]:
    context = stream.codec_context
    if context is None:
        return False, False, 0
    return True, bool(stream.disposition & Disposition.default), context.width * context.height


def _numbered(container: InputContainer, name: str, wanted: int) -> VideoStream:
    videos = container.streams.video
    if wanted < len(videos):
        return videos[wanted]
    contexts = [each.codec_context for each in videos]
    found = [f"v:{k} ({c.name}, {c.width}x{c.height})" for k, c in enumerate(contexts) if c is not None]
    raise UsageError(f"{name}: has no video v:{wanted}", hint=f"it has {', '.join(found)}")


def tag_of(stream: Stream, name: str) -> str | None:
    """The tag of `stream` that is called `name`, in whatever case: files from Matroska have capitals."""
    return next((value for key, value in stream.metadata.items() if key.lower() == name), None)


def is_cover_art(stream: Stream) -> bool:
    """Whether `stream` is one still picture beside the rest."""
    return bool(stream.disposition & Disposition.attached_pic)


def check_size(width: int, height: int, name: str) -> None:
    """Refuse frames that cannot be worked on, before anything is allocated for them.

    Raises:
        InputError: no size is known, or it is larger than :data:`MAX_PIXELS` or :data:`MAX_SIDE`.
        DeviceError: :data:`WORKING_COPIES` float32 copies of a frame exceed the memory that may be used.
    """
    if width <= 0 or height <= 0:
        raise InputError(
            f"{name}: no usable frame size: the file is damaged or cut off, or declares more than {MAX_PIXELS} pixels"
        )
    if max(width, height) > MAX_SIDE:
        raise InputError(
            f"{name}: declares frames of {width} x {height} pixels; at most {MAX_SIDE} in a row or column can be read",
            hint="scale the video down first, or cut it into parts",
        )
    if width * height > MAX_PIXELS:
        raise InputError(f"{name}: declares frames of {width} x {height} pixels; at most {MAX_PIXELS} can be read")
    needed = width * height * 3 * 4 * WORKING_COPIES
    memory = usable_memory()
    if memory is not None and needed > memory:
        raise DeviceError(
            f"{name}: frames of {width} x {height} pixels need {needed / 2**30:.1f} GiB of memory; "
            f"{memory / 2**30:.1f} GiB may be used here",
            hint="scale the video down first",
        )


def positive(rate: Fraction | None) -> Fraction | None:
    """`rate` if it is a usable frame rate, else None (FFmpeg writes "unknown" as 0)."""
    return rate if rate is not None and rate > 0 else None
