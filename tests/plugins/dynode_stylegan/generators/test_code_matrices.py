"""The matrices by which codes enter the layers, from which SeFa takes its directions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode_cli import Context
from dynode_stylegan.generators.dcgan import DCGANGenerator, DCGANOptions
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from tests.plugins.dynode_stylegan import nvidia_files, rosinality_files

MakeContext = Callable[..., Context]


def same_rows(found: list[Tensor], expected: list[Tensor]) -> None:
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(*(torch.nn.functional.normalize(x.detach()) for x in (a, b)))


@pytest.mark.parametrize("space", ["w", "w+"])
def test_styles_of_every_convolution_but_not_of_colours(tmp_path: Path, context: MakeContext, space: str) -> None:
    state = rosinality_files.generator_state()
    torch.save({"g_ema": state, "latent_avg": torch.randn(8)}, tmp_path / "g.pt")
    found = StyleGAN2Generator(StyleGAN2Options(space=space), context(tmp_path / "g.pt")).code_matrices()
    names = ["conv1", *(f"convs.{k}" for k in range(len(found) - 1))]
    assert f"convs.{len(found) - 1}.conv.weight" not in state
    same_rows(found, [state[f"{name}.conv.modulation.weight"] for name in names])


def test_z_enters_by_the_first_layer_of_the_mapping(tmp_path: Path, context: MakeContext) -> None:
    state = rosinality_files.generator_state()
    torch.save({"g_ema": state, "latent_avg": torch.randn(8)}, tmp_path / "g.pt")
    found = StyleGAN2Generator(StyleGAN2Options(space="z"), context(tmp_path / "g.pt")).code_matrices()
    same_rows(found, [state["style.1.weight"]])


def test_the_class_is_no_part_of_z(tmp_path: Path, context: MakeContext) -> None:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=nvidia_files.stylegan2(c_dim=3))
    generator = StyleGAN2Generator(StyleGAN2Options(space="z", class_index=0), context(path))
    (matrix,) = generator.code_matrices()
    assert matrix.shape[1] == generator.code_shape[0] < generator.network.mapping.fc0.weight.shape[1]


def test_dcgan_codes_enter_by_the_first_convolution(tmp_path: Path, context: MakeContext, checkpoint: Path) -> None:
    generator = DCGANGenerator(DCGANOptions(), context(checkpoint))
    (matrix,) = generator.code_matrices()
    code = generator.random_codes(1, 0)
    first = generator.network.main[0](code[:, :, None, None])
    torch.testing.assert_close((matrix @ code[0]), first.flatten())
