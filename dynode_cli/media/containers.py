"""Containers: what each can hold, one row a container."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.suggestions import hint

PIPE = "-"


@dataclass(frozen=True)
class Container:
    """A kind of file that can be written."""

    muxer: str
    codec: str
    """Its default encoder."""
    ticks: int | None = None
    """Ticks a second that it rounds time stamps to, where that is coarse."""
    turns: bool = False
    """Whether it can say that players must turn the frames."""
    sound: bool = True
    """Whether it can hold other streams, chapters and metadata."""
    constant_rate: bool = False
    """Whether frames must be evenly spaced."""


CONTAINERS = {
    ".mp4": Container("mp4", "libx264", turns=True),
    ".m4v": Container("mp4", "libx264", turns=True),
    ".mov": Container("mov", "libx264", turns=True),
    ".mkv": Container("matroska", "libx264", ticks=1000, turns=True),
    ".webm": Container("webm", "libvpx-vp9", ticks=1000, turns=True),
    ".avi": Container("avi", "mpeg4", constant_rate=True),
    ".ts": Container("mpegts", "libx264"),
    ".flv": Container("flv", "libx264", ticks=1000),
    ".gif": Container("gif", "gif", ticks=100, sound=False),
    ".webp": Container("webp", "libwebp_anim", ticks=1000, sound=False),
    ".apng": Container("apng", "apng", sound=False),
    ".png": Container("apng", "apng", sound=False),
}


IMAGES = {
    ".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".tif": "tiff", ".tiff": "tiff", ".bmp": "bmp",
    ".webp": "libwebp", ".exr": "exr", ".dpx": "dpx", ".ppm": "ppm", ".qoi": "qoi", ".tga": "targa",
}  # fmt: skip


def container_for(target: str) -> Container:
    """What kind of file `target` names.

    Raises:
        UsageError: its ending is unknown.
    """
    if target == PIPE:
        return CONTAINERS[".mkv"]
    suffix = Path(target).suffix.lower()
    if suffix in CONTAINERS:
        return CONTAINERS[suffix]
    known = ", ".join(CONTAINERS)
    if suffix in IMAGES:
        raise UsageError(
            f"{target}: one {suffix} file cannot hold a video",
            hint=f"write a sequence with {Path(target).stem}-%05d{suffix}",
        )
    if not suffix:
        raise UsageError(
            f"{target}: the name has no ending that says what to write", hint=f"use {known}, or a folder/"
        )
    raise UsageError(f"{target}: '{suffix}' is not an ending that can be written", hint=hint(suffix, CONTAINERS))
