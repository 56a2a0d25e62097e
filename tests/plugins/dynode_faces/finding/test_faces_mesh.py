import math

import cv2
import numpy as np
import pytest

from dynode_faces.finding.mesh import Region
from dynode_faces.finding.topology import LEFT_EYE, LOWER_LIP, MOUTH_CORNERS, RIGHT_EYE, UPPER_LIP
from dynode_faces.geometry import resample


def face_of(detector, model, image):
    first = model.locate(image, Region.of_detection(detector.detect(image)[0]))
    return model.locate(image, Region.of_landmarks(first.points))


@pytest.mark.parametrize("angle", [0.0, 0.4, -0.4])
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_landmarks_turn_and_grow_with_the_picture(detector, landmark_model, carphone, angle, scale):
    size = (round(144 * scale), round(176 * scale))
    change = resample.similarity(scale, angle, (87.5, 71.5), (87.5 * scale, 71.5 * scale))
    image = resample.sample(carphone[0], resample.inverse(change), size)
    still, turned = face_of(detector, landmark_model, carphone[0]), face_of(detector, landmark_model, image)
    error = np.hypot(*(turned.points - resample.apply(change, still.points)).T)
    assert np.median(error) < 0.03 * turned.interocular
    assert turned.presence > 0.9


def test_landmarks_lie_where_their_names_say(detector, landmark_model, carphone):
    face = face_of(detector, landmark_model, carphone[60])
    left, right = face.points[list(LEFT_EYE)].mean(0), face.points[list(RIGHT_EYE)].mean(0)
    corners, upper, lower = face.points[list(MOUTH_CORNERS)], face.points[UPPER_LIP], face.points[LOWER_LIP]
    assert left[0] < right[0]
    assert corners[0, 0] < upper[0] < corners[1, 0]
    assert max(left[1], right[1]) < upper[1] < corners[:, 1].mean() < lower[1]
    # He shouts: the gap between the lips is dark.
    mouth = cv2.getRectSubPix(carphone[60], (3, 3), tuple((upper + lower) / 2))
    assert mouth.mean() < 0.25
    assert face.interocular == pytest.approx(22, abs=2)


def test_a_region_without_a_face_has_no_presence(landmark_model, street):
    assert landmark_model.locate(street, Region((320.0, 136.0), 200.0, 0.0)).presence < 0.1


def test_a_region_is_level_with_the_eyes_and_holds_every_landmark(detector, landmark_model, carphone):
    face = face_of(detector, landmark_model, carphone[90])
    region = Region.of_landmarks(face.points)
    inside = resample.apply(resample.inverse(region.transform()), face.points)
    assert inside.min() > 0 and inside.max() < 191
    assert inside[RIGHT_EYE[0]][1] == pytest.approx(inside[LEFT_EYE[0]][1])
    assert abs(region.angle) > math.radians(10)
