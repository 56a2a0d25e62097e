import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dynode_faces.fields import blur, compose, exponential, grid, invert, jacobian, pull, refine

SIZE = (96, 128)
INSIDE = (slice(20, -20), slice(20, -20))


def bump(seed: int, size: float, sigma: float = 8.0) -> np.ndarray:
    """A smooth random field that vanishes near the border; its longest vector has `size` pixels."""
    noise = np.random.default_rng(seed).normal(size=(*SIZE, 2)).astype(np.float32)
    noise[:24] = noise[-24:] = noise[:, :24] = noise[:, -24:] = 0
    field = cv2.GaussianBlur(noise, (0, 0), sigma)
    field[:8] = field[-8:] = field[:, :8] = field[:, -8:] = 0
    return field * np.float32(size / np.linalg.norm(field, axis=2).max())


def affine(matrix: np.ndarray) -> np.ndarray:
    """The field of x -> c + M (x - c), c the middle."""
    centred = grid(*SIZE) - np.array([63.5, 47.5], np.float32)
    return (centred @ (matrix - np.eye(2)).T).astype(np.float32)


def test_the_flow_of_a_rotation_is_a_rotation():
    turning = affine(np.array([[1.0, -0.3], [0.3, 1.0]]))
    turned = affine(np.array([[math.cos(0.3), -math.sin(0.3)], [math.sin(0.3), math.cos(0.3)]]))
    middle = (slice(34, -34), slice(46, -46))
    assert np.abs(exponential(turning, 1.0) - turned)[middle].max() < 0.03


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), strength=st.floats(-3, 3))
def test_a_flow_never_folds_and_is_undone_by_its_opposite(seed, strength):
    velocity = bump(seed, 6.0)
    there, back = exponential(velocity, strength), exponential(velocity, -strength)
    assert jacobian(there).min() > 0
    if abs(strength) <= 2:
        # Beyond, a hundredth of the area may be left somewhere, and a pixel is too coarse to find back from there.
        assert np.abs(compose(back, there)).max() < 0.25 * max(1, abs(strength))
    assert np.array_equal(there[:4], np.zeros_like(there[:4]))


def test_flows_add_up_in_time():
    velocity = bump(1, 6.0)
    twice = compose(exponential(velocity, 0.7), exponential(velocity, 0.6))
    assert np.abs(twice - exponential(velocity, 1.3)).max() < 0.1


def test_no_time_is_no_movement():
    assert not exponential(bump(1, 6.0), 0.0).any()


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), size=st.floats(0.1, 6))
def test_an_inverse_leads_back(seed, size):
    field = exponential(bump(seed, size), 1.0)
    assert np.abs(compose(field, invert(field))).max() < 0.25


def test_an_inverse_is_found_where_the_map_stretches_threefold():
    stretch = affine(np.diag([1.0, 3.0]))
    back = invert(stretch)
    assert np.abs(back - affine(np.diag([1.0, 1 / 3])))[INSIDE].max() < 0.02


def test_the_jacobian_is_the_determinant_of_the_map():
    matrix = np.array([[1.2, 0.3], [-0.1, 0.8]])
    assert jacobian(affine(matrix))[INSIDE] == pytest.approx(np.linalg.det(matrix), abs=1e-4)
    assert jacobian(affine(np.diag([-1.0, 1.0])))[INSIDE].max() < 0


def test_pictures_are_pulled_and_fields_composed_the_same_way():
    image = bump(2, 1.0)[..., 0]
    first, second = bump(3, 2.0), bump(4, 2.0)
    one_by_one = pull(pull(image, grid(*SIZE) + second), grid(*SIZE) + first)
    at_once = pull(image, grid(*SIZE) + compose(second, first))
    assert np.abs(one_by_one - at_once).max() < 0.03


def test_wide_blurs_agree_with_plain_ones():
    image = np.random.default_rng(0).random((200, 160), dtype=np.float32)
    plain = cv2.GaussianBlur(image, (0, 0), 12.0, borderType=cv2.BORDER_REFLECT_101)
    assert np.abs(blur(image, 12.0) - plain).max() < 0.02


def test_refining_keeps_the_known_pixels():
    coarse = np.random.default_rng(0).normal(size=(12, 9, 2)).astype(np.float32)
    fine = refine(coarse, 8, (80, 60))
    assert fine.shape == (80, 60, 2)
    assert fine[16, 24] == pytest.approx(coarse[2, 3], abs=1e-5)
