"""What :mod:`dynode_cli.conformance.fakes` holds, under the name that tests of plugins import it by."""

from dynode_cli.conformance.fakes import (
    FRAME,
    GRID,
    PLUGIN,
    REACH,
    FakeCarried,
    FakeCarrier,
    FakeDirection,
    FakeDynamics,
    FakeEstimator,
    FakeFraming,
    FakeFramingOptions,
    FakeGenerator,
    FakeInverter,
    FakeMetric,
    FakeTrajectory,
    shift_between,
)

__all__ = [
    "FRAME",
    "GRID",
    "PLUGIN",
    "REACH",
    "FakeCarried",
    "FakeCarrier",
    "FakeDirection",
    "FakeDynamics",
    "FakeEstimator",
    "FakeFraming",
    "FakeFramingOptions",
    "FakeGenerator",
    "FakeInverter",
    "FakeMetric",
    "FakeTrajectory",
    "shift_between",
]
