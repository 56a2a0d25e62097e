"""Pixel aspect ratio (the shape of pixels), 360-degree projection and 3-D layout in Matroska and WebM files, for which
the muxer has no way in from here.

A file begins with an index (SeekHead), room to spare (Void), facts (Info) and the tracks (Tracks). The size that pictures
are to be shown at and how they lie on a sphere go into the video track; Info and Tracks then begin earlier, in the room,
and all that follows them stays where it is.

References: RFC 8794 (EBML); RFC 9559 (Matroska), section 5.1.4.1.28.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass, field
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from dynode_cli.media.spatial import Spatial

HEADER, SEGMENT = 0x1A45DFA3, 0x18538067
SEEK_HEAD, SEEK, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AC
VOID, CRC, TRACKS = 0xEC, 0xBF, 0x1654AE6B
TRACK, TRACK_TYPE, VIDEO = 0xAE, 0x83, 0xE0
PIXEL_WIDTH, PIXEL_HEIGHT = 0xB0, 0xBA
STEREO_MODE, PROJECTION, PROJECTION_TYPE, PROJECTION_PRIVATE = 0x53B8, 0x7670, 0x7671, 0x7672
POSE = (0x7673, 0x7674, 0x7675)
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
_PARENTS = {SEEK_HEAD, SEEK, TRACKS, TRACK, VIDEO}
_VIEWS = {1: (2, 1), 11: (2, 1), 2: (1, 2), 3: (1, 2)}
"""How many views lie beside and above each other, by stereo mode."""
_PICTURES = 1
_LARGEST = 1 << 24
"""Bytes of an element before the pictures, at most: no file that was just written has more."""


class LayoutError(Exception):
    """The file does not begin as the muxer begins one."""


@dataclass
class Element:
    """An EBML element: bytes, or other elements where its inside matters here."""

    id: int
    data: bytes = b""
    children: list[Element] = field(default_factory=list)
    width: int = 1
    """Bytes that its size takes at least."""

    def child(self, id: int) -> Element:
        """The first child of that kind."""
        for child in self.children:
            if child.id == id:
                return child
        raise LayoutError

    @property
    def number(self) -> int:
        """The unsigned number in it."""
        return int.from_bytes(self.data, "big")

    def encoded(self) -> bytes:
        """Its bytes in a file, with a checksum of its children if it had one."""
        inside = self.data
        if self.id in _PARENTS:
            inside = b"".join(child.encoded() for child in self.children if child.id != CRC)
            if any(child.id == CRC for child in self.children):
                inside = Element(CRC, zlib.crc32(inside).to_bytes(4, "little")).encoded() + inside
        return _unsigned(self.id) + _size(len(inside), self.width) + inside


@dataclass(frozen=True)
class Placed:
    """An element as it stands in a file."""

    id: int
    position: int
    """In the segment's data."""
    raw: bytes


def note_pictures(path: Path, sample_aspect_ratio: Fraction, spatial: Spatial | None = None) -> bool:
    """Note in the file at `path` how its pictures are to be shown; False if it is not laid out as expected.

    Arguments:
        sample_aspect_ratio: width of a pixel over its height.
        spatial: how they lie on a sphere, and how two views lie in them.

    Raises:
        OSError: it cannot be read or written.
    """
    with path.open("r+b") as file:
        try:
            begin, elements = _before_pictures(file)
            changed = _with_shape(elements, sample_aspect_ratio, spatial)
        except LayoutError:
            return False
        file.seek(begin)
        file.write(changed)
    return True


def display_size(width: int, height: int, sample_aspect_ratio: Fraction) -> tuple[int, int]:
    """A size near `width` x `height` at which pixels of that shape are shown without distortion.

    Exact where whole numbers near the picture's own size allow it; else the width is rounded.
    """
    shape = sample_aspect_ratio * width / height
    if shape.denominator <= 2 * height:
        times = math.ceil(Fraction(height, shape.denominator))
        return shape.numerator * times, shape.denominator * times
    return max(1, round(width * sample_aspect_ratio)), height


def _with_shape(elements: list[Placed], sample_aspect_ratio: Fraction, spatial: Spatial | None) -> bytes:
    """The same bytes from index to tracks, as many as before, with the shape of pixels in the tracks."""
    index, room, *between, tracks = elements
    track_list = _parsed(tracks.raw)[0]
    _show(track_list, sample_aspect_ratio, spatial)
    new_tracks = track_list.encoded()
    earlier = len(new_tracks) - len(tracks.raw)
    entries = _parsed(index.raw)[0]
    for entry in entries.children:
        if entry.id == SEEK:
            position = entry.child(SEEK_POSITION)
            if room.position < position.number <= tracks.position:
                position.data = _unsigned(position.number - earlier).rjust(len(position.data), b"\0")
    after = b"".join(element.raw for element in between) + new_tracks
    before = entries.encoded()
    left = sum(len(element.raw) for element in elements) - len(before) - len(after)
    return before + _void(left) + after


def _show(tracks: Element, sample_aspect_ratio: Fraction, spatial: Spatial | None) -> None:
    for track in tracks.children:
        if track.id == TRACK and track.child(TRACK_TYPE).number == _PICTURES:
            video = track.child(VIDEO)
            width, height = video.child(PIXEL_WIDTH).number, video.child(PIXEL_HEIGHT).number
            # Of two views it is the size of one.
            beside, above = _VIEWS.get(0 if spatial is None else spatial.stereo or 0, (1, 1))
            shown = display_size(width // beside, height // above, sample_aspect_ratio)
            # Without a unit the size is in pixels.
            kept = [item for item in video.children if item.id not in (DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT)]
            sizes = zip((DISPLAY_WIDTH, DISPLAY_HEIGHT), shown, strict=True)
            # The muxer itself says of stereo modes only those that tags tell it of.
            kept = [item for item in kept if spatial is None or item.id not in (STEREO_MODE, PROJECTION)]
            video.children = kept + [Element(id, _unsigned(size)) for id, size in sizes] + _of_space(spatial)
            return
    raise LayoutError


def _of_space(spatial: Spatial | None) -> list[Element]:
    found = []
    if spatial is not None and spatial.stereo is not None:
        found.append(Element(STEREO_MODE, _unsigned(spatial.stereo)))
    if spatial is not None and spatial.projection is not None:
        shape = spatial.projection
        parts = [Element(PROJECTION_TYPE, _unsigned(shape.kind)), Element(PROJECTION_PRIVATE, shape.data)]
        parts += [Element(id, struct.pack(">f", turn)) for id, turn in zip(POSE, shape.pose, strict=True)]
        found.append(Element(PROJECTION, b"".join(part.encoded() for part in parts)))
    return found


def _before_pictures(file: BinaryIO) -> tuple[int, list[Placed]]:
    """Where the index begins, and all elements from there to the tracks."""
    if _id(file) != HEADER:
        raise LayoutError
    file.seek(_length(file)[0], 1)
    if _id(file) != SEGMENT:
        raise LayoutError
    _length(file)
    begin = file.tell()
    elements: list[Placed] = []
    while not elements or elements[-1].id != TRACKS:
        start = file.tell()
        id, (length, _) = _id(file), _length(file)
        head = file.tell() - start
        if length > _LARGEST:
            raise LayoutError
        file.seek(start)
        elements.append(Placed(id, start - begin, file.read(head + length)))
    if [element.id for element in elements[:2]] != [SEEK_HEAD, VOID]:
        raise LayoutError
    return begin, elements


def _parsed(raw: bytes) -> list[Element]:
    """The elements in `raw`, with their children."""
    found = []
    file = BytesIO(raw)
    while file.tell() < len(raw):
        id, (length, width) = _id(file), _length(file)
        data = file.read(length)
        found.append(
            Element(id, children=_parsed(data), width=width) if id in _PARENTS else Element(id, data, width=width)
        )
    return found


def _id(file: BinaryIO) -> int:
    first, width = _leading(file)
    return int.from_bytes(first + file.read(width - 1), "big")


def _length(file: BinaryIO) -> tuple[int, int]:
    """A size, and how many bytes it takes."""
    first, width = _leading(file)
    return int.from_bytes(first + file.read(width - 1), "big") & ((1 << 7 * width) - 1), width


def _leading(file: BinaryIO) -> tuple[bytes, int]:
    """The first byte of a number, and how many bytes the number takes: one more than it has leading zeros."""
    first = file.read(1)
    if first in (b"", b"\0"):
        raise LayoutError
    return first, 9 - first[0].bit_length()


def _unsigned(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def _size(length: int, width: int) -> bytes:
    while length >= (1 << 7 * width) - 1:
        width += 1
    return (length | 1 << 7 * width).to_bytes(width, "big")


def _void(length: int) -> bytes:
    """An empty element of `length` bytes."""
    for width in (1, 8):
        inside = length - 1 - width
        if 0 <= inside < (1 << 7 * width) - 1:
            return Element(VOID, bytes(inside), width=width).encoded()
    raise LayoutError
