"""Face landmarks: places the 468 points of the MediaPipe face mesh inside a region of a frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.finding.detector import Detection
from dynode_faces.finding.network import Network
from dynode_faces.finding.topology import LANDMARKS, LEFT_EYE, RIGHT_EYE
from dynode_faces.geometry import resample
from dynode_faces.geometry.resample import Image

SIDE: Final = 192
"""Side of the network's square input, pixels."""
POINTS: Final = "conv2d_20"
PRESENCE: Final = "conv2d_30"
MARGIN: Final = 1.5
"""Side of the region over the longer side of the face's box, which the network was trained for."""


@dataclass(frozen=True)
class Region:
    """A turned square of a frame."""

    centre: tuple[float, float]
    """x, y in pixels."""
    side: float
    """Pixels."""
    angle: float
    """By how much the face in it is turned, radians, clockwise as seen."""

    @classmethod
    def of_detection(cls, detection: Detection) -> Region:
        """The region around a detected face, level with its eyes."""
        left, right = detection.keypoints[0], detection.keypoints[1]
        x, y = detection.centre
        return cls((float(x), float(y)), MARGIN * detection.side, _angle(left, right))

    @classmethod
    def of_landmarks(cls, points: NDArray[np.float64]) -> Region:
        """The region around landmarks (468, 2), level with the outer corners of their eyes."""
        angle = _angle(points[LEFT_EYE[0]], points[RIGHT_EYE[0]])
        upright = resample.similarity(1.0, -angle, (0.0, 0.0), (0.0, 0.0))
        level = resample.apply(upright, points)
        low, high = level.min(0), level.max(0)
        centre = resample.apply(resample.inverse(upright), ((low + high) / 2)[None])[0]
        return cls((float(centre[0]), float(centre[1])), MARGIN * float((high - low).max()), angle)

    def transform(self) -> resample.Affine:
        """The map from pixels of the network's input to those of the frame."""
        middle = (SIDE - 1) / 2
        return resample.similarity(self.side / SIDE, self.angle, (middle, middle), self.centre)


def _angle(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    return math.atan2(float(right[1] - left[1]), float(right[0] - left[0]))


@dataclass(frozen=True)
class Face:
    """The landmarks of one face in one frame."""

    points: NDArray[np.float64]
    """(468, 2) x, y in pixels of the frame; the centre of the first pixel is (0, 0)."""
    presence: float
    """How sure the network is that the region showed a face, in [0, 1]."""

    @property
    def interocular(self) -> float:
        """Distance between the middles of the eyes, pixels."""
        left, right = self.points[list(LEFT_EYE)].mean(0), self.points[list(RIGHT_EYE)].mean(0)
        return float(np.hypot(*(right - left)))


class LandmarkModel:
    """The landmark network with the weights in file `path`.

    Raises:
        WeightsError: `path` is not this network.
    """

    def __init__(self, path: Path) -> None:
        self._network = Network(path, {POINTS: (1, 3 * LANDMARKS, 1, 1), PRESENCE: (1, 1, 1, 1)})

    def locate(self, image: Image, region: Region) -> Face:
        """The landmarks of the face that is supposed to be in `region` of `image` (H, W, 3).

        Whether one is there is for `Face.presence` to say.
        """
        transform = region.transform()
        square = resample.sample(
            image, transform, (SIDE, SIDE), border=cv2.BORDER_REPLICATE, interpolation=cv2.INTER_LINEAR
        )
        outputs = self._network.run(square)
        points = outputs[POINTS].reshape(LANDMARKS, 3)[:, :2].astype(np.float64)
        logit = float(np.clip(outputs[PRESENCE].item(), -100, 100))
        # The network counts from the corner of the first pixel, we from its centre.
        return Face(resample.apply(transform, points - 0.5), 1 / (1 + math.exp(-logit)))
