"""Warps and paint on the reference frame, carried to another frame by a match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.following.material import Match, Material
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import Field, blur, grid, lengths, pull, read
from dynode_faces.geometry.flow import Plane, luma
from dynode_faces.geometry.resample import Affine, Image

HIDDEN: Final = 0.15
"""Units over which visibility is averaged before it weakens a warp: a warp must stay smooth to stay a warp."""
LIGHT: Final = 0.30
"""Units over which brightness is compared to follow the light."""
Strength = Callable[[float], float]
"""Strength of an edit at a time in seconds."""
LEAST_SHIFT: Final = 1e-3
"""Pixels of the frame: shorter shifts are none, so that the picture there stays bit for bit."""


def conjugate(match: Match, displacement: Field) -> Field:
    """A displacement of the material (x shows what was at x + displacement(x)) as it looks in the frame of `match`.

    The conjugate phi o g o phi^-1 of the map g, without the placement: (H, W, 2), exactly 0 where g moves nothing.
    """
    soft = match.softened.displacement
    back = grid(*displacement.shape[:2]) + match.softened_inverse
    moved = read(displacement, back)
    # Written as a difference so that what does not move cancels exactly.
    return moved + read(soft, back + moved) - read(soft, back)


def warp(frame: Image, match: Match, displacement: Field, unit: float) -> Image:
    """`frame` (H, W, 3) with the material displaced; pixels that do not move are the same bits.

    Arguments:
        displacement: (h, w, 2) of the material: x shows what was at x + displacement(x).
        unit: of the material.
    """
    shown = pull(match.visibility, grid(*displacement.shape[:2]) + match.softened_inverse)
    shift = conjugate(match, displacement) * np.minimum(1, 2 * blur(shown, HIDDEN * unit))[..., None]
    window = _window(match.placement, lengths(shift) > 0, frame.shape[:2])
    if window is None:
        return frame.copy()
    left, top, right, bottom = window
    turn = match.placement[:, :2].astype(np.float32)
    local = _shifted(match.placement, left, top)
    shift = _into_frame(shift @ turn.T, local, (bottom - top, right - left))
    touched = lengths(shift) > LEAST_SHIFT
    places = np.asarray(grid(bottom - top, right - left) + shift + (left, top), np.float32)
    moved = pull(frame, places, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101)
    out = frame.copy()
    under = out[top:bottom, left:right]
    under[touched] = np.clip(moved, 0, 1)[touched]
    return out


@dataclass(frozen=True)
class Paint:
    """What was painted onto the reference frame: the difference that it makes there."""

    difference: Image
    """(H, W, 3) edited minus reference, in [-1, 1]; 0 where nothing was painted."""
    material: Material
    strength: Strength = lambda time: 1.0

    def apply(self, frame: Image, time: float, match: Match) -> Image:
        """`frame` (H, W, 3) of `time` in seconds with the paint where the material is, lit as the frame is lit, and
        behind what is in front."""
        weight = self.strength(time)
        if weight == 0:
            return frame
        cover = self._cover()
        size = self.material.size
        back = grid(*size) + match.inverse
        strength = pull(self._light(frame, match) * match.visibility * np.float32(weight), back)
        window = _window(match.placement, pull(cover, back) > 0, frame.shape[:2])
        if window is None:
            return frame.copy()
        left, top, right, bottom = window
        local, area = _shifted(match.placement, left, top), (bottom - top, right - left)
        # Frame pixel -> grid of the frame -> grid of the reference -> reference pixel.
        level = resample.inverse(local)
        places = grid(*area) @ level[:, :2].T.astype(np.float32) + level[:, 2].astype(np.float32)
        places = places + _into_frame(match.inverse, local, area)
        reference = self.material.placement.astype(np.float32)
        places = np.ascontiguousarray(places @ reference[:, :2].T + reference[:, 2], np.float32)
        paint = pull(self.difference, places, cv2.INTER_CUBIC, cv2.BORDER_CONSTANT)
        paint = paint * _into_frame(strength, local, area)[..., None]
        changed = np.abs(paint).max(2) > 0
        out = frame.copy()
        under = out[top:bottom, left:right]
        under[changed] = np.clip(under + paint, 0, 1)[changed]
        return out

    def _cover(self) -> Plane:
        """(h, w) above 0 on the painted part of the grid."""
        touched = (np.abs(self.difference).max(2) > 0).astype(np.float32)[..., None]
        material = self.material
        return resample.sample(touched, material.placement, material.size, border=cv2.BORDER_CONSTANT)[..., 0]

    def _light(self, frame: Image, match: Match) -> Plane:
        """(h, w) how much brighter the material is in `frame` than in the reference, smooth, in [1/2, 2]."""
        material = self.material
        now = pull(
            luma(resample.sample(frame, match.placement, material.size)), grid(*material.size) + match.displacement
        )
        weight = match.visibility * material.inside + np.float32(1e-3)
        width = LIGHT * material.unit
        before = blur(luma(material.picture) * weight, width)
        return np.clip((blur(now * weight, width) + 0.02) / (before + 0.02), 0.5, 2.0)


def _shifted(placement: Affine, left: int, top: int) -> Affine:
    local = placement.copy()
    local[:, 2] -= (left, top)
    return local


def _into_frame(image: NDArray[np.float32], placement: Affine, size: tuple[int, int]) -> NDArray[np.float32]:
    """An image of the grid as it lies in a frame of `size` (H, W); 0 outside the grid."""
    image = np.ascontiguousarray(image, np.float32)
    return np.asarray(cv2.warpAffine(image, placement, (size[1], size[0]), flags=cv2.INTER_LINEAR), np.float32)


def _window(placement: Affine, mask: NDArray[np.bool_], size: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the part of the frame that the masked part of the grid covers; None if none."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if not len(rows):
        return None
    x, y = [columns[0] - 1.0, columns[-1] + 1.0], [rows[0] - 1.0, rows[-1] + 1.0]
    corners = resample.apply(placement, np.array([[a, b] for a in x for b in y]))
    left, top = np.maximum(np.floor(corners.min(0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(0)).astype(int) + 1, (size[1], size[0]))
    return (int(left), int(top), int(right), int(bottom)) if right > left and bottom > top else None
