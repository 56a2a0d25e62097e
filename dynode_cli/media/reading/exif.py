"""Exif orientation: how a picture says in which way the camera was held.

See "Exchangeable image file format for digital still cameras: Exif Version 2.32", CIPA DC-008, section 4.6.4 (tag 274),
and, for where such data lie, its section 4.7.2 (JPEG), "Portable Network Graphics (Third Edition)", W3C, section "eXIf",
and "WebP Container Specification", Google, section "Metadata".
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

from dynode_cli.media.reading.tiff import ORDERS, directory
from dynode_cli.media.rotation import display_matrix

_ORIENTATION = 274
_TURNS = {1: 0, 2: 180, 3: 180, 4: 0, 5: -90, 6: -90, 7: 90, 8: 90}
"""Degrees counter-clockwise by which viewers turn a picture of each orientation; see :func:`display_matrix`."""
_MIRRORED = {2, 4, 5, 7}


def rotation_of(orientation: int) -> int:
    """The rotation in degrees counter-clockwise, without the mirroring, that belongs to an orientation (1 to 8)."""
    return _TURNS[orientation]


def matrix_of(orientation: int) -> tuple[int, ...]:
    """The display matrix of a picture with this orientation (1 to 8)."""
    return display_matrix(rotation_of(orientation), mirrored=orientation in _MIRRORED)


def orientation_of(path: Path) -> int | None:
    """The orientation (1 to 8) in the Exif data of a JPEG, PNG, WebP or TIFF file; None if it has none."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:2] == b"\xff\xd8":
            start = _in_jpeg(file)
        elif head[:8] == b"\x89PNG\r\n\x1a\n":
            start = _in_chunks(file, 8, b"eXIf", ">I4s", 4)
        elif head[:4] == b"RIFF" and head[8:] == b"WEBP":
            start = _in_chunks(file, 12, b"EXIF", "<4sI", 0)
        else:
            start = 0 if head[:4] in ORDERS else None
        try:
            return None if start is None else _orientation(file, start)
        except struct.error:
            # The file, or what is in it, is cut off.
            return None


def _orientation(file: BinaryIO, start: int) -> int | None:
    for tag, values in directory(file, start):
        if tag == _ORIENTATION and values:
            return values[0] if values[0] in _TURNS else None
    return None


def _in_jpeg(file: BinaryIO) -> int | None:
    file.seek(2)
    while len(head := file.read(4)) == 4 and head[0] == 0xFF and head[1] != 0xDA:
        following = file.tell() + int.from_bytes(head[2:], "big") - 2
        if head[1] == 0xE1 and file.read(6) == b"Exif\0\0":
            return file.tell()
        file.seek(following)
    return None


def _in_chunks(file: BinaryIO, start: int, wanted: bytes, head: str, check: int) -> int | None:
    """Where the chunk `wanted` begins; `check` bytes follow each chunk of a PNG, and those of WebP are even."""
    file.seek(start)
    while len(found := file.read(8)) == 8:
        first, second = struct.unpack(head, found)
        kind, size = (first, second) if isinstance(first, bytes) else (second, first)
        if kind == wanted:
            return file.tell()
        file.seek(size + check + (0 if check else size % 2), os.SEEK_CUR)
    return None
