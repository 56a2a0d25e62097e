import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dynode_faces.geometry.fields import (
    LEAST_AREA,
    blur,
    compose,
    exponential,
    follow,
    grid,
    held,
    invert,
    jacobian,
    pull,
    read,
    refine,
    squeezing,
)

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
        assert np.abs(compose(back, there)).max() < 0.15 * max(1, abs(strength))
    assert np.array_equal(there[:4], np.zeros_like(there[:4]))


def test_flows_add_up_in_time():
    velocity = bump(1, 6.0)
    twice = compose(exponential(velocity, 0.7), exponential(velocity, 0.6))
    # Not where the field of this test is cut off.
    assert np.abs(twice - exponential(velocity, 1.3))[12:-12, 12:-12].max() < 0.03


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), strength=st.floats(-1e12, 1e12))
def test_a_flow_that_is_held_leaves_a_part_of_every_area(seed, strength):
    velocity = bump(seed, 6.0)
    part = held(abs(strength) * float(squeezing(velocity).max()))
    least = float(jacobian(exponential(velocity, part * strength)).min())
    # Differences over two pixels see a little more or less than the pixel itself.
    assert 0.8 * LEAST_AREA < least <= 1
    if part < 1:
        assert least < 0.6


def test_short_flows_are_not_held():
    assert held(0.0) == held(2.9) == 1.0
    assert held(6.0) == pytest.approx(math.log(20) / 6)


def test_a_long_flow_is_as_exact_as_a_short_one():
    """A whirl turns every point on its circle, by an angle that depends on the circle alone."""
    offset = grid(*SIZE) - np.array([64, 48], np.float32)
    speed = np.exp(-((np.hypot(*offset.transpose(2, 0, 1)) / 15) ** 2))
    velocity = (speed[..., None] * offset[..., ::-1] * np.array([-1, 1])).astype(np.float32)
    for time in (0.5, 3.0, 20.0):
        turn = np.exp(1j * speed * time)
        end = (offset[..., 0] + 1j * offset[..., 1]) * turn
        exact = np.stack([end.real, end.imag], 2) - offset
        assert np.abs(exponential(velocity, time) - exact).max() < 0.025 * time


def test_flows_follow_one_another():
    first, second = bump(3, 5.0), bump(4, 5.0)
    both = follow([(first, 0.6), (second, -0.8)])
    assert np.abs(both - compose(exponential(second, -0.8), exponential(first, 0.6))).max() < 0.1


def test_what_does_not_move_stays_exactly():
    velocity = bump(1, 6.0)
    flow = exponential(velocity, 0.3)
    assert not flow[~velocity.any(2)].any() and flow[velocity.any(2)].any()


def test_a_field_is_read_where_it_is_asked_for():
    linear = affine(np.array([[1.3, 0.2], [-0.4, 0.9]]))
    places = grid(*SIZE)[10:-10, 10:-10] + np.random.default_rng(0).random((76, 108, 2), dtype=np.float32)
    exact = (places - np.array([63.5, 47.5])) @ np.array([[0.3, -0.4], [0.2, -0.1]])
    assert np.abs(read(linear, places.astype(np.float32)) - exact).max() < 2e-4
    beyond = np.full((1, 1, 2), 1e4, np.float32)
    assert read(linear, beyond)[0, 0] == pytest.approx(linear[-1, -1], abs=1e-3)


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
