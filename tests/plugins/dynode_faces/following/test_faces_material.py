import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dynode_faces.finding.topology import LEFT_EYE, RIGHT_EYE
from dynode_faces.following.material import (
    FACE_SIZE,
    UNIT,
    Match,
    Material,
    chain,
    fit_similarity,
    take_out_similarity,
)
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import grid

SIZE = (96, 80)


def smooth_field(seed: int, size: float) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(*SIZE, 2)).astype(np.float32)
    field = cv2.GaussianBlur(noise, (0, 0), 9)
    return field * np.float32(size / np.abs(field).max())


def match_of(seed: int, placement: np.ndarray) -> Match:
    ones = np.ones(SIZE, np.float32)
    return Match(placement, smooth_field(seed, 3.0), ones, ones, True)


@given(scale=st.floats(0.2, 5), angle=st.floats(-3, 3), x=st.floats(-50, 50))
def test_a_similarity_is_recovered(scale, angle, x):
    wanted = resample.similarity(scale, angle, (0, 0), (x, 2.0))
    points = np.random.default_rng(0).normal(size=(30, 2))
    found = fit_similarity(points, resample.apply(wanted, points), np.ones(30))
    assert found == pytest.approx(wanted, abs=1e-6)


def test_outliers_lose_their_say_after_a_few_rounds():
    wanted = resample.similarity(1.1, 0.2, (0, 0), (3.0, 2.0))
    points = np.random.default_rng(0).normal(size=(60, 2)) * 20
    target = resample.apply(wanted, points)
    target[::5] += (40, -30)
    plain = fit_similarity(points, target, np.ones(60))
    robust = fit_similarity(points, target, np.ones(60), rounds=20, scale=0.5)
    assert np.abs(robust - wanted).max() < 0.1 < np.abs(plain - wanted).max()


def test_chained_maps_are_applied_from_the_right():
    outer, inner = (resample.similarity(s, a, (1, 2), (5, 3)) for s, a in ((2, 0.3), (0.5, -1)))
    points = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert resample.apply(chain(outer, inner), points) == pytest.approx(
        resample.apply(outer, resample.apply(inner, points))
    )


def test_taking_out_the_similarity_leaves_the_same_map_and_no_similarity():
    turn = resample.similarity(1.05, 0.1, (40, 48), (43, 46))
    here = grid(*SIZE)
    moved = resample.apply(turn, (here + smooth_field(0, 2.0)).reshape(-1, 2)).reshape(*SIZE, 2)
    displacement = (moved - here).astype(np.float32)
    ones = np.ones(SIZE, np.float32)
    before = Match(resample.similarity(0.5, 0.3, (0, 0), (20, 10)), displacement, ones, ones, True)
    after = Match(*take_out_similarity(before.placement, displacement, ones), ones, ones, True)
    points = here[::7, ::7].reshape(-1, 2)
    assert after.to_frame(points) == pytest.approx(before.to_frame(points), abs=1e-3)
    again, _ = take_out_similarity(np.eye(2, 3), after.displacement, ones)
    assert again == pytest.approx(np.eye(2, 3), abs=1e-3)
    assert np.abs(after.displacement).max() < 0.6 * np.abs(displacement).max()


def test_to_the_frame_and_back():
    match = match_of(3, resample.similarity(0.7, -0.4, (40, 48), (100, 60)))
    points = grid(*SIZE)[20:-20:5, 20:-20:5].reshape(-1, 2)
    assert match.to_grid(match.to_frame(points)) == pytest.approx(points, abs=0.05)


def test_between_two_matches():
    one = match_of(1, resample.similarity(1.0, 0.0, (0, 0), (10, 10)))
    other = match_of(2, resample.similarity(1.0, 0.0, (0, 0), (20, 14)))
    points = grid(*SIZE)[::9, ::9].reshape(-1, 2)
    middle = one.between(other, 0.25).to_frame(points)
    assert middle == pytest.approx(0.75 * one.to_frame(points) + 0.25 * other.to_frame(points), abs=1e-3)
    assert one.between(other, 0) is one


def test_the_grid_of_a_face_is_upright_and_scaled_to_the_distance_between_the_eyes(
    detector, landmark_model, carphone
):
    from dynode_faces.finding.tracker import FaceTracker

    face = FaceTracker(detector, landmark_model).locate(carphone[90])
    material = Material.of_face(carphone[90], face)
    points = resample.apply(resample.inverse(material.placement), face.points)
    left, right = points[list(LEFT_EYE)].mean(0), points[list(RIGHT_EYE)].mean(0)
    assert right - left == pytest.approx([UNIT, 0], abs=1e-6)
    assert points.min() > 20 and points[:, 0].max() < FACE_SIZE[1] - 20 and points[:, 1].max() < FACE_SIZE[0] - 20
    assert material.picture.shape == (*FACE_SIZE, 3) and material.inside.shape == FACE_SIZE
    assert 0.3 < material.inside.mean() < 0.7


def test_the_grid_of_an_object_surrounds_its_mask():
    mask = np.zeros((100, 200), bool)
    mask[30:50, 100:160] = True
    material = Material.of_object(np.zeros((100, 200, 3), np.float32), mask)
    corners = np.array([[0, 0], [material.size[1] - 1, material.size[0] - 1]])
    low, high = resample.apply(material.placement, corners)
    assert low[0] == pytest.approx(129.5 - 45, abs=1) and high[0] == pytest.approx(129.5 + 45, abs=1)
    assert low[1] < 30 and high[1] > 49
    with pytest.raises(ValueError, match="marks nothing"):
        Material.of_object(np.zeros((100, 200, 3), np.float32), np.zeros((100, 200), bool))
