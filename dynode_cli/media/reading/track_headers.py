"""Track headers of MP4, MOV and Matroska: cropping (clean aperture), Dolby Vision, 360 degrees and 3-D, which PyAV does
not pass on.

References: ISO/IEC 14496-12, section 12.1.4 (clap); "Dolby Vision Streams Within the ISO Base Media File Format" (dvcC);
RFC 9559 (Matroska), sections 5.1.4.1.28.14 to 17 and 5.1.4.1.17.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dynode_cli.media.spatial import KINDS, Projection, Spatial, of_boxes

_SAMPLE_ENTRY = 78
"""Bytes of a visual sample entry before the boxes in it."""
_DOLBY_BOXES = {b"dvcC", b"dvvC", b"dvwC"}
_LARGEST = 1 << 20
"""Bytes of one header that are looked at, at most."""
Span = tuple[int, int]
"""Where something begins in a file, and where it ends."""

_SEGMENT, _CLUSTER, _TRACKS, _TRACK, _TRACK_TYPE, _VIDEO = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0x83, 0xE0
_WIDTH, _HEIGHT = 0xB0, 0xBA
_CROPS = {"left": 0x54CC, "top": 0x54BB, "right": 0x54DD, "bottom": 0x54AA}
_ADDITION, _ADDITION_TYPE, _ADDITION_DATA = 0x41E4, 0x41E7, 0x41ED
_STEREO_MODE, _PROJECTION, _PROJECTION_TYPE, _PROJECTION_PRIVATE = 0x53B8, 0x7670, 0x7671, 0x7672
_POSE = (0x7673, 0x7674, 0x7675)
_PICTURES = 1


@dataclass(frozen=True)
class Crop:
    """Columns and rows that are not to be shown."""

    left: int
    top: int
    right: int
    bottom: int

    def of(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of what is left of a picture of that size."""
        return width - self.left - self.right, height - self.top - self.bottom


@dataclass(frozen=True)
class TrackHeader:
    """What a track says of its pictures."""

    crop: Crop | None = None
    dolby_vision: int | None = None
    """Profile of Dolby Vision."""
    spatial: Spatial | None = None
    """360 degrees, 3-D."""


def track_headers(path: Path, demuxer: str) -> list[TrackHeader]:
    """Headers of the video tracks of a file that FFmpeg reads as `demuxer`, in order; none of other kinds of file."""
    read: Callable[[BinaryIO], Iterator[TrackHeader]]
    if demuxer.startswith("mov"):
        read = _of_boxes
    elif demuxer.startswith("matroska"):
        read = _of_matroska
    else:
        return []
    with path.open("rb") as file:
        try:
            return list(read(file))
        except (struct.error, KeyError, IndexError, ValueError):
            # Damaged, or none that is known here; FFmpeg says what it is.
            return []


def _of_boxes(file: BinaryIO) -> Iterator[TrackHeader]:
    for movie in _inside(file, (0, file.seek(0, 2)), b"moov"):
        for track in _inside(file, movie, b"trak"):
            for media in _inside(file, track, b"mdia"):
                if any(_read(file, each)[8:12] == b"vide" for each in _inside(file, media, b"hdlr")):
                    yield _of_media(file, media)


def _of_media(file: BinaryIO, media: Span) -> TrackHeader:
    places = [media]
    for kind in (b"minf", b"stbl", b"stsd"):
        places = [found for place in places for found in _inside(file, place, kind)]
    # Fields of a description, before the boxes in it.
    (_, (begin, end)), *_ = _boxes(file, (places[0][0] + 8, places[0][1]))
    width, height = struct.unpack_from(">2H", _read(file, (begin, begin + _SAMPLE_ENTRY)), 24)
    inside = {kind: _read(file, place) for kind, place in _boxes(file, (begin + _SAMPLE_ENTRY, end))}
    aperture = inside.get(b"clap")
    return TrackHeader(
        None if aperture is None else _aperture(aperture, width, height),
        next((_profile(inside[name]) for name in inside if name in _DOLBY_BOXES), None),
        of_boxes(inside),
    )


def _inside(file: BinaryIO, within: Span, wanted: bytes) -> list[Span]:
    return [place for kind, place in _boxes(file, within) if kind == wanted]


def _boxes(file: BinaryIO, within: Span) -> Iterator[tuple[bytes, Span]]:
    at, end = within
    while at + 8 <= end:
        size, kind = struct.unpack(">I4s", _read(file, (at, at + 8)))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", _read(file, (at + 8, at + 16))), 16
        if size < head:
            return
        yield kind, (at + head, min(at + size, end))
        at += size


def _read(file: BinaryIO, place: Span) -> bytes:
    file.seek(place[0])
    return file.read(min(place[1] - place[0], _LARGEST))


def _aperture(data: bytes, width: int, height: int) -> Crop | None:
    numbers = struct.unpack_from(">8i", data)
    if any(under <= 0 for under in numbers[1::2]):
        return None
    shown = [Fraction(numbers[k], numbers[k + 1]) for k in (0, 2, 4, 6)]
    left = round((width - shown[0]) / 2 + shown[2])
    top = round((height - shown[1]) / 2 + shown[3])
    return _sound(Crop(left, top, width - left - round(shown[0]), height - top - round(shown[1])), width, height)


def _profile(configuration: bytes) -> int:
    """Seven bits after two bytes of a version."""
    return configuration[2] >> 1


def _sound(crop: Crop, width: int, height: int) -> Crop | None:
    sides = (crop.left, crop.top, crop.right, crop.bottom)
    return crop if any(sides) and min(*sides, 0) == 0 and min(crop.of(width, height)) > 0 else None


def _of_matroska(file: BinaryIO) -> Iterator[TrackHeader]:
    for kind, track in _parts(_tracks(file)):
        parts = dict(_parts(track)) if kind == _TRACK else {}
        if _number(parts.get(_TRACK_TYPE, b"")) == _PICTURES:
            video = {name: _number(data) for name, data in _parts(parts.get(_VIDEO, b""))}
            crop = Crop(**{side: video.get(name, 0) for side, name in _CROPS.items()})
            additions = [dict(_parts(data)) for name, data in _parts(track) if name == _ADDITION]
            profiles = (
                _profile(each[_ADDITION_DATA]) for each in additions if each.get(_ADDITION_TYPE) in _DOLBY_BOXES
            )
            spatial = _spatial(dict(_parts(parts.get(_VIDEO, b""))))
            yield TrackHeader(_sound(crop, video[_WIDTH], video[_HEIGHT]), next(profiles, None), spatial)


def _spatial(video: dict[int, bytes]) -> Spatial | None:
    shape = dict(_parts(video.get(_PROJECTION, b"")))
    kind = _number(shape.get(_PROJECTION_TYPE, b""))
    projection = None
    if 0 < kind < len(KINDS):
        yaw, pitch, roll = (_float(shape.get(id, b"")) for id in _POSE)
        projection = Projection(kind, shape.get(_PROJECTION_PRIVATE, b"").hex(), (yaw, pitch, roll))
    stereo = _number(video.get(_STEREO_MODE, b""))
    return Spatial(projection, stereo or None) if projection or stereo else None


def _float(data: bytes) -> Fraction:
    """A floating-point number of 4 or 8 bytes, or of none for 0."""
    value = struct.unpack(">d" if len(data) == 8 else ">f", data)[0] if data else 0.0
    return Fraction(value) if math.isfinite(value) else Fraction(0)


def _tracks(file: BinaryIO) -> bytes:
    """What is in the element that describes the tracks, which comes before the pictures."""
    size = file.seek(0, 2)
    file.seek(0)
    while (head := _head(file)) is not None:
        kind, length = head
        if kind == _TRACKS:
            return file.read(min(length, _LARGEST))
        if kind != _SEGMENT:
            # No system seeks as far as a damaged length may say.
            if kind == _CLUSTER or length > size - file.tell():
                return b""
            file.seek(length, 1)
    return b""


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    file = BytesIO(data)
    while (head := _head(file)) is not None:
        yield head[0], file.read(head[1])


def _head(file: BinaryIO) -> tuple[int, int] | None:
    """The kind of the next EBML element, and its length; None if nothing follows."""
    numbers = []
    for marked in (True, False):
        first = file.read(1)
        if first in (b"", b"\0"):
            return None
        # It is one byte longer than it has leading zeros.
        more = 8 - first[0].bit_length()
        number = int.from_bytes(first + file.read(more), "big")
        numbers.append(number if marked else number & ((1 << 7 * (more + 1)) - 1))
    return numbers[0], numbers[1]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
