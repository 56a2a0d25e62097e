"""Features of discriminators and encoders, against plain re-implementations."""

from __future__ import annotations

import math
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import WeightsError
from dynode_stylegan.inverters.perceptual import Perceptual, load_perceptual
from tests.plugins.dynode_stylegan import encoder_files, nvidia_files, rosinality_files
from tests.plugins.dynode_stylegan.plain_stylegan2 import fir

CPU = torch.device("cpu")


def pictures(size: int = 16) -> Tensor:
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def plain(state: dict[str, Tensor], x: Tensor, clamp: float | None) -> list[Tensor]:
    """Outputs of the residual blocks under NVIDIA's names."""

    def active(y: Tensor, name: str, gain: float = 1.0) -> Tensor:
        y = F.leaky_relu(y + state[f"{name}.bias"][:, None, None], 0.2) * math.sqrt(2) * gain
        return y if clamp is None else y.clamp(-clamp * gain, clamp * gain)

    def convolve(y: Tensor, name: str, down: bool = False) -> Tensor:
        weight = state[f"{name}.weight"]
        weight, size = weight / math.sqrt(weight[0].numel()), weight.shape[-1]
        if not down:
            return F.conv2d(y, weight, padding=size // 2)
        kernel = state[f"{name}.resample_filter"]
        before, after = (size // 2 + (len(kernel) - more) // 2 for more in (1, 2))
        return F.conv2d(fir(y, kernel, before, after), weight)[:, :, ::2, ::2]

    found = []
    x = active(convolve(x, "b16.fromrgb"), "b16.fromrgb")
    for size in (16, 8):
        around = convolve(x, f"b{size}.skip", True) * math.sqrt(0.5)
        y = active(convolve(x, f"b{size}.conv0"), f"b{size}.conv0")
        x = around + active(convolve(y, f"b{size}.conv1", True), f"b{size}.conv1", math.sqrt(0.5))
        found.append(x)
    return found


def check(found: Perceptual | None, expected: list[Tensor], name: str) -> None:
    assert found is not None
    assert found.name == name
    maps = found.maps(pictures())
    assert len(maps) == len(expected)
    for one, other in zip(maps, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("clamp", [None, 0.8])
def test_features_of_nvidia_discriminators(tmp_path: Path, clamp: float | None) -> None:
    network = nvidia_files.discriminator(clamp=clamp)
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2(), D=network)
    expected = plain(network.state_dict(), pictures(), clamp)
    check(load_perceptual(path, "auto", CPU), expected, "discriminator")


@pytest.mark.parametrize("taps", [(1,), (1, 2, 3), (1, 2, 3, 5, 4, 3, 2, 1)])
def test_features_of_nvidia_discriminators_with_other_filters(tmp_path: Path, taps: tuple[float, ...]) -> None:
    network = nvidia_files.discriminator(taps=taps)
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2(), D=network)
    check(load_perceptual(path, "auto", CPU), plain(network.state_dict(), pictures(), None), "discriminator")


def test_features_of_rosinality_discriminators(tmp_path: Path) -> None:
    state = {k: v for k, v in nvidia_files.discriminator().state_dict().items() if not k.startswith("b4")}
    names = {"b16.fromrgb.weight": "convs.0.0.weight", "b16.fromrgb.bias": "convs.0.1.bias"}
    for number, size in ((1, 16), (2, 8)):
        names |= {
            f"b{size}.conv0.weight": f"convs.{number}.conv1.0.weight",
            f"b{size}.conv0.bias": f"convs.{number}.conv1.1.bias",
            f"b{size}.conv1.resample_filter": f"convs.{number}.conv2.0.kernel",
            f"b{size}.conv1.weight": f"convs.{number}.conv2.1.weight",
            f"b{size}.conv1.bias": f"convs.{number}.conv2.2.bias",
            f"b{size}.skip.resample_filter": f"convs.{number}.skip.0.kernel",
            f"b{size}.skip.weight": f"convs.{number}.skip.1.weight",
        }
    other = {theirs: state[ours].detach() for ours, theirs in names.items()} | {"final_linear.1.bias": torch.zeros(1)}
    torch.save({"g_ema": rosinality_files.generator_state(), "d": other}, tmp_path / "g.pt")
    check(load_perceptual(tmp_path / "g.pt", "auto", CPU), plain(state, pictures(), None), "discriminator")


def test_features_of_encoders(tmp_path: Path) -> None:
    state = {f"encoder.{k}": v for k, v in encoder_files.encoder_state(6).items()}
    opts = Namespace(encoder_type="GradualStyleEncoder")
    torch.save({"state_dict": state, "opts": opts}, tmp_path / "e.pt")
    found = load_perceptual(tmp_path / "e.pt", "auto", CPU)
    assert found is not None
    assert found.name == "encoder"
    features = found.features(pictures(256))
    assert [tuple(part.shape) for part in features] == [(2, 6, 64, 64), (2, 7, 32, 32), (2, 8, 16, 16)]
    assert float(found.distance(features, features).max()) == 0
    assert float(found.distance(features, [part.flip(0) for part in features]).min()) > 0.01


def test_a_checkpoint_without_features(tmp_path: Path) -> None:
    torch.save({"g_ema": rosinality_files.generator_state()}, tmp_path / "g.pt")
    assert load_perceptual(tmp_path / "g.pt", "auto", CPU) is None
    assert load_perceptual(None, "auto", CPU) is None
    with pytest.raises(WeightsError, match="has no discriminator"):
        load_perceptual(tmp_path / "g.pt", "discriminator", CPU)
