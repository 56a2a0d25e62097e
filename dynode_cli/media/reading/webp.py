"""Animated WebP, which FFmpeg writes but does not read.

The container is walked here and every frame's bitstream is given to FFmpeg's decoder as a still image; see
"WebP Container Specification", Google, sections "Animation" and "Assembling the Canvas From Frames".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from dynode_cli.errors import InputError
from dynode_cli.media.ffmpeg import MAX_PIXELS

_ANIMATION = 0x02
_ALPHA = 0x10
_DISPOSE = 0x01
_NO_BLEND = 0x02


@dataclass(frozen=True)
class WebPFrame:
    """Where one frame of an animation goes and how long it stays."""

    offset: int
    """Byte position of its chunks in the file."""
    size: int
    x: int
    y: int
    width: int
    height: int
    duration: int
    """Milliseconds."""
    dispose: bool
    """Clear its rectangle after it was shown."""
    blend: bool
    """Lay it over what is there, rather than replace it."""


@dataclass(frozen=True)
class WebPAnimation:
    """Canvas and frames of an animated WebP; nothing is decoded yet."""

    width: int
    height: int
    alpha: bool
    frames: tuple[WebPFrame, ...]


def is_animated_webp(path: Path) -> bool:
    """Whether the file's header says so."""
    with path.open("rb") as file:
        header = file.read(21)
    return header[:4] == b"RIFF" and header[8:16] == b"WEBPVP8X" and bool(header[20] & _ANIMATION)


def read_animation(path: Path, name: str) -> WebPAnimation:
    """Walk the chunks of an animated WebP.

    Raises:
        InputError: no frame is complete.
    """
    frames = []
    with path.open("rb") as file:
        file.seek(12)
        canvas = (0, 0)
        alpha = False
        for tag, start, size, complete in _chunks(file, path.stat().st_size):
            if tag == b"VP8X" and complete and size >= 10:
                flags, width, height = _header(file.read(10))
                canvas, alpha = (width, height), bool(flags & _ALPHA)
            elif tag == b"ANMF" and complete and size > 16:
                x, y, width, height, duration, flags = _frame_header(file.read(16))
                frames.append(
                    WebPFrame(
                        start + 16, size - 16, x, y, width, height, duration,
                        dispose=bool(flags & _DISPOSE), blend=not flags & _NO_BLEND,
                    )
                )  # fmt: skip
    if not frames:
        raise InputError(f"{name}: no frame of this animation is complete")
    return WebPAnimation(*canvas, alpha, tuple(frames))


def render(path: Path, animation: WebPAnimation) -> Iterator[NDArray[np.uint8] | None]:
    """The canvas (H, W, 4) uint8 RGBA after each frame; None for a frame that does not decode."""
    from dynode_cli.media.colour import ColourSpec, to_rgb

    canvas = np.zeros((animation.height, animation.width, 4), np.uint8)
    spec = ColourSpec(matrix=5, full_range=False)
    with path.open("rb") as file:
        for frame in animation.frames:
            picture = _decode(file, frame)
            if picture is None:
                yield None
                continue
            patch = to_rgb(picture, spec, alpha=True)
            window = canvas[frame.y : frame.y + frame.height, frame.x : frame.x + frame.width]
            patch = patch[: window.shape[0], : window.shape[1]]
            if patch.shape != window.shape:
                # Less than its header says: whatever else it is, it is damaged.
                yield None
                continue
            window[:] = _over(patch, window) if frame.blend else patch
            yield canvas.copy()
            if frame.dispose:
                window[:] = 0


def _decode(file: BinaryIO, frame: WebPFrame) -> av.VideoFrame | None:
    file.seek(frame.offset)
    payload = file.read(frame.size)
    if payload[:4] == b"ALPH":
        extended = struct.pack("<B3x", _ALPHA) + _triple(frame.width - 1) + _triple(frame.height - 1)
        payload = b"VP8X" + struct.pack("<I", 10) + extended + payload
    still = b"RIFF" + struct.pack("<I", len(payload) + 4) + b"WEBP" + payload
    decoder = av.VideoCodecContext.create("webp", "r")
    decoder.options = {"max_pixels": str(MAX_PIXELS)}
    try:
        decoded = [*decoder.decode(av.Packet(still)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    return decoded[0] if decoded else None


def _over(top: NDArray[np.uint8], below: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`top` composited over `below`, both with straight alpha."""
    above = top[..., 3:].astype(np.float32) / 255
    under = below[..., 3:].astype(np.float32) / 255 * (1 - above)
    alpha = above + under
    colour = (top[..., :3] * above + below[..., :3] * under) / np.maximum(alpha, 1e-6)
    blended: NDArray[np.uint8] = np.rint(np.concatenate([colour, alpha * 255], axis=-1)).astype(np.uint8)
    return blended


def _chunks(file: BinaryIO, length: int) -> Iterator[tuple[bytes, int, int, bool]]:
    """(tag, start, size, complete) of every chunk, the file standing at its start."""
    while True:
        head = file.read(8)
        if len(head) < 8:
            return
        tag, size = struct.unpack("<4sI", head)
        start = file.tell()
        yield tag, start, size, start + size <= length
        file.seek(start + size + size % 2)


def _header(data: bytes) -> tuple[int, int, int]:
    return data[0], 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")


def _frame_header(data: bytes) -> tuple[int, int, int, int, int, int]:
    x, y, width, height, duration = (int.from_bytes(data[i : i + 3], "little") for i in range(0, 15, 3))
    return 2 * x, 2 * y, width + 1, height + 1, duration, data[15]


def _triple(value: int) -> bytes:
    return value.to_bytes(3, "little")
