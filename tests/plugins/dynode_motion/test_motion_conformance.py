"""The suites that third parties' generators and inverters run, on ours."""

from __future__ import annotations

from typing import ClassVar

import pytest

from dynode_cli.conformance import EstimatorConformance, GeneratorConformance, InverterConformance
from dynode_motion.dis import DisEstimator
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter


class TestMotion(GeneratorConformance):
    implementation = MotionGenerator
    inverter = FlowInverter


class TestFlow(InverterConformance):
    implementation = FlowInverter
    generator = MotionGenerator
    reconstruction = 60.0


class TestDis(EstimatorConformance):
    implementation = DisEstimator
    accuracy = 0.1


class TestFlowOfAnotherEstimator(InverterConformance):
    """Whatever estimator a plugin brings, windows, clips and memory are kept the same way."""

    implementation = FlowInverter
    options: ClassVar = {"estimator": "fake"}
    generator = MotionGenerator
    reconstruction = 60.0

    @pytest.fixture(autouse=True)
    def given(self, dynode_fakes) -> None: ...
