"""The suites that third parties' generators and inverters run, on the small face GAN with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from dynode_cli.testing.conformance import GeneratorConformance, InverterConformance
from dynode_stylegan.dcgan import DCGANGenerator
from dynode_stylegan.optimize import OptimizeInverter
from dynode_stylegan.pti import PivotalInverter

CODE = 6
WIDTHS = (8, 8, 6, 4, 3)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DCGAN checkpoint in the layout of the one that pip can fetch, with random weights."""
    random = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}
    before = CODE
    for index, width in enumerate(WIDTHS):
        state[f"main.{3 * index}.weight"] = 0.3 * torch.randn(before, width, 4, 4, generator=random)
        if index < len(WIDTHS) - 1:
            norm = f"main.{3 * index + 1}"
            state |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": torch.zeros(width)}
            state |= {f"{norm}.running_mean": torch.zeros(width), f"{norm}.running_var": torch.ones(width)}
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1)
        before = width
    path = tmp_path_factory.mktemp("dcgan") / "dcgan.pt"
    torch.save({"netG_state_dict": state}, path)
    return path


class WithCheckpoint:
    """Builds with the random checkpoint."""

    path: Path

    @pytest.fixture(autouse=True)
    def given(self, checkpoint: Path) -> None:
        self.path = checkpoint

    def weights(self) -> Path:
        return self.path


class TestDCGAN(WithCheckpoint, GeneratorConformance):
    implementation = DCGANGenerator


class TestOptimize(WithCheckpoint, InverterConformance):
    implementation = OptimizeInverter
    generator = DCGANGenerator
    options: ClassVar = {"steps": 2}


class TestPivotal(WithCheckpoint, InverterConformance):
    implementation = PivotalInverter
    generator = DCGANGenerator
    options: ClassVar = {"steps": 2, "refine_steps": 2}
