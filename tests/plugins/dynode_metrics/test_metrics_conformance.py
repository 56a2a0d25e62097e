"""The suite that third parties' metrics run, on ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode_cli import Context
from dynode_cli.conformance import MetricConformance
from dynode_metrics.flicker import Flicker
from dynode_metrics.mobilenet import MobileNetDistance
from dynode_metrics.psnr import PSNR
from dynode_metrics.ssim import SSIM


class TestPSNR(MetricConformance):
    implementation = PSNR


class TestSSIM(MetricConformance):
    implementation = SSIM


class TestFlicker(MetricConformance):
    implementation = Flicker


class TestMobileNet(MetricConformance):
    implementation = MobileNetDistance

    @pytest.fixture(autouse=True)
    def given(self, random_network: Path) -> None:
        self.network = random_network

    def context(self, *, device: str = "cpu", seed: int = 0) -> Context:
        return Context(device=device, seed=seed, resolve_weights=lambda name: self.network)
