"""Pictures of StyleGAN3 pickles, against a plain re-implementation of the maths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, WeightsError
from dynode_stylegan.generators.styled import StyledOptions
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from dynode_stylegan.generators.stylegan3 import StyleGAN3Generator
from tests.plugins.dynode_stylegan import nvidia_files, plain_stylegan2, plain_stylegan3, rosinality_files

MakeContext = Callable[..., Context]


def close(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert float((found - expected).abs().max() / expected.abs().max()) < 2e-5


def codes(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(5))


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "t": {},
    "r": {"radial": True, "kernel": 1},
    "clamped": {"clamp": 0.4},
    "unclamped": {"clamp": None},
    "larger": {"resolution": 64, "layers": 8, "margin": 10, "most": 4},
    "one-critical": {"resolution": 32, "layers": 5, "critical": 1, "radial": True},
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_pictures(tmp_path: Path, context: MakeContext, name: str) -> None:
    network = plain_stylegan3.generator(**CONFIGURATIONS[name])
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    made = StyleGAN3Generator(StyledOptions(), context(path))
    layers = len(network.synthesis.layer_names) + 1
    assert made.code_shape == (layers, 8)
    assert made.frame_size == (network.img_resolution,) * 2
    for batch in (1, 2):
        ws = codes(batch, layers, 8)
        with torch.no_grad():
            close(made.draw(ws), plain_stylegan3.picture(network, ws))


def test_z_with_class_and_truncation(tmp_path: Path, context: MakeContext) -> None:
    network = plain_stylegan3.generator(c_dim=2)
    path = nvidia_files.write(tmp_path / "g.pkl", 4, G_ema=network)
    options = StyledOptions(space="z", class_index=1, truncation=0.6, truncation_cutoff=3)
    state, z = network.state_dict(), codes(2, 7)
    w = plain_stylegan2.nvidia_mapping(state, z, torch.tensor([[0.0, 1.0]]).repeat(2, 1))
    ws = w[:, None].repeat(1, 6, 1)
    ws[:, :3] = state["mapping.w_avg"].lerp(ws[:, :3], 0.6)
    with torch.no_grad():
        close(StyleGAN3Generator(options, context(path)).draw(z), plain_stylegan3.picture(network, ws))


def test_frames_do_not_depend_on_the_batch(tmp_path: Path, context: MakeContext) -> None:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=plain_stylegan3.generator())
    ws, times = codes(3, 6, 8), torch.arange(3.0, dtype=torch.float64)
    whole, single = (StyleGAN3Generator(StyledOptions(), context(path, memory=m)) for m in (1 << 30, 1))
    torch.testing.assert_close(whole.synthesize(ws, times), single.synthesize(ws, times), rtol=1e-4, atol=1e-5)


def test_gradients_flow_to_codes(tmp_path: Path, context: MakeContext) -> None:
    network = plain_stylegan3.generator()
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    grads = []
    for draw in (
        StyleGAN3Generator(StyledOptions(), context(path)).draw,
        lambda ws: plain_stylegan3.picture(network.requires_grad_(False), ws),
    ):
        ws = codes(1, 6, 8).requires_grad_()
        draw(ws).square().sum().backward()
        assert ws.grad is not None
        grads.append(ws.grad[:, 1:])
    close(grads[0], grads[1])


def test_the_other_architecture_is_named(tmp_path: Path, context: MakeContext) -> None:
    three = nvidia_files.write(tmp_path / "3.pkl", G_ema=plain_stylegan3.generator())
    two = nvidia_files.write(tmp_path / "2.pkl", G_ema=nvidia_files.stylegan2())
    torch.save({"g_ema": rosinality_files.generator_state()}, tmp_path / "2.pt")
    with pytest.raises(WeightsError, match="holds a StyleGAN3 generator, expected StyleGAN2") as caught:
        StyleGAN2Generator(StyleGAN2Options(), context(three))
    assert "--generator stylegan3" in str(caught.value.hint)
    with pytest.raises(WeightsError, match="holds no StyleGAN3 generator"):
        StyleGAN3Generator(StyledOptions(), context(two))
    with pytest.raises(WeightsError, match="expected a StyleGAN3 pickle"):
        StyleGAN3Generator(StyledOptions(), context(tmp_path / "2.pt"))


def test_a_layer_that_does_not_tell_its_padding_is_named(tmp_path: Path, context: MakeContext) -> None:
    network = plain_stylegan3.generator()
    name = network.synthesis.layer_names[1]
    del getattr(network.synthesis, name).padding
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=network)
    with pytest.raises(WeightsError, match=f"{name} .* does not tell its padding"):
        StyleGAN3Generator(StyledOptions(), context(path))
