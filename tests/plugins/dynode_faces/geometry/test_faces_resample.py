import math

import cv2
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dynode_faces.geometry import resample


def plane(height: int, width: int) -> np.ndarray:
    """(H, W, 2) float32: every pixel says where it is."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.stack([x, y], 2).astype(np.float32)


@given(
    scale=st.floats(0.2, 4),
    angle=st.floats(-math.pi, math.pi),
    x=st.floats(40, 60),
    y=st.floats(40, 60),
)
def test_a_similarity_maps_its_point_and_turns_back(scale, angle, x, y):
    transform = resample.similarity(scale, angle, (3.0, 4.0), (x, y))
    assert resample.apply(transform, np.array([[3.0, 4.0]])) == pytest.approx(np.array([[x, y]]))
    assert resample.stretch(transform) == pytest.approx(scale)
    points = np.array([[0.0, 0.0], [5.0, -2.0]])
    there = resample.apply(transform, points)
    assert resample.apply(resample.inverse(transform), there) == pytest.approx(points, abs=1e-6)


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0, 2.7, 5.0])
def test_a_picture_shows_the_place_that_the_transform_names_at_any_scale(scale):
    transform = resample.similarity(scale, 0.3, (3.5, 3.5), (50.0, 45.0))
    picture = resample.sample(plane(100, 100), transform, (8, 8))
    wanted = resample.apply(transform, plane(8, 8).reshape(-1, 2).astype(np.float64)).reshape(8, 8, 2)
    assert np.abs(picture - wanted).max() < 0.05


def test_fine_stripes_become_grey_instead_of_aliasing():
    stripes = np.broadcast_to((np.arange(200) % 2).astype(np.float32)[None, :, None], (200, 200, 3)).copy()
    picture = resample.sample(stripes, resample.similarity(4.0, 0.0, (10, 10), (100, 100)), (20, 20))
    assert np.abs(picture - 0.5).max() < 0.1
    naive = cv2.warpAffine(
        stripes,
        resample.similarity(4.0, 0.0, (10, 10), (100, 100)),
        (20, 20),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
    )
    assert np.abs(naive - 0.5).max() > 0.45


def test_outside_the_image_its_mirror_is_seen():
    shift = np.array([[1.0, 0.0, -5.0], [0.0, 1.0, 0.0]])
    picture = resample.sample(plane(20, 20), shift, (20, 20))
    assert picture[0, :6, 0] == pytest.approx([5, 4, 3, 2, 1, 0], abs=1e-4)


def test_an_identical_grid_gives_the_image_itself():
    image = np.random.default_rng(0).random((31, 17, 3), dtype=np.float32)
    assert np.array_equal(resample.sample(image, np.eye(2, 3), (31, 17)), image)
