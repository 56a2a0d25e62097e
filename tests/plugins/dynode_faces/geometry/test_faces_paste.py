import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dynode_faces.geometry import resample
from dynode_faces.geometry.paste import coverage, match_colours, paste


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


@settings(max_examples=30)
@given(x=st.floats(-60, 120), y=st.floats(-60, 120), scale=st.floats(0.2, 3), angle=st.floats(-3, 3))
def test_pixels_outside_the_square_stay_bit_for_bit(x, y, scale, angle):
    frame = noise(60, 80)
    transform = resample.similarity(scale, angle, (15.5, 15.5), (x, y))
    out = paste(frame, noise(32, 32, 1), transform, feather=0.1, colours=True)
    outside = coverage(transform, (32, 32), (60, 80), 0.1) == 0
    assert np.array_equal(out[outside], frame[outside])
    assert np.isfinite(out).all()
    assert np.array_equal(frame, noise(60, 80))


def test_coverage_rises_over_the_feather():
    transform = np.array([[1.0, 0, 10], [0, 1.0, 10]])
    alpha = coverage(transform, (40, 40), (60, 60), 0.25)
    assert alpha[30, 9] == 0
    assert alpha[30, 10] == pytest.approx((0.05) ** 2 * (3 - 0.1))
    assert (np.diff(alpha[30, 10:21]) > 0).all()
    assert alpha[30, 20:40].tolist() == [1.0] * 20


def test_what_was_cut_out_goes_back_unchanged():
    frame = 0.3 + 0.4 * resample.sample(noise(12, 16), np.array([[0.2, 0, 0], [0, 0.2, 0]]), (60, 80))
    transform = resample.similarity(0.5, 0.2, (31.5, 31.5), (40.0, 30.0))
    crop = resample.sample(frame, transform, (64, 64))
    out = paste(frame, crop, transform, feather=0.1, colours=True)
    assert np.abs(out - frame).max() < 0.01


def test_a_tint_of_the_crop_is_matched_away_and_its_content_kept():
    frame = 0.3 + 0.4 * resample.sample(noise(12, 16), np.array([[0.2, 0, 0], [0, 0.2, 0]]), (60, 80))
    transform = resample.similarity(0.5, 0.0, (31.5, 31.5), (40.0, 30.0))
    crop = resample.sample(frame, transform, (64, 64))
    tinted = crop * np.array([0.9, 1.1, 1.0], np.float32) + np.array([0.08, -0.05, 0.1], np.float32)
    tinted[28:36, 28:36] = 1.0
    matched = paste(frame, tinted, transform, feather=0.1, colours=True)
    plain = paste(frame, tinted, transform, feather=0.1, colours=False)
    ring = (np.abs(np.arange(60)[:, None] - 30) > 4) | (np.abs(np.arange(80)[None] - 40) > 4)
    assert np.abs(matched - frame)[ring].max() < 0.02
    assert np.abs(plain - frame)[ring].max() > 0.05
    assert matched[30, 40].mean() > 0.8


def test_a_seam_that_is_hardly_in_the_frame_changes_no_colours():
    picture, frame = noise(8, 8), noise(8, 8, 1)
    seam = np.zeros((8, 8))
    seam[0] = 1
    assert match_colours(picture, frame, seam) is picture


def test_a_crop_finer_than_the_frame_does_not_alias():
    stripes = np.broadcast_to((np.arange(512) % 2).astype(np.float32)[None, :, None], (512, 512, 3)).copy()
    frame = np.full((40, 40, 3), 0.5, np.float32)
    out = paste(
        frame, stripes, resample.similarity(1 / 16, 0.0, (255.5, 255.5), (20.0, 20.0)), feather=0.1, colours=False
    )
    assert np.abs(out - 0.5).max() < 0.1


def test_a_crop_beside_the_frame_changes_nothing():
    frame = noise(20, 20)
    out = paste(frame, noise(8, 8, 1), resample.similarity(1.0, 0.0, (0, 0), (100.0, 0.0)), feather=0.1, colours=True)
    assert np.array_equal(out, frame)
    assert out is not frame
