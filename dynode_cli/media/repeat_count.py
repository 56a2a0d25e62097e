"""Repeat count (loop count) of an animated GIF, WebP or APNG: read from a file's own bytes, and said to the muxer.

See "Graphics Interchange Format, Version 89a", CompuServe, with Netscape's application extension; "WebP Container
Specification", Google, section "Animation"; "Portable Network Graphics (Third Edition)", W3C, section "acTL".
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from dynode_cli.media.containers import Container

ENDLESS = 0
"""The count of what plays for ever."""
_MOST = 65_535
"""The largest number that muxers take."""
_REPEATS = {b"NETSCAPE2.0", b"ANIMEXTS1.0"}


def plays_of(path: Path) -> int | None:
    """How often the animation in `path` plays; :data:`ENDLESS`, or None if it is no file of such a kind."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return _gif(file)
        if head[:4] == b"RIFF" and head[8:] == b"WEBP":
            return _webp(file)
        if head[:8] == b"\x89PNG\r\n\x1a\n":
            return _png(file)
    return None


def plays_option(container: Container, plays: int | None) -> dict[str, str]:
    """The muxer's option by which a file plays so often; without end for None, nothing if `container` cannot say it."""
    if container.plays_option is None:
        return {}
    count = min(plays or ENDLESS, _MOST)
    if container.counts_repeats:
        # There is no number for none: -1 leaves the extension out.
        count = -1 if count == 1 else max(count - 1, 0)
    return {container.plays_option: str(count)}


def _gif(file: BinaryIO) -> int:
    file.seek(10)
    flags = file.read(3)[:1]
    if flags and flags[0] & 0x80:
        file.seek(3 << (flags[0] & 7) + 1, os.SEEK_CUR)
    # Extensions that come before the first image.
    while file.read(1) == b"\x21":
        file.read(1)
        blocks = _blocks(file)
        if len(blocks) > 1 and blocks[0] in _REPEATS and blocks[1][:1] == b"\x01" and len(blocks[1]) == 3:
            repeats = int.from_bytes(blocks[1][1:], "little")
            return repeats + 1 if repeats else ENDLESS
    return 1


def _blocks(file: BinaryIO) -> list[bytes]:
    blocks = []
    while (size := file.read(1)) > b"\x00":
        blocks.append(file.read(size[0]))
    return blocks


def _webp(file: BinaryIO) -> int | None:
    while len(head := file.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"ANIM":
            return int.from_bytes(file.read(6)[4:], "little")
        file.seek(size + size % 2, os.SEEK_CUR)
    return None


def _png(file: BinaryIO) -> int | None:
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IDAT":
        if head[4:] == b"acTL":
            return int.from_bytes(file.read(8)[4:], "big")
        file.seek(int.from_bytes(head[:4], "big") + 4, os.SEEK_CUR)
    return None
