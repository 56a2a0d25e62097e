"""Conformance suites: subclass the one of your kind in a test module, in five lines.

    from dynode_cli.testing.conformance import DynamicsConformance
    from dynode_tight.curve import Tight

    class TestTight(DynamicsConformance):
        implementation = Tight
        options = {"tension": 0.3}

``dynode plugins check NAME`` runs the same suites on what is installed. They need no pytest; under pytest each
requirement is a test of its own.
"""

from __future__ import annotations

from dynode_cli.conformance.base import Conformance
from dynode_cli.conformance.carrier import CarrierConformance
from dynode_cli.conformance.command import CommandSuite
from dynode_cli.conformance.direction import DirectionConformance
from dynode_cli.conformance.dynamics import DynamicsConformance
from dynode_cli.conformance.estimator import EstimatorConformance
from dynode_cli.conformance.framing import FramingConformance
from dynode_cli.conformance.generator import GeneratorConformance
from dynode_cli.conformance.inverter import InverterConformance
from dynode_cli.conformance.metric import MetricConformance
from dynode_cli.conformance.runner import Finding, run_suite

__all__ = [
    "CarrierConformance",
    "CommandSuite",
    "Conformance",
    "DirectionConformance",
    "DynamicsConformance",
    "EstimatorConformance",
    "Finding",
    "FramingConformance",
    "GeneratorConformance",
    "InverterConformance",
    "MetricConformance",
    "run_suite",
]
