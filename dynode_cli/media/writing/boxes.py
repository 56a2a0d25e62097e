"""Boxes in the header of the pictures of an MP4 or MOV file, for which the muxer has no way in from here.

The index (`moov`) of a file that FFmpeg has written comes last, so that it can grow.

Reference: ISO/IEC 14496-12, sections 8.3 to 8.5.
"""

from __future__ import annotations

import struct
from pathlib import Path

from dynode_cli.media.spatial import box

_WAY = (b"mdia", b"minf", b"stbl", b"stsd")
_ENTRY = 8
"""Bytes of `stsd` before the descriptions of samples in it."""


def add_boxes(path: Path, added: bytes) -> bool:
    """Put boxes into the description of the pictures in the file at `path`; False if it is not laid out as expected.

    Raises:
        OSError: it cannot be read or written.
    """
    with path.open("r+b") as file:
        length, at, kind = path.stat().st_size, 0, b""
        while at + 8 <= length:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            if size == 1:
                size = struct.unpack(">Q", file.read(8))[0]
            if size < 8 or at + size == length:
                break
            at += size
        if kind != b"moov":
            return False
        file.seek(at)
        grown = _in_movie(file.read()[8:], added)
        if grown is None:
            return False
        file.seek(at)
        file.write(box(b"moov", grown))
    return True


def _in_movie(movie: bytes, added: bytes) -> bytes | None:
    """`movie` with `added` in the description of the first track of pictures."""
    for begin, end in _places(movie, b"trak"):
        track = movie[begin:end]
        if any(
            track[start:stop][8:12] == b"vide"
            for first, last in _places(track, b"mdia")
            for start, stop in _places(track, b"hdlr", first, last)
        ):
            grown = _grown(track, _WAY, added)
            if grown is not None:
                return movie[: begin - 8] + box(b"trak", grown) + movie[end:]
    return None


def _grown(data: bytes, way: tuple[bytes, ...], added: bytes) -> bytes | None:
    """The inside of a box with `added` at the end of the first description that lies along `way`."""
    if not way:
        size = struct.unpack_from(">I", data, _ENTRY)[0]
        end = _ENTRY + size
        return data[:_ENTRY] + struct.pack(">I", size + len(added)) + data[_ENTRY + 4 : end] + added + data[end:]
    for begin, end in _places(data, way[0]):
        inside = _grown(data[begin:end], way[1:], added)
        return None if inside is None else data[: begin - 8] + box(way[0], inside) + data[end:]
    return None


def _places(data: bytes, wanted: bytes, begin: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where what is in the boxes of one kind begins and ends."""
    found, at, end = [], begin, len(data) if end is None else end
    while at + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            break
        if kind == wanted:
            found.append((at + 8, at + size))
        at += size
    return found
