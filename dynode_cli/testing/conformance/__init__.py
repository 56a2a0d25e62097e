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

from dynode_cli.testing.conformance.base import Conformance
from dynode_cli.testing.conformance.carrier import CarrierConformance
from dynode_cli.testing.conformance.command import CommandConformance
from dynode_cli.testing.conformance.direction import DirectionConformance
from dynode_cli.testing.conformance.dynamics import DynamicsConformance
from dynode_cli.testing.conformance.estimator import EstimatorConformance
from dynode_cli.testing.conformance.framing import FramingConformance
from dynode_cli.testing.conformance.generator import GeneratorConformance
from dynode_cli.testing.conformance.inverter import InverterConformance
from dynode_cli.testing.conformance.metric import MetricConformance
from dynode_cli.testing.conformance.runner import Finding, run_suite

__all__ = [
    "CarrierConformance",
    "CommandConformance",
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
