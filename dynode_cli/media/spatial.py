"""Spatial video: 360-degree projections and 3-D (stereo) layouts, as headers of MP4 and Matroska tell of them.

References: "Spherical Video V2 RFC" (sv3d, st3d); RFC 9559 (Matroska), sections 5.1.4.1.28.3 and 5.1.4.1.28.41.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

PROJECTION, STEREO = "360-degree projection", "3-D layout"
"""What they are called."""
KINDS = (b"rect", b"equi", b"cbmp", b"mshp")
"""Boxes of projections by Matroska's number: flat, equirectangular, cube map, mesh."""
_FLAT = 0
_STEREO_MODES = {0: 0, 1: 3, 2: 1}
"""Matroska's number of a stereo mode, by MP4's: none, left eye on top, left eye on the left."""
_DEGREE = 1 << 16


@dataclass(frozen=True)
class Projection:
    """How pictures lie on a sphere."""

    kind: int
    """Index into :data:`KINDS`."""
    settings: str
    """What the box of that kind holds, in hexadecimal digits."""
    pose: tuple[Fraction, Fraction, Fraction] = (Fraction(0), Fraction(0), Fraction(0))
    """Yaw, pitch and roll of the camera, degrees."""

    @property
    def data(self) -> bytes:
        """What the box of its kind holds."""
        return bytes.fromhex(self.settings)


@dataclass(frozen=True)
class Spatial:
    """What a track says of its pictures."""

    projection: Projection | None = None
    stereo: int | None = None
    """Matroska's number of the layout of two views."""

    @property
    def names(self) -> frozenset[str]:
        """What it says something of: :data:`PROJECTION`, :data:`STEREO`."""
        return frozenset({PROJECTION} if self.projection else ()) | ({STEREO} if self.stereo else frozenset())


def of_boxes(boxes: Mapping[bytes, bytes]) -> Spatial | None:
    """What the boxes of a sample entry say.

    Arguments:
        boxes: what is in each, by its kind.

    Raises:
        struct.error, IndexError: they are damaged.
    """
    projection = None
    if b"sv3d" in boxes:
        inside = dict(_boxes(dict(_boxes(boxes[b"sv3d"])).get(b"proj", b"")))
        kind = next((number for number, name in enumerate(KINDS) if name in inside), _FLAT)
        if kind != _FLAT:
            turns = struct.unpack_from(">3i", inside[b"prhd"], 4) if b"prhd" in inside else (0, 0, 0)
            yaw, pitch, roll = (Fraction(turn, _DEGREE) for turn in turns)
            projection = Projection(kind, inside[KINDS[kind]].hex(), (yaw, pitch, roll))
    stereo = _STEREO_MODES.get(boxes[b"st3d"][4]) if b"st3d" in boxes else None
    return Spatial(projection, stereo or None) if projection or stereo else None


def as_boxes(spatial: Spatial) -> dict[str, bytes]:
    """Boxes of a sample entry that say so, by what they say; of stereo modes MP4 knows two."""
    found = {}
    if spatial.projection is not None:
        shape = spatial.projection
        pose = struct.pack(">4x3i", *(round(turn * _DEGREE) for turn in shape.pose))
        inside = box(b"prhd", pose) + box(KINDS[shape.kind], shape.data)
        found[PROJECTION] = box(b"sv3d", box(b"svhd", bytes(5)) + box(b"proj", inside))
    mode = next((mp4 for mp4, mode in _STEREO_MODES.items() if mode == spatial.stereo), None)
    if mode:
        found[STEREO] = box(b"st3d", bytes(4) + bytes([mode]))
    return found


def box(kind: bytes, data: bytes) -> bytes:
    """A box of an MP4 file."""
    return struct.pack(">I4s", 8 + len(data), kind) + data


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            break
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found
