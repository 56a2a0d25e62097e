"""Generators and inverters on a device that is not the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, Generator
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_cli.testing.pretended_cuda import pretended_cuda
from dynode_stylegan.generators.dcgan import DCGANGenerator, DCGANOptions
from dynode_stylegan.generators.stylegan2 import StyleGAN2Generator, StyleGAN2Options
from dynode_stylegan.generators.stylegan3 import StyledOptions, StyleGAN3Generator
from dynode_stylegan.inverters.optimize import OptimizeInverter, SearchOptions
from dynode_stylegan.inverters.pti import PivotalInverter, PivotalOptions
from tests.plugins.dynode_stylegan import nvidia_files, plain_stylegan3, rosinality_files

MakeContext = Callable[..., Context]
Make = Callable[[str], Generator]


@pytest.fixture
def stylegan2(tmp_path: Path, context: MakeContext) -> Make:
    torch.save({"g_ema": rosinality_files.generator_state({4: 8, 8: 8, 16: 6})}, tmp_path / "g.pt")
    return lambda device: StyleGAN2Generator(
        StyleGAN2Options(truncation=0.8), context(tmp_path / "g.pt", device=device)
    )


@pytest.fixture
def stylegan3(tmp_path: Path, context: MakeContext) -> Make:
    path = nvidia_files.write(tmp_path / "g.pkl", G_ema=plain_stylegan3.generator())
    return lambda device: StyleGAN3Generator(StyledOptions(), context(path, device=device))


@pytest.fixture
def dcgan(checkpoint: Path, context: MakeContext) -> Make:
    return lambda device: DCGANGenerator(DCGANOptions(), context(checkpoint, device=device))


def pictures(generator: Generator, device: str) -> Tensor:
    codes = torch.randn(3, *generator.code_shape, generator=torch.Generator().manual_seed(0)).to(device)
    made = generator.synthesize(codes, torch.arange(3, dtype=torch.float64))
    assert made.device.type == device
    return made.cpu()


@pytest.mark.parametrize("kind", ["stylegan2", "stylegan3", "dcgan"])
def test_pictures_are_made_there(kind: str, request: pytest.FixtureRequest) -> None:
    make: Make = request.getfixturevalue(kind)
    with pretended_cuda():
        found = pictures(make("cuda"), "cuda")
    assert torch.allclose(found, pictures(make("cpu"), "cpu"), atol=1e-5)


@pytest.mark.parametrize("inverter", ["optimize", "pti"])
def test_codes_are_found_there(stylegan2: Make, inverter: str) -> None:
    frames = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))

    def found(device: str) -> tuple[Tensor, Tensor]:
        generator = stylegan2(device)
        search = SearchOptions(steps=3)
        made = (
            OptimizeInverter(search, generator.context)
            if inverter == "optimize"
            else PivotalInverter(PivotalOptions(steps=3, refine_steps=2), generator.context)
        )
        inversion = made.invert(MemoryClip(frames.to(device), [0.0, 0.1, 0.2]), generator)
        assert inversion.codes.device.type == device
        pictures = inversion.generator.synthesize(inversion.codes, inversion.times)
        return inversion.codes.cpu(), pictures.cpu()

    with pretended_cuda():
        there = found("cuda")
    for one, other in zip(found("cpu"), there, strict=True):
        assert torch.allclose(one, other, atol=1e-3)
