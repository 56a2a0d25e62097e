import cv2
import numpy as np
import pytest

from dynode_cli import WeightsError
from dynode_faces.finding.detector import FaceDetector, anchors, merge, overlap


def test_anchors_are_the_centres_of_a_48_by_48_grid():
    centres = anchors()
    assert centres.shape == (48 * 48, 2)
    assert centres[0].tolist() == [2.0, 2.0]
    assert centres[1].tolist() == [6.0, 2.0]
    assert centres[-1].tolist() == [190.0, 190.0]


def test_overlap_is_intersection_over_union():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 1, 1]], float)
    assert overlap(boxes[0], boxes) == pytest.approx([1, 2 / 6, 0, 1 / 4])


def test_boxes_of_one_face_are_averaged_by_score_and_others_stay_apart():
    rows = np.array([[0, 0, 10, 10, 5], [2, 0, 12, 10, 8], [50, 50, 60, 60, 55]], float)
    merged = merge(rows, np.array([0.9, 0.3, 0.95]), 0.3)
    assert [score for _, score in merged] == [0.95, 0.9]
    assert merged[1][0] == pytest.approx([0.5, 0, 10.5, 10, 5.75])


def test_a_degenerate_box_is_kept_once():
    merged = merge(np.zeros((2, 4)), np.array([0.9, 0.8]), 0.3)
    assert len(merged) == 2


@pytest.mark.parametrize("number", [0, 40, 60, 119])
def test_the_face_of_a_real_clip_is_found_once(detector, carphone, number):
    (face,) = detector.detect(carphone[number])
    left, right, nose, mouth = face.keypoints[:4]
    assert 45 < face.side < 70
    assert left[0] < nose[0] < right[0] < left[0] + 30
    assert max(left[1], right[1]) < nose[1] < mouth[1]
    assert face.score > 0.6


def test_a_detection_moves_with_the_face(detector, carphone):
    moved = np.roll(carphone[0], (6, 24), (0, 1))
    (before,), (after,) = detector.detect(carphone[0]), detector.detect(moved)
    assert after.centre - before.centre == pytest.approx([24, 6], abs=1.5)


def test_small_faces_and_close_ups_are_found(detector, carphone):
    small = np.full((400, 640, 3), 0.4, np.float32)
    small[100:244, 300:476] = carphone[0]
    (face,) = detector.detect(small)
    assert face.centre - detector.detect(carphone[0])[0].centre == pytest.approx([300, 100], abs=3)
    close = cv2.resize(carphone[0][40:105, 35:90], None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    (face,) = detector.detect(close)
    assert face.side > 0.7 * close.shape[1]


def test_no_face_is_found_where_there_is_none(detector, street):
    assert detector.detect(street) == []
    assert detector.detect(np.zeros((64, 64, 3), np.float32)) == []
    assert detector.detect(np.zeros((1, 1, 3), np.float32)) == []


def test_a_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    with pytest.raises(WeightsError, match="no such file"):
        FaceDetector(path)
    path.write_bytes(b"not a network" * 100)
    with pytest.raises(WeightsError, match=r"model\.tflite: not a TensorFlow Lite network"):
        FaceDetector(path)


def test_another_network_is_refused_by_the_name_of_its_outputs(face_context, carphone):
    other = face_context.resolve_weights("mediapipe-face-landmarks")
    with pytest.raises(WeightsError, match="no output 'reshaped_classifier_face_4'"):
        FaceDetector(other).detect(carphone[0])
