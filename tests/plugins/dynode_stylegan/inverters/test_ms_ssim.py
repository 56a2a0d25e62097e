"""MS-SSIM of batches."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from dynode_stylegan.inverters.ms_ssim import ms_ssim


def pictures(size: int = 176) -> Tensor:
    random = torch.Generator().manual_seed(0)
    small = torch.rand(2, 3, size // 8, size // 8, generator=random)
    return torch.nn.functional.interpolate(small, size=(size, size), mode="bicubic").clamp(0, 1)


@pytest.mark.parametrize("size", [8, 16, 64, 176])
def test_ms_ssim_is_one_for_equal_pictures_and_falls_with_noise(size: int) -> None:
    a = pictures(size)
    torch.testing.assert_close(ms_ssim(a, a), torch.ones(2))
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(1))
    scores = [ms_ssim(a, (a + s * noise).clamp(0, 1)).mean() for s in (0.02, 0.1, 0.4)]
    assert 1 > scores[0] > scores[1] > scores[2] >= 0


def test_one_scale_is_the_ssim_of_gaussian_windows() -> None:
    a = pictures(16)
    b = (a + 0.1 * torch.randn(a.shape, generator=torch.Generator().manual_seed(1))).clamp(0, 1)

    def expected(x: np.ndarray, y: np.ndarray) -> float:
        def blur(z: np.ndarray) -> np.ndarray:
            return np.asarray(cv2.GaussianBlur(z, (11, 11), 1.5))[5:-5, 5:-5]

        mx, my = blur(x), blur(y)
        vx, vy, vxy = blur(x * x) - mx**2, blur(y * y) - my**2, blur(x * y) - mx * my
        score = (2 * mx * my + 1e-4) * (2 * vxy + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))
        return float(score.mean())

    for one, other, value in zip(a.double().numpy(), b.double().numpy(), ms_ssim(a, b), strict=True):
        parts = [expected(x, y) for x, y in zip(one, other, strict=True)]
        assert float(value) == pytest.approx(np.mean(parts), abs=1e-4)


def test_gradients_are_finite_at_equal_pictures() -> None:
    a = pictures(32).requires_grad_()
    ms_ssim(a, a.detach()).sum().backward()
    assert a.grad is not None
    assert bool(torch.isfinite(a.grad).all())
