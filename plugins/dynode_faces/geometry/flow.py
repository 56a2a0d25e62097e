"""Dense optical flow between two pictures that nearly coincide, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.geometry.fields import Field, blur, grid, lengths, pull

Plane = NDArray[np.float32]
"""(H, W) float32."""

CONTRAST_SIGMA: Final = 8.0
"""Width of the neighbourhood whose mean and contrast are taken out before flow, pixels."""
CENSUS_STEP: Final = 2
CENSUS_OFFSETS: Final = ((3, 0), (0, 3), (3, 3), (3, -3), (-3, 0), (0, -3), (-3, -3), (-3, 3))


def luma(image: NDArray[np.float32]) -> Plane:
    """(H, W, 3) RGB as (H, W) luma of BT.709."""
    return image @ np.array([0.2126, 0.7152, 0.0722], np.float32)


def normalise(plane: Plane) -> Plane:
    """`plane` with mean 0 and contrast 1 in every neighbourhood; flat parts stay near 0."""
    mean = blur(plane, CONTRAST_SIGMA)
    centred = plane - mean
    spread = np.sqrt(np.maximum(blur(centred * centred, CONTRAST_SIGMA), 0))
    return np.asarray(centred / (spread + 0.02), np.float32)


def as_bytes(normalised: Plane) -> NDArray[np.uint8]:
    """A normalised plane as optical flow wants it."""
    return np.asarray(np.clip(normalised * 40 + 128, 0, 255), np.uint8)


class DenseFlow:
    """Dense inverse search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016).

    Arguments:
        coarse: three times faster, and less precise.
    """

    def __init__(self, *, coarse: bool = False) -> None:
        preset = cv2.DISOPTICAL_FLOW_PRESET_FAST if coarse else cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        # Never given a flow to start from: it would silently keep it for all later calls.
        self._search = cv2.DISOpticalFlow.create(preset)
        # The preset refines five times, which changes no figure of benchmarks/edit_quality.py.
        self._search.setVariationalRefinementIterations(1 if coarse else 2)

    def between(self, one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Field:
        """(H, W, 2): what `one` (H, W) has at x is in `other` at x + flow(x)."""
        return np.asarray(self._search.calc(one, other, None), np.float32)  # type: ignore[call-overload]


def census(plane: Plane) -> NDArray[np.float32]:
    """(h, w, 8) soft signs of the differences to eight neighbours three pixels away, of a normalised plane (H, W).

    They are taken at every second pixel, which is as fine as what is made of them.
    """
    padded = cv2.copyMakeBorder(plane, 3, 3, 3, 3, cv2.BORDER_REPLICATE)
    height, width = plane.shape
    middle = np.ascontiguousarray(plane[::CENSUS_STEP, ::CENSUS_STEP])
    out = np.empty((*middle.shape, len(CENSUS_OFFSETS)), np.float32)
    for index, (x, y) in enumerate(CENSUS_OFFSETS):
        moved = padded[3 + y : 3 + y + height : CENSUS_STEP, 3 + x : 3 + x + width : CENSUS_STEP]
        difference = moved - middle
        out[..., index] = difference / np.sqrt(difference * difference + np.float32(0.1))
    return out


def census_distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> Plane:
    """(h, w) in [0, 1]: how differently two neighbourhoods are built."""
    difference = one - other
    return np.asarray(np.einsum("hwc,hwc->hw", difference, difference) / (4 * difference.shape[2]), np.float32)


PRIOR: Final = 0.05
"""Weight of "no flow at all" where flow is averaged."""
LONGEST: Final = 0.05
"""Units: longer residuals are less and less believed."""
AGREEMENT: Final = 0.012
"""Units: by how much there and back may disagree."""


@dataclass(frozen=True)
class Residual:
    """Flow from a reference to a picture that nearly coincides with it."""

    flow: Field
    """(H, W, 2): the reference at x is the picture at x + flow(x)."""
    confidence: Plane
    """(H, W) in [0, 1]."""
    mismatch: Plane
    """(H, W) distance between the way there and the way back, pixels."""
    census: Plane
    """(H, W) in [0, 1]: what differs after the flow."""


class ResidualFlow:
    """Compares pictures with one reference.

    Arguments:
        reference: (H, W) luma.
        unit: pixels of the grid that make a length of 1 (for faces, the distance between the eyes).
    """

    def __init__(self, reference: Plane, unit: float) -> None:
        self._unit = unit
        self._reference = normalise(reference)
        self._bytes = as_bytes(self._reference)
        self._census = census(self._reference)
        corner = cv2.cornerMinEigenVal(self._reference, 7, ksize=3)
        self._structure = corner / (corner + np.float32(max(0.25 * float(np.median(corner)), 1e-6)))
        self._dense = DenseFlow()
        # The way back only shows where the way there cannot be trusted.
        self._back = DenseFlow(coarse=True)

    def compare(self, picture: Plane) -> Residual:
        """The flow from the reference to `picture` (H, W) luma."""
        plane = normalise(picture)
        picture_bytes = as_bytes(plane)
        flow = self._dense.between(self._bytes, picture_bytes)
        back = self._back.between(picture_bytes, self._bytes)
        places = grid(*picture.shape) + flow
        mismatch = lengths(flow + pull(back, places))
        length = lengths(flow)
        before = census_distance(self._census, census(plane))
        after = census_distance(self._census, census(pull(plane, places)))
        gain = _enlarged(blur(before - after, 0.02 * self._unit / CENSUS_STEP), picture.shape)
        confidence = (
            np.exp(-((mismatch / (AGREEMENT * self._unit)) ** 2) - (length / (LONGEST * self._unit)) ** 2)
            * self._structure
            / (1 + np.exp(-gain / 0.01))
        )
        return Residual(flow, np.asarray(confidence, np.float32), mismatch, _enlarged(after, picture.shape))


def _enlarged(plane: Plane, size: tuple[int, ...]) -> Plane:
    """What is known at every `CENSUS_STEP`-th pixel, for all of (H, W)."""
    height, width = size
    # Sample n lies on pixel n * CENSUS_STEP, which cv2.resize would shift by half a step.
    scale = np.array([[CENSUS_STEP, 0.0, 0.0], [0.0, CENSUS_STEP, 0.0]])
    enlarged = cv2.warpAffine(plane, scale, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(enlarged, np.float32)


def regularise(residual: Residual, sigma: float) -> Field:
    """The residual's flow, smoothed over `sigma` pixels with its confidence as weight; 0 where nothing is trusted."""
    weight = blur(residual.confidence, sigma)
    flow = blur(residual.flow * residual.confidence[..., None], sigma)
    return np.asarray(flow / (weight + np.float32(PRIOR))[..., None], np.float32)
