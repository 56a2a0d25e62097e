"""What every flow estimator must do, and what an inverter must do that uses this one."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from dynode_rife.estimator import RifeEstimator

from dynode_cli import Context
from dynode_cli.conformance import EstimatorConformance, InverterConformance
from dynode_cli.plugin_host.host import load_host


class WithNetwork:
    """Finds the weights where the registry put them."""

    network: Path

    @pytest.fixture(autouse=True)
    def given(self, network: Path) -> None:
        self.network = network

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        return Context(device=device, seed=seed, memory=64 << 20, resolve_weights=lambda name: self.network)


class TestRife(WithNetwork, EstimatorConformance):
    implementation = RifeEstimator


class TestRifeAtHalfSize(WithNetwork, EstimatorConformance):
    implementation = RifeEstimator
    options: ClassVar = {"scale": "2"}
    size = (128, 192)
    # What moves by two pixels moves by one at half the size, of which the network sees little.
    accuracy = 1.5


class TestFlowOfRife(WithNetwork, InverterConformance):
    implementation = load_host().implementation("inverter", "flow")
    options: ClassVar = {"estimator": "rife"}
    generator = load_host().implementation("generator", "motion")
    reconstruction = 60.0
