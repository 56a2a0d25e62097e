"""TIFF files as other programs write them, made by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

_FORMATS = {"u": 1, "i": 2, "f": 3}


def write_tiff(path: Path, image: np.ndarray, *, tile: int | None = None, extra_sample: int | None = None) -> Path:
    """`image` (H, W, C), uncompressed, in one strip or in square tiles.

    Arguments:
        extra_sample: what the last channel is: 1 for alpha by which colours are multiplied, 2 for straight alpha.
    """
    height, width, channels = image.shape
    blocks = [image] if tile is None else _tiles(image, tile)
    data = [block.tobytes() for block in blocks]
    offsets = [8 + sum(map(len, data[:k])) for k in range(len(data))]
    lengths = [len(each) for each in data]
    shorts = {
        258: [image.dtype.itemsize * 8] * channels, 259: [1], 262: [2 if channels > 1 else 1], 277: [channels],
        284: [1], 339: [_FORMATS[image.dtype.kind]] * channels,
    }  # fmt: skip
    longs = {256: [width], 257: [height]}
    if extra_sample is not None:
        shorts[338] = [extra_sample]
    if tile is None:
        longs |= {273: offsets, 278: [height], 279: lengths}
    else:
        longs |= {322: [tile], 323: [tile], 324: offsets, 325: lengths}
    start = 8 + sum(lengths)
    path.write_bytes(b"II*\0" + struct.pack("<I", start) + b"".join(data) + _directory(start, shorts, longs))
    return path


def _tiles(image: np.ndarray, side: int) -> list[np.ndarray]:
    rows, columns = -image.shape[0] % side, -image.shape[1] % side
    whole = np.pad(image, ((0, rows), (0, columns), (0, 0)))
    return [
        whole[y : y + side, x : x + side]
        for y in range(0, whole.shape[0], side)
        for x in range(0, whole.shape[1], side)
    ]


def _directory(start: int, shorts: dict[int, list[int]], longs: dict[int, list[int]]) -> bytes:
    count = len(shorts) + len(longs)
    entries, beside = b"", b""
    for tag, values in sorted({**shorts, **longs}.items()):
        kind, form = (3, "H") if tag in shorts else (4, "I")
        data = struct.pack(f"<{len(values)}{form}", *values)
        place = start + 2 + 12 * count + 4 + len(beside)
        if len(data) > 4:
            beside, data = beside + data, struct.pack("<I", place)
        entries += struct.pack("<HHI4s", tag, kind, len(values), data.ljust(4, b"\0"))
    return struct.pack("<H", count) + entries + bytes(4) + beside
