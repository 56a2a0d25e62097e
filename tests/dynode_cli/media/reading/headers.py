"""What other programs write into headers and bitstreams and no encoder here does, put into finished files."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import av

from dynode_cli.media.writing import matroska
from dynode_cli.media.writing.matroska import Element
from dynode_cli.synthetic.clips import Frame

_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), kind) + data


def with_box(path: Path, added: bytes) -> Path:
    """The MP4 at `path` with a box in the sample entry of its first track; it holds its index at the end."""
    data = bytearray(path.read_bytes())
    at, end, chain = 0, len(data), []
    for kind in _WAY:
        while data[at + 4 : at + 8] != kind:
            at += struct.unpack_from(">I", data, at)[0]
            assert at < end
        chain.append(at)
        at += 8
    at += 8
    chain.append(at)
    end = at + struct.unpack_from(">I", data, at)[0]
    for start in chain:
        struct.pack_into(">I", data, start, struct.unpack_from(">I", data, start)[0] + len(added))
    data[end:end] = added
    path.write_bytes(data)
    return path


def with_elements(path: Path, change: Callable[[Element], None]) -> Path:
    """The Matroska file at `path` with what `change` does to its first track."""
    with mock.patch.object(matroska, "_show", lambda tracks, *_: change(tracks.child(matroska.TRACK))):
        assert matroska.note_pictures(path, Fraction(1))
    return path


def element(id: int, value: int) -> Element:
    return Element(id, value.to_bytes(4, "big"))


def with_messages(path: Path, frames: list[Frame], message: bytes, *, codec: str = "libx264", **encoded: Any) -> Path:
    """H.264 or HEVC with a registered message (ITU-T T.35) before every picture."""
    hevc = codec == "libx265"
    params = {"aud": "1", "repeat-headers": "1", "log-level": "none"} if hevc else {"aud": "1"}
    params |= encoded
    raw = path.with_suffix(".raw")
    with av.open(str(raw), "w", format="hevc" if hevc else "h264") as output:
        stream: Any = output.add_stream(codec, rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p10le" if hevc else "yuv420p"
        text = ":".join(f"{name}={value}" for name, value in params.items())
        stream.codec_context.options = {"x265-params" if hevc else "x264-params": text, "bf": "0"}
        for frame in frames:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        output.mux(stream.encode(None))
    delimiter = b"\0\0\0\1" + (b"\x46\x01" if hevc else b"\x09")
    escaped = message.replace(b"\0\0", b"\0\0\3")
    unit = b"\0\0\0\1" + (b"\x4e\x01" if hevc else b"\x06") + bytes([4, len(message)]) + escaped + b"\x80"
    first, *pictures = raw.read_bytes().split(delimiter)
    path.write_bytes(first + b"".join(delimiter + each[:1] + unit + each[1:] for each in pictures))
    raw.unlink()
    return path
