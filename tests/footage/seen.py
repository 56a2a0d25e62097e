"""What a file shows: its pictures, their times and what is beside them, by other ways than those of dynode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]
_LUMA = {1: (0.2126, 0.0722), 4: (0.30, 0.11), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
_SD = (0.299, 0.114)
_FULL = 2
_CENTRED = ("mjpeg", "mpeg1video")
"""Codecs whose chroma lies between columns."""


@dataclass(frozen=True)
class Seen:
    """The pictures of a file."""

    times: list[Fraction]
    """Seconds on the clock of the file."""
    end: Fraction | None
    """When the last one ends; None: the file does not say."""
    images: list[Levels]
    """(H, W, 3 or 4) in levels of 255."""
    tick: Fraction
    """What times are multiples of."""


def look_at(path: Path) -> Seen:
    """Everything that `path` shows."""
    if path.suffix == ".webp":
        return _animation(path)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(_decoded(container, stream))
        tick: Fraction = stream.time_base  # type: ignore[assignment]
        times = [frame.pts * tick for frame in frames]
        length = frames[-1].duration
        centred = stream.codec_context.name in _CENTRED
        return Seen(
            times,
            times[-1] + length * tick if length else None,
            [rgb_of(frame, centred=centred) for frame in frames],
            tick,
        )


def _animation(path: Path) -> Seen:
    """A WebP, which FFmpeg does not read; a picture that stays is one for as long as it does, and here several."""
    found, animation = cv2.imreadanimation(str(path))
    assert found
    shown = [image[..., [2, 1, 0, *range(3, image.shape[2])]].astype(np.float64) for image in animation.frames]
    lengths = [int(duration) for duration in animation.durations]
    step, times, images = min(lengths), [0], []
    for image, length in zip(shown, lengths, strict=True):
        images += [image] * (length // step)
        times += [times[-1] + step * k for k in range(1, length // step + 1)]
    *begins, end = [Fraction(time, 1000) for time in times]
    return Seen(begins, end, images, Fraction(1, 1000))


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    if stream.codec_context.name not in ("vp8", "vp9") or stream.metadata.get("alpha_mode") != "1":
        yield from container.decode(stream)
        return
    decoder: Any = av.Codec({"vp8": "libvpx", "vp9": "libvpx-vp9"}[stream.codec_context.name], "r").create("video")
    for packet in container.demux(stream):
        yield from decoder.decode(packet if packet.size else None)


def rgb_of(frame: av.VideoFrame, *, centred: bool = False) -> Levels:
    """(H, W, 3 or 4) in levels of 255: YUV by the book (ITU-R BT.601, BT.709, BT.2020), whose chroma lies on columns, or
    `centred` between them, and between rows."""
    name = frame.format.name
    if name == "gbrap16le" or name.startswith(("gbrp1", "rgb48", "rgba64")):
        kind = "rgba64le" if frame.format.components[-1].is_alpha else "rgb48le"
        return frame.to_ndarray(format=kind).astype(np.float64) / 257
    if frame.format.is_rgb or frame.format.has_palette:
        alpha = any(each.is_alpha for each in frame.format.components) or frame.format.has_palette
        return frame.to_ndarray(format="rgba" if alpha else "rgb24").astype(np.float64)
    bits = frame.format.components[0].bits
    planes = [_plane(plane, bits) for plane in frame.planes]
    full = frame.color_range == _FULL or name.startswith("yuvj")
    luma = planes[0] * 255 if full else (planes[0] * 255 - 16) * 255 / 219
    across, down = frame.width > planes[1].shape[1], frame.height > planes[1].shape[0]
    blue, red = (
        (_spread(plane, frame, across, down, 0.5 if centred else 0.0) * 255 - 128) * (1 if full else 255 / 224)
        for plane in planes[1:3]
    )
    of_red, of_blue = _LUMA.get(int(frame.colorspace), _SD)
    r, b = luma + 2 * (1 - of_red) * red, luma + 2 * (1 - of_blue) * blue
    g = (luma - of_red * r - of_blue * b) / (1 - of_red - of_blue)
    parts = [r, g, b, *([planes[3] * 255] if len(planes) == 4 else [])]
    return np.clip(np.stack(parts, axis=-1), 0, 255)


def _plane(plane: Any, bits: int) -> Levels:
    dtype = np.dtype(np.uint8 if bits <= 8 else "<u2")
    rows = np.frombuffer(plane, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    # Levels of 8 bits are those of more bits, shifted: 255 here is 1020 of 10 bits.
    return rows[:, : plane.width] / (255.0 * (1 << bits - 8))


def _spread(plane: Levels, frame: av.VideoFrame, across: bool, down: bool, right: float) -> Levels:
    if across:
        at = (np.arange(frame.width) - right) / 2
        plane = np.stack([np.interp(at, np.arange(plane.shape[1]), row) for row in plane])
    if down:
        at = (np.arange(frame.height) - 0.5) / 2
        plane = np.stack([np.interp(at, np.arange(plane.shape[0]), column) for column in plane.T], axis=1)
    return plane


def error(seen: Levels, truth: Any) -> float:
    """Mean difference in levels of 255; what is entirely see-through has no colour."""
    levels = truth.astype(np.float64) / (257 if truth.dtype == np.uint16 else 1)
    if levels.shape[2] < seen.shape[2]:
        assert seen[..., 3].min() == 255
        seen = seen[..., :3]
    if levels.shape[2] == 4:
        clear = levels[..., 3] == 0
        levels, seen = np.where(clear[..., None], 0, levels), np.where(clear[..., None], 0, seen)
    return float(np.abs(seen - levels).mean())


def lines_of(path: Path) -> list[tuple[float, float, str]]:
    """Begin, end and text of every subtitle."""
    found = []
    with av.open(str(path)) as container:
        for stream in container.streams.subtitles:
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    begin = float(packet.pts * packet.time_base)
                    text = bytes(packet)
                    if stream.codec_context.name == "mov_text":
                        text = text[2 : 2 + int.from_bytes(text[:2], "big")]
                    if text:
                        length = float((packet.duration or 0) * packet.time_base)
                        found.append((begin, begin + length, text.decode(errors="replace").strip()))
    return found


def chapters_of(path: Path) -> list[tuple[float, float, str]]:
    """Begin, end and title of every chapter."""
    with av.open(str(path)) as container:
        return [
            (
                float(each["start"] * each["time_base"]),
                float(each["end"] * each["time_base"]),
                each["metadata"]["title"],
            )
            for each in container.chapters()
        ]


def turned_by(path: Path) -> int:
    """Degrees by which players turn the pictures."""
    with av.open(str(path)) as container:
        return int(next(container.decode(video=0)).rotation)


def shape_of_pixels(path: Path) -> Fraction:
    """Width of a pixel by its height."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)


def tags_of(path: Path) -> dict[str, str]:
    """Tags of the file, by their names in lower case."""
    with av.open(str(path)) as container:
        return {name.lower(): value for name, value in container.metadata.items()}
