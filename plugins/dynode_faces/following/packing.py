"""Packed correspondences: matches of many frames in a thirtieth of the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dynode_faces.following.material import Match
from dynode_faces.geometry.fields import refine
from dynode_faces.geometry.resample import Affine

SPACING: Final = 4
"""Every fourth pixel is kept: displacements are smooth over a dozen."""


@dataclass(frozen=True)
class PackedMatch:
    """A match, to a hundredth of a pixel of its grid."""

    placement: Affine
    planes: NDArray[np.float16]
    """(h, w, 4): displacement, confidence, visibility."""
    size: tuple[int, int]
    found: bool
    drift: float | None

    def unpacked(self) -> Match:
        """The match."""
        planes = refine(self.planes.astype(np.float32), SPACING, self.size)
        displacement = np.ascontiguousarray(planes[..., :2])
        confidence, visibility = (np.clip(planes[..., channel], 0, 1) for channel in (2, 3))
        return Match(self.placement, displacement, confidence, visibility, self.found, self.drift)


def packed(match: Match) -> PackedMatch:
    """`match` in a form to keep."""
    size = match.displacement.shape[:2]
    planes = np.dstack([match.displacement, match.confidence, match.visibility])
    # One more sample lies beyond either far border, so that nothing is extrapolated.
    beyond = [(0, -(side - 1) % SPACING) for side in size]
    planes = np.pad(planes, (*beyond, (0, 0)), mode="edge")[::SPACING, ::SPACING]
    return PackedMatch(match.placement, planes.astype(np.float16), size, match.found, match.drift)
