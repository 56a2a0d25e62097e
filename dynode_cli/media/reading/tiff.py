"""TIFF tags that decide how a file's samples are meant, and the pictures that FFmpeg would read wrongly.

FFmpeg leaves pictures in tiles black, and takes half floats and signed numbers for unsigned ones, all without an error.
Tiles are read by OpenCV; the others are refused. See "TIFF Revision 6.0", Aldus, sections 2, 15, 18 and 19.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import cv2

from dynode_cli.errors import InputError
from dynode_cli.media.reading.raw_frame import CodedFrame

ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
"""Byte orders, by the first four bytes of a file."""
_FORMATS = {1: "B", 3: "H", 4: "I"}
_BITS, _TILE_WIDTH, _EXTRA_SAMPLES, _SAMPLE_FORMAT, _DNG_VERSION = 258, 322, 338, 339, 50706
_UNSIGNED, _FLOAT, _UNTYPED = 1, 3, 4
_PREMULTIPLIED = 1
_PIX_FMTS = {
    (1, "uint8"): "gray", (3, "uint8"): "rgb24", (4, "uint8"): "rgba",
    (1, "uint16"): "gray16le", (3, "uint16"): "rgb48le", (4, "uint16"): "rgba64le",
    (1, "float32"): "grayf32le", (3, "float32"): "gbrpf32le", (4, "float32"): "gbrapf32le",
}  # fmt: skip
"""By number and type of channels as OpenCV gives them."""
_MOST_VALUES = 64
"""More of one tag than any that is looked at here has."""


@dataclass(frozen=True)
class Tiff:
    """How the samples of a TIFF file are meant."""

    bits: int
    sample_format: int
    """1: unsigned, 2: signed, 3: floating point."""
    tiled: bool
    premultiplied: bool
    """Whether colours are multiplied by alpha."""

    def check(self, name: str) -> None:
        """Refuse samples that would be taken for other numbers.

        Raises:
            InputError: they are half floats, or signed or 32-bit whole numbers.
        """
        if self.sample_format == _FLOAT:
            wrong = f"{self.bits}-bit floating-point numbers" if self.bits == 16 else None
        elif self.sample_format not in (_UNSIGNED, _UNTYPED):
            wrong = "signed numbers"
        else:
            wrong = f"{self.bits}-bit whole numbers" if self.bits > 16 else None
        if wrong is not None:
            raise InputError(
                f"{name}: its samples are {wrong}, which are not read from TIFF",
                hint="save it as PNG, as OpenEXR, or as TIFF of 8 or 16 bits, or of 32-bit floating-point numbers",
            )


def tiff_of(path: Path) -> Tiff | None:
    """How the samples of the TIFF file at `path` are meant; None for any other file, and for raw photographs (DNG)."""
    with path.open("rb") as file:
        try:
            tags = {tag: values for tag, values in directory(file, 0) if values}
        except struct.error:
            # It is cut off; the decoder says so.
            return None
    if not tags or _DNG_VERSION in tags:
        return None
    return Tiff(
        bits=max(tags.get(_BITS, (1,))),
        sample_format=tags.get(_SAMPLE_FORMAT, (_UNSIGNED,))[0],
        tiled=_TILE_WIDTH in tags,
        premultiplied=tags.get(_EXTRA_SAMPLES, (0,))[0] == _PREMULTIPLIED,
    )


def directory(file: BinaryIO, start: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Tags, and the whole numbers that they say, of the first picture of a TIFF that begins at `start`, if one does.

    Raises:
        struct.error: it is cut off.
    """
    file.seek(start)
    order = ORDERS.get(file.read(4))
    if order is None:
        return
    file.seek(start + struct.unpack(f"{order}I", file.read(4))[0])
    (count,) = struct.unpack(f"{order}H", file.read(2))
    entries = file.read(12 * count)
    for at in range(0, 12 * count, 12):
        tag, kind, many, value = struct.unpack_from(f"{order}HHI4s", entries, at)
        form = _FORMATS.get(kind)
        if form is None or many > _MOST_VALUES:
            yield tag, ()
            continue
        length = struct.calcsize(f"{order}{many}{form}")
        if length > len(value):
            file.seek(start + struct.unpack(f"{order}I", value)[0])
            value = file.read(length)
        yield tag, struct.unpack_from(f"{order}{many}{form}", value)


def read_tiles(path: Path, *, premultiplied: bool) -> CodedFrame | None:
    """A picture in tiles; None if it does not decode."""
    try:
        image: Any = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if image is None:
        return None
    channels = 1 if image.ndim == 2 else image.shape[2]
    pix_fmt = _PIX_FMTS.get((channels, image.dtype.name))
    if pix_fmt is None:
        return None
    if channels > 1:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB if channels == 3 else cv2.COLOR_BGRA2RGBA)
    # Those of 8 bits come as libtiff lays them over black.
    return CodedFrame(av.VideoFrame.from_ndarray(image, pix_fmt), premultiplied or pix_fmt == "rgba")
