import math

import numpy as np
import pytest

from dynode_metrics.psnr import psnr
from dynode_metrics.ssim import ssim


def noise(seed: int, size: tuple[int, ...] = (48, 64, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)


def test_psnr_of_a_known_error() -> None:
    reference = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(reference, reference + 5) == pytest.approx(10 * math.log10(255**2 / 25))
    assert psnr(reference, reference) == math.inf


def test_float_frames_are_on_the_same_scale() -> None:
    a, b = noise(0), noise(1)
    assert psnr(a / 255.0, b / 255.0) == pytest.approx(psnr(a, b), rel=1e-5)
    assert ssim(a / 255.0, b / 255.0) == pytest.approx(ssim(a, b), rel=1e-4)


def test_ssim_is_one_for_equal_frames_and_near_zero_for_unrelated_ones() -> None:
    assert ssim(noise(0), noise(0)) == pytest.approx(1)
    assert abs(ssim(noise(0), noise(1))) < 0.05


def test_ssim_of_a_constant_shift_follows_the_formula() -> None:
    # Without variance only the luminance term is left: (2 ab + c1) / (a^2 + b^2 + c1).
    a, b, c1 = 100.0, 150.0, (0.01 * 255) ** 2
    got = ssim(np.full((32, 32, 3), 100, np.uint8), np.full((32, 32, 3), 150, np.uint8))
    assert got == pytest.approx((2 * a * b + c1) / (a * a + b * b + c1), rel=1e-5)


def test_frames_smaller_than_the_window() -> None:
    assert ssim(noise(0, (1, 1, 3)), noise(0, (1, 1, 3))) == pytest.approx(1)
