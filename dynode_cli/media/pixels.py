"""Pixel formats: what their names mean, and their planes as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Layout:
    """What a pixel format holds."""

    kind: Literal["yuv", "gray", "rgb"]
    bits: int
    """Bits of a sample; 32 for floating point."""
    alpha: bool
    across: int
    """Horizontal subsampling of chroma: 1, 2 or 4."""
    down: int
    """Vertical subsampling of chroma."""
    planar: str
    """The planar little-endian format that holds the same samples: what arrays are made from."""


@cache
def layout_of(pix_fmt: str) -> Layout:
    """What `pix_fmt` holds.

    Raises:
        ValueError: FFmpeg has no such format.
    """
    size = 64
    parsed = av.VideoFormat(pix_fmt, size, size)
    components = parsed.components
    bits = max(component.bits for component in components)
    alpha = any(c.is_alpha for c in components) or parsed.has_palette or pix_fmt.startswith("pal")
    if parsed.is_rgb or parsed.has_palette or parsed.is_bayer or pix_fmt.startswith(("xyz", "pal")):
        deep = 32 if "f32" in pix_fmt or "f16" in pix_fmt else 8 if bits <= 8 else bits
        return Layout("rgb", deep, alpha, 1, 1, _planar_rgb(deep, alpha))
    colours = [c for c in components if not c.is_alpha]
    if len(colours) < 3:
        deep = 32 if "f32" in pix_fmt or "f16" in pix_fmt else max(8, bits)
        return Layout("gray", deep, alpha, 1, 1, _planar_gray(deep, alpha))
    # A packed format counts both of its chroma samples in one component row; only its width is halved.
    across = size // colours[1].width
    down = size // colours[1].height
    planar = pix_fmt if pix_fmt.startswith("yuvj") else planar_yuv(bits, alpha, across, down)
    return Layout("yuv", bits, alpha, across, down, planar)


def planar_yuv(bits: int, alpha: bool, across: int, down: int) -> str:
    """The planar YUV format with these properties, or the nearest deeper one."""
    sampling = {(1, 1): "444", (2, 1): "422", (2, 2): "420", (4, 1): "411", (1, 2): "440", (4, 4): "410"}
    stem = f"yuv{'a' if alpha else ''}{sampling[across, down]}p"
    return _first_known(f"{stem}{depth}" for depth in _depths(bits))


def _planar_rgb(bits: int, alpha: bool) -> str:
    return _first_known(f"gbr{'a' if alpha else ''}p{depth}" for depth in _depths(bits))


def _planar_gray(bits: int, alpha: bool) -> str:
    if alpha:
        # There is no planar grey with alpha: chroma of one value stands beside it.
        return "yuva444p" if bits <= 8 else "yuva444p16le"
    return _first_known(f"gray{depth}" for depth in _depths(bits))


def _depths(bits: int) -> list[str]:
    if bits > 16:
        return ["f32le"]
    return ["" if depth == 8 else f"{depth}le" for depth in (8, 9, 10, 12, 14, 16) if depth >= bits]


def _first_known(names: Any) -> str:
    for name in names:
        try:
            av.VideoFormat(name)
        except ValueError:
            continue
        return str(name)
    raise ValueError("no planar pixel format is deep enough")


def white_of(dtype: np.dtype[Any]) -> float:
    """The number that is white: 255 in uint8, 65535 in uint16, 1 in floating point."""
    return float(np.iinfo(dtype).max) if dtype.kind == "u" else 1.0


_BEYOND_WHITE = 1 + 1 / 510
"""Half a level of 8 bits above white: what resampling and compression may add to it."""


def outshines_white(frame: av.VideoFrame) -> bool:
    """Whether a colour of a floating-point frame is above 1.0, the largest that is kept; others have no such."""
    layout = layout_of(frame.format.name)
    if layout.bits <= 16:
        return False
    # As they are in memory, planar or packed: swscale would cut off what is looked for.
    half = "f16" in frame.format.name
    dtype = np.dtype(np.float16 if half else np.float32).newbyteorder(
        "<" if frame.format.name.endswith("le") else ">"
    )
    channels = layout.alpha + (1 if layout.kind == "gray" else 3)
    alpha = -1 if layout.alpha and len(frame.planes) == 1 else None
    for plane in frame.planes[:3]:
        memory: Any = plane
        rows = np.frombuffer(memory, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
        if len(frame.planes) == 1:
            rows = rows[:, : plane.width * channels].reshape(plane.height, plane.width, channels)[..., :alpha]
        if bool((rows[:, : plane.width] > _BEYOND_WHITE).any()):
            return True
    return False


def is_opaque(frame: av.VideoFrame) -> bool:
    """Whether no pixel of `frame` is see-through, as far as its format is one that animations are decoded to; those of
    others that have alpha may be."""
    name = frame.format.name
    if name not in ("pal8", "rgba", "bgra"):
        return not layout_of(name).alpha
    memory: Any = frame.planes[0]
    rows = np.frombuffer(memory, np.uint8).reshape(frame.height, -1)
    if name != "pal8":
        return bool((rows[:, 3 : 4 * frame.width : 4] == 255).all())
    palette: Any = frame.planes[1]
    alpha = np.frombuffer(palette, "=u4") >> 24
    return bool((alpha[np.unique(rows[:, : frame.width])] == 255).all())


def planes(frame: av.VideoFrame) -> list[NDArray[Any]]:
    """The planes of a planar frame as arrays (rows, columns) that share its memory: writing to them writes to it."""
    bits = layout_of(frame.format.name).bits
    dtype = np.dtype(np.uint8 if bits <= 8 else "<u2" if bits <= 16 else "<f4")
    parts = []
    for plane in frame.planes:
        memory: Any = plane
        rows = np.frombuffer(memory, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
        parts.append(rows[:, : plane.width])
    return parts
