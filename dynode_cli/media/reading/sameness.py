"""Sameness of what is read again: files by size, time and inode, frames by a fingerprint (checksum) of their samples.

A source is read at least twice, and opened more often. If it is not the same each time, the output is a mix of two
clips. And where a file leads a seek astray, or a decoder needs more than a key frame to start at, the same file gives
other frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zlib import crc32

import av
import numpy as np

from dynode_cli.errors import InputError

_ROWS = 32
"""Rows that a fingerprint is made of at most, so that the cost of one does not grow with the height of frames."""
_HINT = "leave the source as it is until the run has ended, and run again"


@dataclass(frozen=True)
class FileState:
    """What tells a file from what stands in its place later."""

    size: int
    modified: int
    """Nanoseconds."""
    inode: int

    @classmethod
    def of(cls, file: Path) -> FileState | None:
        """The state of `file` now; None if it is not there."""
        try:
            found = file.stat()
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns, found.st_ino)


def check_same(file: Path, before: FileState | None) -> None:
    """Refuse to go on with a file that is not what it was.

    Raises:
        InputError: saying what changed.
    """
    now = FileState.of(file)
    if now == before:
        return
    if now is None or before is None:
        what = "is gone: it was removed" if now is None else "was put there"
    elif now.size < before.size:
        what = f"was cut from {before.size} to {now.size} bytes"
    elif now.size > before.size:
        what = f"grew from {before.size} to {now.size} bytes"
    else:
        what = "was replaced by another file" if now.inode != before.inode else "was written to"
    raise InputError(f"{file}: {what} while it was read", hint=_HINT)


def fingerprint_of(frame: av.VideoFrame) -> int:
    """A checksum of some rows of the first plane of `frame` (brightness, green, or packed colours) and of its palette."""
    kind, planes = frame.format, frame.planes
    total, plane = frame.width << 16 ^ frame.height, planes[0]
    if plane.line_size > 0:  # below 0 in frames that are stored upside down
        samples: Any = np.frombuffer(cast(Any, plane), np.uint8)
        rows = samples[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
        # What follows the picture in a row may be anything.
        bits = kind.padded_bits_per_pixel if len(planes) == 1 else kind.components[0].bits
        used = min(plane.line_size, max(1, plane.width * bits // 8))
        total = crc32(np.ascontiguousarray(rows[:: -(-plane.height // _ROWS), :used]).data, total & 0xFFFFFFFF)
    return crc32(cast(Any, planes[1]), total) if kind.name == "pal8" else total
