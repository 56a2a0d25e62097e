"""Duration of an animation's last frame, which FFmpeg makes up in WebP and APNG, set in the complete file.

References: WebP Container Specification, "Animation"; PNG (Third Edition), 11.3.6.2 "fcTL".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

_ANIMATION, _ALPHA = 0x02, 0x10
_MOST = (1 << 24) - 1
_PNG_START = 8
_DELAY = 20
"""Where the delay is in an fcTL chunk."""
_NEAR = Fraction(1, 1000)


def set_end(path: Path, plays: int | None, seconds: Fraction) -> None:
    """Let the WebP or APNG at `path`, which plays `plays` times (0: for ever), last `seconds`."""
    with path.open("rb") as file:
        riff = file.read(4) == b"RIFF"
    if riff:
        _end_webp(path, seconds, min(plays or 0, 0xFFFF))
    else:
        _end_apng(path, seconds)


def _end_webp(path: Path, seconds: Fraction, plays: int) -> None:
    """Let the WebP at `path` last `seconds`; a clip in which nothing moves, which is a still picture, too."""
    data = bytearray(path.read_bytes())
    frames = [(start, size) for tag, start, size in _riff_chunks(data) if tag == b"ANMF"]
    if not frames:
        data = _one_frame(data, plays)
        frames = [(start, size) for tag, start, size in _riff_chunks(data) if tag == b"ANMF"]
    before = sum(_number(data, start + 12) for start, _ in frames[:-1])
    last = min(_MOST, max(1, round(seconds * 1000) - before))
    at = frames[-1][0] + 12
    data[at : at + 3] = last.to_bytes(3, "little")
    path.write_bytes(data)


def _end_apng(path: Path, seconds: Fraction) -> None:
    """Let the APNG at `path` last `seconds`."""
    with path.open("r+b") as file:
        at, end = _PNG_START, path.stat().st_size
        delays: list[tuple[int, Fraction]] = []
        while at + 8 <= end:
            file.seek(at)
            size, tag = struct.unpack(">I4s", file.read(8))
            if tag == b"fcTL":
                file.seek(at + 8 + _DELAY)
                above, below = struct.unpack(">HH", file.read(4))
                delays.append((at, Fraction(above, below or 100)))
            at += size + 12
        if not delays:
            return
        at, delay = delays[-1]
        last = seconds - sum(each for _, each in delays[:-1])
        if last <= 0 or abs(last - delay) < _NEAR:
            return
        # 16 bits each.
        last = last.limit_denominator(min(65535, int(65535 / max(last, Fraction(1)))))
        file.seek(at + 4)
        chunk = bytearray(file.read(4 + 26))
        struct.pack_into(">HH", chunk, 4 + _DELAY, last.numerator, last.denominator)
        file.seek(at + 4)
        file.write(chunk + struct.pack(">I", zlib.crc32(chunk)))


def _one_frame(still: bytearray, plays: int) -> bytearray:
    """A still WebP as an animation of one frame."""
    pictures = [(tag, start, size) for tag, start, size in _riff_chunks(still) if tag in (b"ALPH", b"VP8 ", b"VP8L")]
    width, height, alpha = _canvas(still, pictures)
    edges = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    picture = b"".join(bytes(still[start - 8 : start + size + size % 2]) for _, start, size in pictures)
    frame = bytes(6) + edges + bytes(3) + b"\0" + picture
    chunks = [
        (b"VP8X", struct.pack("<B3x", _ANIMATION | (_ALPHA if alpha else 0)) + edges),
        (b"ANIM", struct.pack("<IH", 0, plays)),
        (b"ANMF", frame),
    ]
    body = b"WEBP" + b"".join(tag + struct.pack("<I", len(data)) + data for tag, data in chunks)
    return bytearray(b"RIFF" + struct.pack("<I", len(body)) + body)


def _canvas(still: bytearray, pictures: list[tuple[bytes, int, int]]) -> tuple[int, int, bool]:
    """(width, height, alpha) of the pictures' only frame, from its bitstream (RFC 6386, 9.1; WebP Lossless, 3)."""
    tag, start, _ = pictures[-1]
    if tag == b"VP8L":
        bits = int.from_bytes(still[start + 1 : start + 5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", still, start + 6)
    return width & 0x3FFF, height & 0x3FFF, pictures[0][0] == b"ALPH"


def _number(data: bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _riff_chunks(data: bytearray) -> Iterator[tuple[bytes, int, int]]:
    """(tag, start, size) of the chunks of a RIFF file."""
    at = 12
    while at + 8 <= len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        yield bytes(data[at : at + 4]), at + 8, size
        at += 8 + size + size % 2
