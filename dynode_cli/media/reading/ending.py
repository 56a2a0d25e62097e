"""Cut-off files: whether a file ends in the middle of what its format holds.

FFmpeg reads FLV, Ogg, ASF (WMV) and GIF up to where they break off, without a word. What their containers count, and
frames that end in the middle, tell of other kinds of file (see :mod:`~.scan`).

References: Adobe Flash Video File Format Specification 10.1, annex E; RFC 3533 (Ogg), section 6; Advanced Systems Format
Specification, section 3.2; GIF89a Specification, sections 15 to 27.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_FLV_HEADER, _FLV_TAG, _FLV_SIZE = 9, 11, 4
_FLV_TAGS = {8, 9, 18}
_OGG_PAGE, _OGG_LONGEST, _OGG_LAST = 27, 27 + 255 + 255 * 255, 4
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_HEADER = 1 << 16
"""Bytes in which the properties of an ASF file are looked for."""
_GIF_TRAILER, _GIF_EXTENSION, _GIF_IMAGE = 0x3B, 0x21, 0x2C


def is_cut_off(path: Path, demuxer: str) -> bool:
    """Whether the end of a file that FFmpeg reads as `demuxer` is missing; False where its format does not tell."""
    look = _ENDINGS.get(demuxer)
    if look is None:
        return False
    with path.open("rb") as file:
        length = file.seek(0, 2)
        try:
            return look(file, length)
        except (struct.error, IndexError):
            # Something ends before what it is made of does.
            return True


def _flv(file: BinaryIO, length: int) -> bool:
    if length < _FLV_SIZE + _FLV_TAG or _ends_with_tag(file, length):
        return False
    # Some programs write the size of a tag wrongly behind it: only from the beginning is it known where tags end.
    file.seek(0)
    at = struct.unpack(">5xI", file.read(_FLV_HEADER))[0] + _FLV_SIZE
    while at < length:
        file.seek(at)
        tag = file.read(_FLV_TAG)
        if tag[0] & 0x1F not in _FLV_TAGS:
            # Something else was put behind the last one.
            return False
        at += _FLV_TAG + _data_size(tag) + _FLV_SIZE
    return bool(at > length)


def _ends_with_tag(file: BinaryIO, length: int) -> bool:
    file.seek(length - _FLV_SIZE)
    size = int.from_bytes(file.read(_FLV_SIZE), "big")
    if not _FLV_TAG <= size <= length - _FLV_SIZE:
        return False
    file.seek(length - _FLV_SIZE - size)
    return _data_size(file.read(_FLV_TAG)) == size - _FLV_TAG


def _data_size(tag: bytes) -> int:
    return int(struct.unpack(">I7x", tag)[0]) & 0xFFFFFF


def _ogg(file: BinaryIO, length: int) -> bool:
    file.seek(max(0, length - 2 * _OGG_LONGEST))
    rest = file.read()
    at = rest.rfind(b"OggS")
    if at < 0:
        return True
    kind, segments = struct.unpack_from("<5xB20xB", rest, at)
    whole = at + _OGG_PAGE + segments + sum(rest[at + _OGG_PAGE : at + _OGG_PAGE + segments])
    return whole > len(rest) or not kind & _OGG_LAST


def _asf(file: BinaryIO, length: int) -> bool:
    file.seek(0)
    head = file.read(_ASF_HEADER)
    at = head.find(_ASF_FILE_PROPERTIES)
    if at < 0:
        return False
    size, flags = struct.unpack_from("<40xQ40xI", head, at)
    broadcast = flags & 1
    return not broadcast and int(size) > length


def _gif(file: BinaryIO, length: int) -> bool:
    file.seek(max(0, length - 16))
    if file.read().rstrip(b"\0").endswith(bytes([0, _GIF_TRAILER])):
        return False
    # Something may have been put behind the trailer.
    file.seek(0)
    packed = struct.unpack("<10xBxx", file.read(13))[0]
    file.seek(_palette(packed), 1)
    while True:
        kind = file.read(1)[0]
        if kind == _GIF_TRAILER:
            return False
        if kind == _GIF_IMAGE:
            file.seek(_palette(struct.unpack("<8xB", file.read(9))[0]), 1)
        elif kind != _GIF_EXTENSION:
            # Decoders do not read on either.
            return False
        file.seek(1, 1)
        while size := file.read(1)[0]:
            file.seek(size, 1)


def _palette(packed: int) -> int:
    """Bytes of a palette, by the flags of what it belongs to."""
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


_ENDINGS: dict[str, Callable[[BinaryIO, int], bool]] = {"flv": _flv, "ogg": _ogg, "asf": _asf, "gif": _gif}
