"""Face tracking: follows one face from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from dynode_cli import InputError
from dynode_faces.finding.detector import Detection, FaceDetector
from dynode_faces.finding.mesh import Face, LandmarkModel, Region
from dynode_faces.geometry.resample import Image

PRESENCE: Final = 0.5
"""A region holds a face if the landmark network is surer of it than this."""
REACH: Final = 1.5
"""How far from where it was lost a face may reappear, in sides of its region."""
REACH_A_FRAME: Final = 0.1
"""By how much `REACH` grows with every frame that the face stays away."""


class FaceTracker:
    """Finds the landmarks of the same face in consecutive frames of a shot.

    While the face is in sight, its region follows from the landmarks of the frame before, and the detector rests.
    When the landmark network no longer sees a face there, the detector looks for it again, near where it was
    lost, so that another person in the picture does not take its place.

    Arguments:
        rank: which face to follow, by its size when it is first seen: 1 is the largest.
    """

    def __init__(self, detector: FaceDetector, landmarks: LandmarkModel, *, rank: int = 1) -> None:
        self._detector = detector
        self._landmarks = landmarks
        self._rank = rank
        self._region: Region | None = None
        self._missed = 0
        self.most_faces = 0
        """The largest number of faces seen in one frame so far."""

    def begin_at(self, face: Face) -> None:
        """Go on from `face`, which another tracker found in the frame before the next or in the next one."""
        self._region = Region.of_landmarks(face.points)
        self._missed = 0

    def locate(self, image: Image) -> Face | None:
        """The landmarks in the next frame, `image` (H, W, 3); None if the face is not to be seen in it."""
        face = None
        if self._region is not None and self._missed == 0:
            face = self._confirm(image, self._region)
        if face is None:
            face = self._search(image)
        if face is None:
            self._missed += 1
            return None
        self._region = Region.of_landmarks(face.points)
        self._missed = 0
        self.most_faces = max(self.most_faces, 1)
        return face

    def _confirm(self, image: Image, region: Region) -> Face | None:
        face = self._landmarks.locate(image, region)
        return face if face.presence >= PRESENCE else None

    def _search(self, image: Image) -> Face | None:
        detections = self._detector.detect(image)
        faces = [face for face in (self._refine(image, detection) for detection in detections) if face]
        self.most_faces = max(self.most_faces, len(faces))
        if self._region is None:
            return faces[self._rank - 1] if len(faces) >= self._rank else None
        lost = self._region
        reach = (REACH + REACH_A_FRAME * self._missed) * lost.side
        near = [(_distance(lost, Region.of_landmarks(face.points)), face) for face in faces]
        distance, face = min(near, key=lambda pair: pair[0], default=(math.inf, None))
        return face if distance <= reach else None

    def _refine(self, image: Image, detection: Detection) -> Face | None:
        """The landmarks of a detection, placed once more in the region that they themselves give."""
        face = self._confirm(image, Region.of_detection(detection))
        return face and self._confirm(image, Region.of_landmarks(face.points))


def _distance(one: Region, other: Region) -> float:
    return math.dist(one.centre, other.centre)


def first_face(
    tracker: FaceTracker, frames: Iterable[tuple[float, Image]], rank: int = 1
) -> tuple[float, Image, Face]:
    """Time in seconds, picture and landmarks of the first of `frames` (time, (H, W, 3)) that shows the face.

    The tracker goes on from there.

    Raises:
        InputError: no frame does.
    """
    count = 0
    for time, image in frames:
        face = tracker.locate(image)
        if face is not None:
            return time, image, face
        count += 1
    raise no_face(tracker.most_faces, rank, count)


def no_face(seen: int, wanted: int, frames: int) -> InputError:
    """The error for a clip of so many `frames` in which face number `wanted` is not, and `seen` others are."""
    if seen:
        count = "one face" if seen == 1 else f"{seen} faces"
        return InputError(
            f"face {wanted} was asked for, and no frame of this clip shows more than {count}",
            hint=f"leave out face={wanted}: then the largest face is taken",
        )
    return InputError(
        f"no face was found in {'this frame' if frames == 1 else f'any of the {frames} frames of this clip'}",
        hint="use a clip that shows a face from the front, at least a fifteenth of the frame high",
    )
