"""The suites that third parties' generators and inverters run, on ours."""

from __future__ import annotations

from dynode_cli.testing.conformance import GeneratorConformance, InverterConformance
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter


class TestMotion(GeneratorConformance):
    implementation = MotionGenerator
    inverter = FlowInverter


class TestFlow(InverterConformance):
    implementation = FlowInverter
    generator = MotionGenerator
    reconstruction = 60.0
