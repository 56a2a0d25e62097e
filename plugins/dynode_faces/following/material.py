"""The part of a reference frame whose points are followed through a clip, and where they are in another frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.finding.mesh import Face
from dynode_faces.finding.topology import FACE_OVAL, LEFT_EYE, RIGHT_EYE
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import SPARSE, Field, blur, grid, invert, pull
from dynode_faces.geometry.flow import Plane
from dynode_faces.geometry.resample import Affine, Image

UNIT: Final = 90
"""Pixels of the material grid to the distance between the eyes."""
FACE_SIZE: Final = (360, 288)
"""(H, W) of the grid around a face."""
OBJECT_SIDE: Final = 320
"""Longer side of the grid around an object, pixels."""
SOFTNESS: Final = 7.2
"""Width of the Gaussian that softens a displacement, pixels of the grid."""
STEP: Final = 8
"""Similarities are fitted to every STEP-th pixel."""


@dataclass(frozen=True)
class Material:
    """A grid of points that belong to a thing in the reference frame."""

    placement: Affine
    """Similarity from pixels of the grid to those of the reference frame."""
    size: tuple[int, int]
    """(H, W) of the grid."""
    unit: float
    """Pixels of the grid that make a length of 1: the distance between the eyes, or a third of an object."""
    picture: Image
    """(H, W, 3) the reference frame, seen on the grid."""
    inside: Plane
    """(H, W) in [0, 1]: 1 on the thing itself."""

    @classmethod
    def of_face(cls, reference: Image, face: Face) -> Material:
        """The grid around `face` of frame `reference` (H, W, 3), upright."""
        placement = face_placement(face)
        outline = resample.apply(resample.inverse(placement), face.points[list(FACE_OVAL)])
        inside = np.zeros(FACE_SIZE, np.float32)
        cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 1.0)
        return cls(placement, FACE_SIZE, UNIT, resample.sample(reference, placement, FACE_SIZE), inside)

    @classmethod
    def of_object(cls, reference: Image, mask: NDArray[np.bool_]) -> Material:
        """The grid around what `mask` (H, W) marks in frame `reference` (H, W, 3), with a margin of a quarter.

        Raises:
            ValueError: the mask marks nothing.
        """
        rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
        if not len(rows):
            raise ValueError("the mask marks nothing")
        height, width = (1.5 * (edge[-1] - edge[0] + 1) for edge in (rows, columns))
        scale = max(height, width) / OBJECT_SIDE
        size = (max(64, round(height / scale)), max(64, round(width / scale)))
        placement = resample.similarity(
            scale,
            0.0,
            ((size[1] - 1) / 2, (size[0] - 1) / 2),
            ((columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2),
        )
        marked = mask.astype(np.float32)[..., None]
        inside = resample.sample(marked, placement, size, border=cv2.BORDER_CONSTANT, interpolation=cv2.INTER_LINEAR)[
            ..., 0
        ]
        return cls(placement, size, min(size) / 3, resample.sample(reference, placement, size), inside)

    @property
    def at_home(self) -> Match:
        """Where the material is in the reference frame."""
        full = np.ones(self.size, np.float32)
        return Match(self.placement, np.zeros((*self.size, 2), np.float32), full, full, True)


def face_placement(face: Face) -> Affine:
    """The similarity from a grid of `FACE_SIZE` to the frame of `face` that puts the face upright in its middle."""
    left, right = face.points[list(LEFT_EYE)].mean(0), face.points[list(RIGHT_EYE)].mean(0)
    across = right - left
    oval = face.points[list(FACE_OVAL)]
    middle = (oval.min(0) + oval.max(0)) / 2
    return resample.similarity(
        face.interocular / UNIT,
        float(np.arctan2(across[1], across[0])),
        ((FACE_SIZE[1] - 1) / 2, (FACE_SIZE[0] - 1) / 2),
        (float(middle[0]), float(middle[1])),
    )


@dataclass(frozen=True)
class Match:
    """Where the material is in one frame: point x of the grid is at placement(x + displacement(x))."""

    placement: Affine
    """Similarity from pixels of the grid to those of the frame."""
    displacement: Field
    """(H, W, 2) pixels of the grid: how the thing deformed."""
    confidence: Plane
    """(H, W) in [0, 1]: how far the picture supports the displacement."""
    visibility: Plane
    """(H, W) in [0, 1]: 0 where something else is in front."""
    found: bool
    """False where the thing was not recognised and its place follows from motion alone."""
    drift: float | None = None
    """Median distance between where landmarks are detected and where this match puts them, in % of the unit."""

    @cached_property
    def inverse(self) -> Field:
        """The displacement that leads back: frame point p shows the grid at y + inverse(y), y = placement^-1(p)."""
        return invert(self.displacement)

    @cached_property
    def softened_inverse(self) -> Field:
        """The inverse of `softened`, which is smooth enough to be found on every fourth pixel."""
        return invert(self.softened.displacement, 2 * SPARSE)

    @cached_property
    def softened(self) -> Match:
        """The same match without the finest of its deformation, to carry warps with.

        A warp is conjugated by the displacement, and where the displacement is rough (an opening mouth), so is the
        result: with it the Jacobian of a carried smile stays above 0.4, without it, it falls to 0.1.
        """
        return replace(self, displacement=blur(self.displacement, SOFTNESS))

    def between(self, other: Match, fraction: float) -> Match:
        """The match at a time between this one (`fraction` 0) and `other` (1)."""
        if fraction == 0:
            return self
        weight = np.float32(fraction)
        return Match(
            self.placement + fraction * (other.placement - self.placement),
            self.displacement + weight * (other.displacement - self.displacement),
            self.confidence + weight * (other.confidence - self.confidence),
            self.visibility + weight * (other.visibility - self.visibility),
            self.found and other.found,
            self.drift if fraction < 0.5 else other.drift,
        )

    def to_frame(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 2) of the grid, in pixels of the frame."""
        return resample.apply(self.placement, points + _read(self.displacement, points))

    def to_grid(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Points (N, 2) of the frame, in pixels of the grid."""
        level = resample.apply(resample.inverse(self.placement), points)
        return level + _read(self.inverse, level)


def _read(field: Field, points: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(pull(field, points.astype(np.float32)[None])[0], np.float32)


def fit_similarity(
    source: NDArray[np.floating],
    target: NDArray[np.floating],
    weights: NDArray[np.floating],
    *,
    rounds: int = 1,
    scale: float = 1.0,
) -> Affine:
    """The similarity that takes points `source` (N, 2) nearest to `target` (N, 2) in weighted least squares.

    Arguments:
        weights: (N,) not negative.
        rounds: with more than one, points that miss by much more than `scale` lose their say (Cauchy weights).
    """
    p, q = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    current = np.asarray(weights, np.float64) + 1e-12
    factor, shift = 1 + 0j, 0j
    for _ in range(rounds):
        p_mean, q_mean = np.average(p, weights=current), np.average(q, weights=current)
        spread = (current * np.abs(p - p_mean) ** 2).sum()
        factor = (current * np.conj(p - p_mean) * (q - q_mean)).sum() / max(spread, 1e-12)
        shift = q_mean - factor * p_mean
        miss = np.abs(factor * p + shift - q)
        current = (weights + 1e-12) / (1 + (miss / scale) ** 2)
    return np.array([[factor.real, -factor.imag, shift.real], [factor.imag, factor.real, shift.imag]])


def chain(outer: Affine, inner: Affine) -> Affine:
    """First `inner`, then `outer`."""
    out = outer[:, :2] @ inner
    out[:, 2] += outer[:, 2]
    return np.asarray(out, np.float64)


def take_out_similarity(placement: Affine, displacement: Field, weights: Plane) -> tuple[Affine, Field]:
    """The same map, with the best similarity of `displacement` (weighted by `weights`) moved into `placement`."""
    here = grid(*displacement.shape[:2])
    points = here[::STEP, ::STEP].reshape(-1, 2).astype(np.float64)
    moved = points + displacement[::STEP, ::STEP].reshape(-1, 2)
    similar = fit_similarity(points, moved, weights[::STEP, ::STEP].ravel())
    back = resample.inverse(similar)
    level = (here + displacement) @ back[:, :2].T.astype(np.float32) + back[:, 2].astype(np.float32)
    return chain(placement, similar), np.ascontiguousarray(level - here, np.float32)
