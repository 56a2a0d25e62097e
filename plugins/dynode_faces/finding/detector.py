"""Face detection: the MediaPipe full-range detector, a single-shot detector with one anchor a cell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.finding.network import Network
from dynode_faces.geometry import resample
from dynode_faces.geometry.resample import Image

SIDE: Final = 192
"""Side of the network's square input, pixels."""
STRIDE: Final = 4
KEYPOINTS: Final = 6
ZOOMS: Final = (1.0, 0.5)
"""Sizes of the frame in the input, tried in turn: a face that fills the frame is only seen in a reduced one."""
SCORES: Final = "reshaped_classifier_face_4"
BOXES: Final = "reshaped_regressor_face_4"


@dataclass(frozen=True)
class Detection:
    """A face that was found."""

    box: NDArray[np.float64]
    """(4,) left, top, right, bottom in pixels."""
    keypoints: NDArray[np.float64]
    """(6, 2) in pixels: left eye, right eye, tip of the nose, mouth, left ear, right ear (left: small x)."""
    score: float
    """Confidence in [0, 1]."""

    @property
    def centre(self) -> NDArray[np.float64]:
        """(2,) middle of the box."""
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def side(self) -> float:
        """Longer side of the box, pixels."""
        return float((self.box[2:] - self.box[:2]).max())


def anchors() -> NDArray[np.float64]:
    """(N, 2) centres of the detector's cells in pixels of its input, row by row."""
    cells = np.arange(SIDE // STRIDE) * STRIDE + STRIDE / 2
    x, y = np.meshgrid(cells, cells)
    return np.stack([x.ravel(), y.ravel()], 1)


def overlap(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of `box` (4,) with each of `boxes` (N, 4): (N,)."""
    corner = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.clip(corner, 0, None).prod(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    union = np.maximum((box[2:] - box[:2]).prod() + areas - shared, 1e-12)
    return np.asarray(shared / union)


def merge(
    rows: NDArray[np.float64], scores: NDArray[np.float64], minimum_overlap: float
) -> list[tuple[NDArray[np.float64], float]]:
    """Weighted non-maximum suppression (Bazarevsky et al., "BlazeFace", 2019, section 3.3).

    Boxes that overlap the best one are averaged with it by their scores, rather than thrown away, which is what
    keeps a detection from jumping between neighbouring anchors from one frame to the next.

    Arguments:
        rows: (N, 4 + ...) left, top, right, bottom and further coordinates that are averaged along.
        scores: (N,) positive.
        minimum_overlap: intersection over union from which two boxes are the same face.

    Returns:
        The merged rows with the score of the best of each, best first.
    """
    kept: list[tuple[NDArray[np.float64], float]] = []
    order = np.argsort(-scores, kind="stable")
    while len(order):
        best = order[0]
        same = overlap(rows[best, :4], rows[order, :4]) >= minimum_overlap
        same[0] = True
        group = order[same]
        kept.append((np.average(rows[group], axis=0, weights=scores[group]), float(scores[best])))
        order = order[~same]
    return kept


class FaceDetector:
    """The detector with the weights in file `path`.

    Faces from about a fifteenth of the frame's longer side upwards are found, up to close-ups that fill it.

    Raises:
        WeightsError: `path` is not this network.
    """

    def __init__(self, path: Path, *, threshold: float = 0.5, minimum_overlap: float = 0.3) -> None:
        self._network = Network(path, {SCORES: (1, len(anchors()), 1), BOXES: (1, len(anchors()), 4 + 2 * KEYPOINTS)})
        self._anchors = anchors()
        self._threshold = threshold
        self._minimum_overlap = minimum_overlap

    def detect(self, image: Image) -> list[Detection]:
        """The faces in `image` (H, W, 3), largest first."""
        for zoom in ZOOMS:
            found = self._detect(image, zoom)
            if found:
                return sorted(found, key=lambda detection: -detection.side)
        return []

    def _detect(self, image: Image, zoom: float) -> list[Detection]:
        height, width = image.shape[:2]
        # The whole frame, its aspect kept, in the middle of a black square.
        middle = (SIDE - 1) / 2
        to_frame = resample.similarity(
            max(height, width) / (zoom * SIDE), 0.0, (middle, middle), ((width - 1) / 2, (height - 1) / 2)
        )
        square = resample.sample(
            image, to_frame, (SIDE, SIDE), border=cv2.BORDER_CONSTANT, interpolation=cv2.INTER_LINEAR
        )
        outputs = self._network.run(square * 2 - 1)
        scores = 1 / (1 + np.exp(-np.clip(outputs[SCORES].ravel().astype(np.float64), -100, 100)))
        likely = np.flatnonzero(scores >= self._threshold)
        pairs = outputs[BOXES].reshape(len(scores), 2 + KEYPOINTS, 2)[likely].astype(np.float64)
        centre = pairs[:, 0] + self._anchors[likely]
        half = np.abs(pairs[:, 1]) / 2
        points = pairs[:, 2:] + self._anchors[likely, None]
        rows = np.concatenate([centre - half, centre + half, points.reshape(len(likely), 2 * KEYPOINTS)], 1)
        found = []
        for row, score in merge(rows, scores[likely], self._minimum_overlap):
            # The network counts from the corner of the first pixel, we from its centre.
            placed = resample.apply(to_frame, row.reshape(-1, 2) - 0.5)
            found.append(Detection(placed[:2].ravel(), placed[2:], score))
        return found
