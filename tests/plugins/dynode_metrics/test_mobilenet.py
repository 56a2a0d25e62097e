"""The perceptual distance: the network is the published one, and what looks worse is farther."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Context, InputError, NoOptions, WeightsError
from dynode_cli.testing.pretended_cuda import pretended_cuda
from dynode_metrics import mobilenet
from dynode_metrics.mobilenet import MobileNetDistance
from dynode_metrics.mobilenet_v2 import load_mobilenet
from dynode_metrics.psnr import PSNR


def metric(path: Path, device: str = "cpu") -> MobileNetDistance:
    return MobileNetDistance(NoOptions(), Context(device, resolve_weights=lambda name: path))


@pytest.fixture(scope="module")
def distance(real_network: Path) -> MobileNetDistance:
    return metric(real_network)


def blurred(frame: Tensor, sigma: float) -> Tensor:
    picture = frame.permute(1, 2, 0).contiguous().numpy()
    return torch.from_numpy(cv2.GaussianBlur(picture, (0, 0), sigma)).permute(2, 0, 1)


def noisy(frame: Tensor, amount: float) -> Tensor:
    noise = torch.randn(frame.shape, generator=torch.Generator().manual_seed(0))
    return (frame + amount * noise).clamp(0, 1)


def shifted(frame: Tensor, pixels: float) -> Tensor:
    return frame.roll(int(pixels), 2)


@pytest.mark.parametrize(
    ("spoil", "amounts"),
    [(blurred, (0.5, 1, 2, 4)), (noisy, (0.01, 0.03, 0.1, 0.3)), (shifted, (1, 2, 4, 8, 16))],
)
def test_the_worse_the_farther(distance: MobileNetDistance, photograph: Tensor, spoil, amounts) -> None:
    figures = [distance(photograph[None], spoil(photograph, amount)[None]) for amount in (*amounts,)]
    assert figures[0] > 0 and figures == sorted(set(figures)) and figures[-1] < 4
    assert distance(photograph[None], photograph[None]) == 0


def test_sharp_and_a_pixel_aside_is_nearer_than_blurred_whatever_psnr_says(
    distance: MobileNetDistance, photograph: Tensor
) -> None:
    aside, soft = shifted(photograph, 1)[None], blurred(photograph, 1)[None]
    psnr = PSNR(NoOptions(), Context())
    assert psnr(photograph[None], aside) < psnr(photograph[None], soft)
    assert distance(photograph[None], aside) < distance(photograph[None], soft)


def test_both_ways_are_as_far(distance: MobileNetDistance, photograph: Tensor) -> None:
    there, back = (photograph[None], noisy(photograph, 0.1)[None]), (noisy(photograph, 0.1)[None], photograph[None])
    assert distance(*there) == pytest.approx(distance(*back), rel=1e-5)


def test_the_maps_are_those_of_the_formulas(random_network: Path, photograph: Tensor) -> None:
    state = torch.load(random_network, weights_only=True)

    def normalised(x: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias)

    def convolved(x: Tensor, name: str, stride: int = 1) -> Tensor:
        kernel = state[f"{name}.0.weight"]
        groups = x.shape[1] // kernel.shape[1]
        return normalised(F.conv2d(x, kernel, None, stride, kernel.shape[2] // 2, 1, groups), f"{name}.1").clamp(0, 6)

    mean, deviation = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, None, :, None, None]
    x = convolved((photograph[None] - mean) / deviation, "features.0", 2)
    strides = {2: 2, 4: 2, 7: 2, 14: 2}
    expected = []
    for block in range(1, 18):
        name, y = f"features.{block}.conv", x
        if block > 1:
            y = convolved(y, f"{name}.0")
        last = 1 if block == 1 else 2
        y = convolved(y, f"{name}.{last - 1}", strides.get(block, 1))
        y = normalised(F.conv2d(y, state[f"{name}.{last}.weight"]), f"{name}.{last + 1}")
        x = x + y if x.shape == y.shape else y
        if block in (3, 6, 13, 17):
            expected.append(x)
    found = load_mobilenet(random_network, torch.device("cpu"))(photograph[None])
    assert [tuple(maps.shape[2:]) for maps in found] == [(36, 44), (18, 22), (9, 11), (5, 6)]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_large_frames_are_compared_in_parts(
    random_network: Path, photograph: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = metric(random_network)
    worse = noisy(photograph, 0.1)
    monkeypatch.setattr(mobilenet, "LONGEST_SIDE", 100)
    quarters = [
        (slice(72 * row, 72 * row + 72), slice(88 * column, 88 * column + 88)) for row in (0, 1) for column in (0, 1)
    ]
    parts = [measure(photograph[None, :, rows, columns], worse[None, :, rows, columns]) for rows, columns in quarters]
    assert measure(photograph[None], worse[None]) == pytest.approx(sum(parts) / 4, rel=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (33, 61)])
def test_small_frames(random_network: Path, photograph: Tensor, size: tuple[int, int]) -> None:
    part = photograph[None, :, : size[0], : size[1]]
    assert metric(random_network)(part, noisy(part, 0.1)) > 0


def test_frames_that_are_too_small(random_network: Path, photograph: Tensor) -> None:
    with pytest.raises(InputError, match="frames of 40x31"):
        metric(random_network)(photograph[None, :, :31, :40], photograph[None, :, :31, :40])


def test_it_computes_on_the_device_of_the_context(random_network: Path, photograph: Tensor) -> None:
    worse = noisy(photograph, 0.1)
    expected = metric(random_network)(photograph[None], worse[None])
    with pretended_cuda():
        found = metric(random_network, "cuda:0")(photograph[None], worse[None].to("cuda:0"))
    assert found == pytest.approx(expected, rel=1e-5)


def test_weights_of_something_else(tmp_path: Path) -> None:
    torch.save({"features.0.0.weight": torch.zeros(32, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="holds no MobileNet-v2"):
        metric(tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="needs the weights 'mobilenet-v2'"):
        MobileNetDistance(NoOptions(), Context())
