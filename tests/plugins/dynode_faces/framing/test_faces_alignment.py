import numpy as np
import pytest
from hypothesis import given, strategies as st

from dynode_faces.finding.topology import LANDMARKS, LEFT_EYE, MOUTH_CORNERS, RIGHT_EYE
from dynode_faces.framing.alignment import Squares, ffhq_square, fill_gaps, smooth, square_track
from dynode_faces.geometry import resample


def landmarks(eye_distance: float, mouth_drop: float) -> np.ndarray:
    """(468, 2): eyes at y = 0 around x = 0, the mouth below."""
    points = np.zeros((LANDMARKS, 2))
    points[list(LEFT_EYE)] = (-eye_distance / 2, 0)
    points[list(RIGHT_EYE)] = (eye_distance / 2, 0)
    points[list(MOUTH_CORNERS)] = ((-10, mouth_drop), (10, mouth_drop))
    return points


@pytest.mark.parametrize(("drop", "half_side"), [(20.0, 80.0), (60.0, 108.0)])
def test_the_square_is_twice_the_eyes_or_1_8_times_the_mouth(drop, half_side):
    centre, axis = ffhq_square(landmarks(40.0, drop))
    assert centre == pytest.approx([0, 0.1 * drop])
    assert axis == pytest.approx([half_side, 0])


@given(angle=st.floats(-3, 3), scale=st.floats(0.1, 10), x=st.floats(-500, 500))
def test_the_square_follows_a_similarity(angle, scale, x):
    points = landmarks(40.0, 45.0)
    change = resample.similarity(scale, angle, (0, 0), (x, 7.0))
    centre, axis = ffhq_square(points)
    moved, turned = ffhq_square(resample.apply(change, points))
    assert moved == pytest.approx(resample.apply(change, centre[None])[0])
    assert turned == pytest.approx(change[:, :2] @ axis)


def test_transforms_put_the_corners_of_the_picture_on_those_of_the_square():
    squares = Squares(np.array([[30.0, 20.0]]), np.array([[0.0, 8.0]]))  # turned by 90 degrees
    corners = np.array([[-0.5, -0.5], [63.5, -0.5], [63.5, 31.5], [31.5, 15.5]])
    placed = resample.apply(squares.transforms((32, 64))[0], corners)
    assert placed == pytest.approx(np.array([[38, 12], [38, 28], [22, 28], [30, 20]]))


def test_gaps_are_interpolated_in_time_and_held_at_the_ends():
    values = np.array([[9.0], [1.0], [9.0], [9.0], [3.0], [9.0]])
    found = np.array([False, True, False, False, True, False])
    times = np.array([0.0, 1.0, 1.5, 4.0, 5.0, 9.0])
    assert fill_gaps(values, found, times).ravel() == pytest.approx([1, 1, 1.25, 2.5, 3, 3])


def test_smoothing_keeps_constants_and_has_the_gaussians_width():
    assert smooth(np.full((5, 2), 3.0), 2.0) == pytest.approx(np.full((5, 2), 3.0))
    impulse = np.zeros((101, 1))
    impulse[50] = 1
    response = smooth(impulse, 3.0).ravel()
    assert response.sum() == pytest.approx(1)
    assert ((np.arange(101) - 50) ** 2 * response).sum() ** 0.5 == pytest.approx(3, rel=0.02)
    assert np.array_equal(smooth(impulse, 0.0), impulse)
    assert smooth(np.array([[4.0]]), 3.0).tolist() == [[4.0]]


def test_axes_are_smoothed_more_than_centres():
    noise = np.random.default_rng(0).normal(size=(400, 2))
    track = square_track(
        Squares(noise, noise), np.ones(400, bool), np.arange(400.0), centre_sigma=1.0, axes_sigma=3.0
    )
    # White noise under a Gaussian of sigma s keeps 1 / (2 s sqrt(pi)) of its variance.
    assert track.centres.var() == pytest.approx(1 / (2 * np.pi**0.5), rel=0.25)
    assert track.axes.var() == pytest.approx(1 / (6 * np.pi**0.5), rel=0.3)
