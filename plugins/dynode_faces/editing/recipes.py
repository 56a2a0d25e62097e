"""The built-in face directions: which landmarks move, at strength 1, by how much of the distance between the eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Move:
    """How landmarks move at strength 1, in distances between the eyes, along the axes of the face."""

    left: tuple[int, ...]
    """Landmarks on the side of small x."""
    right: tuple[int, ...]
    """Their mirror images; empty for landmarks in the middle."""
    out: float
    """Away from the middle of the face."""
    up: float
    """Towards the forehead."""


_CORNERS: Final = (61, 291, 78, 308)


@dataclass(frozen=True)
class Recipe:
    """What a direction moves, what it holds, and how far it reaches."""

    summary: str
    moves: tuple[Move, ...]
    pins: tuple[int, ...]
    """Landmarks that stay."""
    reach: float
    """Width of the influence of a landmark, distances between the eyes."""
    edge: float = 0.22
    """Over this width inside the outline of the face the field fades to nothing."""
    beyond: float = 0.0
    """By how much the outline is widened first."""
    relief: float = 0.0
    """Share of the movement of the corners of the mouth that is left out where the mouth is wide open: its corners
    would become points."""

    def controls(self, opening: float = 0.0) -> tuple[list[int], list[tuple[float, float]]]:
        """Landmarks, and their velocities (x to the right, y down), of a mouth that is shut (0) to wide open (1)."""
        rows: dict[int, tuple[float, float]] = dict.fromkeys(self.pins, (0.0, 0.0))
        for move in self.moves:
            rows.update(dict.fromkeys(move.left, (-move.out, -move.up)))
            rows.update(dict.fromkeys(move.right, (move.out, -move.up)))
        for corner in _CORNERS:
            if corner in rows:
                share = 1 - self.relief * opening
                rows[corner] = (share * rows[corner][0], share * rows[corner][1])
        return list(rows), list(rows.values())


_NOSE: Final = (48, 278, 64, 294, 98, 327, 2, 19, 129, 358)
_EYE_CORNERS: Final = (33, 133, 263, 362)
_LIDS: Final = (159, 145, 386, 374)
_BROWS: Final = (70, 63, 105, 66, 107, 300, 293, 334, 296, 336)
_LIP_CORNERS: Final = (61, 291)

RECIPES: Final[dict[str, Recipe]] = {
    "smile": Recipe(
        "the corners of the mouth go up and out, the cheeks and lower lids follow",
        (
            Move((61,), (291,), 0.078, 0.125),
            Move((78,), (308,), 0.062, 0.097),
            Move((205,), (425,), 0.034, 0.066),
            Move((145, 144, 153), (374, 373, 380), 0.0, 0.018),
            Move((0, 13), (), 0.0, -0.008),
            Move((14, 17), (), 0.0, -0.016),
        ),
        pins=_NOSE,
        reach=0.25,
        relief=0.35,
    ),
    "frown": Recipe(
        "the corners of the mouth go down, the brows draw together",
        (
            Move((61,), (291,), 0.015, -0.090),
            Move((78,), (308,), 0.010, -0.070),
            Move((13, 14, 0), (), 0.0, 0.015),
            Move((17,), (), 0.0, 0.020),
            Move((107, 55), (336, 285), -0.030, -0.045),
            Move((66, 65), (296, 295), -0.020, -0.030),
        ),
        pins=(*_NOSE, *_EYE_CORNERS, *_LIDS, 70, 300),
        reach=0.18,
    ),
    "mouth-open": Recipe(
        "the lower lip and the chin go down",
        (
            Move((14, 15, 16, 17), (), 0.0, -0.105),
            Move((87, 86, 85, 84), (317, 316, 315, 314), 0.0, -0.095),
            Move((178, 179, 180, 181), (402, 403, 404, 405), 0.0, -0.070),
            Move((13, 0), (), 0.0, 0.010),
            Move((78, 61), (308, 291), -0.012, -0.028),
            Move((18, 200, 199), (), 0.0, -0.085),
            Move((175, 152), (), 0.0, -0.060),
            Move((148, 176, 149), (377, 400, 378), 0.0, -0.045),
        ),
        pins=(*_NOSE, 205, 425, 136, 365),
        reach=0.17,
        edge=0.30,
        beyond=0.35,
    ),
    "eyes-open": Recipe(
        "the upper lids go up and the lower ones a little down",
        (
            Move((159, 158, 160), (386, 385, 387), 0.0, 0.040),
            Move((145, 144, 153), (374, 373, 380), 0.0, -0.014),
            Move((223, 224, 222), (443, 444, 442), 0.0, 0.020),
        ),
        pins=(*_EYE_CORNERS, *_BROWS, 119, 348, 6, 197),
        reach=0.09,
    ),
    "eyes-closed": Recipe(
        "the upper lids go down and the lower ones a little up",
        (
            Move((159, 158, 160), (386, 385, 387), 0.0, -0.090),
            Move((145, 144, 153), (374, 373, 380), 0.0, 0.020),
            Move((223, 224, 222), (443, 444, 442), 0.0, -0.036),
        ),
        pins=(*_EYE_CORNERS, *_BROWS, 119, 348, 6, 197),
        reach=0.09,
    ),
    "brows-up": Recipe(
        "the brows go up, the upper lids follow",
        (
            Move((63, 105, 66, 53, 52, 65), (293, 334, 296, 283, 282, 295), 0.0, 0.090),
            Move((70, 107, 46, 55), (300, 336, 276, 285), 0.0, 0.075),
            Move((159,), (386,), 0.0, 0.012),
        ),
        pins=(*_EYE_CORNERS, 145, 374, 6),
        reach=0.14,
        edge=0.16,
        beyond=0.04,
    ),
    "slim": Recipe(
        "the cheeks and the jaw draw in",
        (
            Move((93, 132), (323, 361), -0.075, 0.0),
            Move((58, 172), (288, 397), -0.100, 0.0),
            Move((136, 150), (365, 379), -0.080, 0.0),
            Move((149, 176), (378, 400), -0.045, 0.0),
            Move((205, 50), (425, 280), -0.020, 0.0),
        ),
        pins=(152, *_LIP_CORNERS, 48, 278, 33, 263, 127, 356),
        reach=0.20,
        edge=0.40,
        beyond=0.45,
    ),
    "nose-narrow": Recipe(
        "the wings and the bridge of the nose draw in",
        (
            Move((129, 64), (358, 294), -0.060, 0.0),
            Move((48, 98), (278, 327), -0.048, 0.0),
            Move((198, 174), (420, 399), -0.024, 0.0),
        ),
        pins=(1, 4, 2, 6, 0, *_LIP_CORNERS, 205, 425, 50, 280, 133, 362),
        reach=0.11,
    ),
}
