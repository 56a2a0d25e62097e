"""Hardware encoders that open on this machine (NVENC, QuickSync, AMF, VideoToolbox, ...): FFmpeg has them everywhere."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av

from dynode_cli.media.writing.encoders import hardware_of

_SIZE = (640, 360)
"""Large enough for all of them."""
_WRITTEN = ("yuv420p", "nv12")
"""What they are tried with; those that only take pictures which lie on the device are of no use here."""


def hardware_encoders() -> tuple[str, ...]:
    """Names of the hardware encoders that do open here: that one exists only says that FFmpeg was built with it."""
    return tuple(name for name in sorted(av.codecs_available) if hardware_of(name) and _opens(name))


def _opens(name: str) -> bool:
    try:
        codec = av.Codec(name, "w")
    except ValueError:
        return False
    if codec.type != "video":
        return False
    formats = [each.name for each in codec.video_formats or ()]
    pix_fmt = next((each for each in _WRITTEN if not formats or each in formats), None)
    if pix_fmt is None:
        return False
    context: Any = av.CodecContext.create(name, "w")
    context.width, context.height = _SIZE
    context.pix_fmt = pix_fmt
    context.time_base = Fraction(1, 25)
    try:
        context.open()
    except (av.FFmpegError, OSError, ValueError):
        return False
    return True
