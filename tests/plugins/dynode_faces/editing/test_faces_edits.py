import cv2
import numpy as np
import pytest

from dynode_faces.editing.edits import Paint, conjugate, warp
from dynode_faces.following.material import Match, Material
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import exponential, grid, jacobian, pull

SIZE = (128, 96)
ONES = np.ones(SIZE, np.float32)


def bump(x: float, y: float, radius: float = 20.0) -> np.ndarray:
    """A velocity field of at most 5 pixels that is exactly 0 beyond `radius`."""
    distance = np.hypot(*(grid(*SIZE) - (x, y)).transpose(2, 0, 1)) / radius
    size = np.clip(1 - distance, 0, None) ** 2 * (1 + 2 * distance)
    return (size[..., None] * np.array([5.0, -3.0])).astype(np.float32)


def smooth_field(size: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=(*SIZE, 2)).astype(np.float32)
    field = cv2.GaussianBlur(noise, (0, 0), 14)
    return field * np.float32(size / np.abs(field).max())


def picture(height: int = 150, width: int = 180) -> np.ndarray:
    noise = np.random.default_rng(3).random((height, width, 3), dtype=np.float32)
    return np.clip(0.5 + 3 * (cv2.GaussianBlur(noise, (0, 0), 2) - 0.5), 0, 1)


def match_of(placement: np.ndarray, displacement: np.ndarray | None = None, visibility: np.ndarray = ONES) -> Match:
    still = np.zeros((*SIZE, 2), np.float32)
    return Match(placement, still if displacement is None else displacement, ONES, visibility, True)


def test_without_deformation_a_displacement_is_carried_as_it_is():
    displacement = exponential(bump(48, 64), -1)
    assert np.abs(conjugate(match_of(np.eye(2, 3)), displacement) - displacement).max() < 1e-4


def test_a_carried_displacement_is_the_conjugate():
    match = match_of(np.eye(2, 3), smooth_field(6.0))
    displacement = exponential(bump(48, 64), -1)
    carried = conjugate(match, displacement)
    points = grid(*SIZE)[30:-30:6, 30:-30:6].reshape(-1, 2)
    soft = match.softened
    source = soft.to_grid(points)
    source = source + pull(displacement, source.astype(np.float32)[None])[0]
    assert points + carried[30:-30:6, 30:-30:6].reshape(-1, 2) == pytest.approx(soft.to_frame(source), abs=0.1)
    assert jacobian(carried).min() > 0


def test_pixels_that_do_not_move_are_the_same_bits():
    frame = picture()
    match = match_of(resample.similarity(0.8, 0.3, (48, 64), (90, 70)), smooth_field(4.0))
    out = warp(frame, match, exponential(bump(48, 64), -1), 100)
    changed = (out != frame).any(2)
    x, y = np.meshgrid(np.arange(180), np.arange(150))
    middle = match.softened.to_frame(np.array([[48.0, 64.0]]))[0]
    assert changed.any()
    assert not changed[np.hypot(x - middle[0], y - middle[1]) > 26].any()
    assert np.array_equal(frame, picture())


def test_a_warp_moves_what_it_says():
    frame = np.zeros((150, 180, 3), np.float32)
    cv2.circle(frame, (90, 70), 3, (1, 1, 1), -1, cv2.LINE_AA)
    match = match_of(resample.similarity(0.5, 0.0, (48, 64), (90, 70)))
    flow = exponential(bump(48, 64), 1)
    out = warp(frame, match, exponential(bump(48, 64), -1), 100)
    y, x = (np.average(axis, weights=out[..., 0]) for axis in np.mgrid[:150, :180])
    disc = np.hypot(*(grid(*SIZE) - (48, 64)).transpose(2, 0, 1)) < 7
    assert [x - 90, y - 70] == pytest.approx(0.5 * flow[disc].mean(0), abs=0.2)


def test_nothing_is_warped_behind_what_is_in_front_or_outside_the_frame():
    displacement = exponential(bump(48, 64), -1)
    frame = picture()
    hidden = match_of(resample.similarity(1, 0, (48, 64), (90, 70)), visibility=0 * ONES)
    away = match_of(resample.similarity(1, 0, (48, 64), (900, 70)))
    assert np.array_equal(warp(frame, hidden, displacement, 100), frame)
    assert np.array_equal(warp(frame, away, displacement, 100), frame)
    assert np.array_equal(warp(frame, match_of(np.eye(2, 3)), np.zeros((*SIZE, 2), np.float32), 100), frame)


@pytest.fixture
def paint():
    """A red square on the middle of the material, which is at (60, 70) of its reference frame."""
    reference = picture()
    placement = resample.similarity(1.0, 0.0, (48, 64), (60, 70))
    difference = np.zeros_like(reference)
    difference[65:76, 55:66] = (0.3, -0.2, -0.2)
    view = resample.sample(reference, placement, SIZE)
    return Paint(difference, Material(placement, SIZE, 100.0, view, ONES)), reference


def test_paint_on_the_reference_is_what_was_painted(paint):
    edit, reference = paint
    out = edit.apply(reference, 0.0, match_of(edit.material.placement))
    assert np.abs(out - np.clip(reference + edit.difference, 0, 1)).max() < 0.02
    assert np.array_equal(out[:60], reference[:60])


def test_paint_follows_the_material_and_the_light(paint):
    edit, reference = paint
    move = resample.similarity(1.2, 0.4, (60, 70), (100, 60))
    frame = 0.6 * resample.sample(reference, resample.inverse(move), (150, 180))
    placement = resample.similarity(1.2, 0.4, (48, 64), (100, 60))
    added = edit.apply(frame, 0.0, match_of(placement)) - frame
    y, x = (np.average(axis, weights=added[..., 0]) for axis in np.mgrid[:150, :180])
    assert [x, y] == pytest.approx([100, 60], abs=0.3)
    assert added[60, 100] == pytest.approx(0.6 * np.array([0.3, -0.2, -0.2]), rel=0.1)
    assert (added[..., 0] > 0.09).sum() == pytest.approx(1.44 * 121, rel=0.1)


def test_paint_stays_behind_what_is_in_front(paint):
    edit, reference = paint
    hidden = match_of(edit.material.placement, visibility=0 * ONES)
    assert np.array_equal(edit.apply(reference, 0.0, hidden), reference)
    nothing = Paint(np.zeros_like(reference), edit.material)
    assert np.array_equal(nothing.apply(reference, 0.0, match_of(edit.material.placement)), reference)
