import numpy as np
import pytest

from dynode_cli import InputError
from dynode_faces.finding.tracker import FaceTracker, first_face
from dynode_faces.geometry import resample


def beside(small: np.ndarray, large: np.ndarray) -> np.ndarray:
    """One picture with a small face on the left and a large one on the right."""
    canvas = np.full((288, 620, 3), 0.4, np.float32)
    canvas[72:216, 20:196] = small
    canvas[:, 230:582] = resample.sample(large, resample.similarity(0.5, 0.0, (0, 0), (0, 0)), (288, 352))
    return canvas


def test_a_face_is_followed_without_the_detector(detector, landmark_model, carphone):
    class Counting:
        calls = 0

        def detect(self, image):
            self.calls += 1
            return detector.detect(image)

    counting = Counting()
    tracker = FaceTracker(counting, landmark_model)
    faces = [tracker.locate(image) for image in carphone[::3]]
    assert all(face is not None for face in faces)
    assert counting.calls == 1
    # Landmarks agree with those found afresh.
    fresh = FaceTracker(detector, landmark_model).locate(carphone[117])
    error = np.hypot(*(fresh.points - faces[-1].points).T)
    assert np.median(error) < 0.05 * fresh.interocular


def test_a_lost_face_is_missing_and_then_found_again(detector, landmark_model, carphone, street):
    tracker = FaceTracker(detector, landmark_model)
    images = [carphone[0], street[:144, :176], np.zeros_like(carphone[0]), carphone[6]]
    assert [tracker.locate(image) is not None for image in images] == [True, False, False, True]


def test_the_largest_face_is_followed_unless_another_is_asked_for(detector, landmark_model, carphone):
    image = beside(carphone[0], carphone[0])
    first = FaceTracker(detector, landmark_model).locate(image)
    second = FaceTracker(detector, landmark_model, rank=2).locate(image)
    assert first.points[:, 0].min() > 230
    assert second.points[:, 0].max() < 196
    assert first.interocular == pytest.approx(2 * second.interocular, rel=0.1)


def test_another_face_does_not_take_the_place_of_a_lost_one(detector, landmark_model, carphone):
    tracker = FaceTracker(detector, landmark_model, rank=2)
    alone = beside(np.full_like(carphone[0], 0.4), carphone[0])
    assert tracker.locate(beside(carphone[0], carphone[0])) is not None
    assert tracker.locate(alone) is None
    assert tracker.locate(beside(carphone[3], carphone[3])).points[:, 0].max() < 196


def test_the_number_of_faces_seen_is_counted(detector, landmark_model, carphone, street):
    tracker = FaceTracker(detector, landmark_model, rank=3)
    assert tracker.locate(street) is None
    assert tracker.most_faces == 0
    assert tracker.locate(beside(carphone[0], carphone[0])) is None
    assert tracker.most_faces == 2


def test_the_first_frame_with_a_face_is_the_reference(detector, landmark_model, carphone, street):
    nothing = street[:144, :176]
    frames = [(0.0, nothing), (0.5, nothing), (1.0, carphone[0]), (1.5, carphone[3])]
    rest = iter(frames)
    tracker = FaceTracker(detector, landmark_model)
    time, image, face = first_face(tracker, rest)
    assert time == 1.0 and np.array_equal(image, carphone[0])
    assert face.interocular == pytest.approx(21, abs=2)
    assert next(rest)[0] == 1.5
    with pytest.raises(InputError, match="no face was found in any of the 2 frames"):
        first_face(FaceTracker(detector, landmark_model), frames[:2])
    with pytest.raises(InputError, match="face 2 was asked for, and no frame of this clip shows more than one face"):
        first_face(FaceTracker(detector, landmark_model, rank=2), frames, rank=2)
