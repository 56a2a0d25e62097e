"""The suites that third parties' generators and inverters run, on the small face GAN with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from dynode_cli.conformance import GeneratorConformance, InverterConformance
from dynode_stylegan.generators.dcgan import DCGANGenerator
from dynode_stylegan.inverters.optimize import OptimizeInverter
from dynode_stylegan.inverters.pti import PivotalInverter


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
