"""The fakes keep every contract: each suite passes something."""

from __future__ import annotations

from dynode_cli.conformance import (
    CarrierConformance,
    DirectionConformance,
    DynamicsConformance,
    EstimatorConformance,
    FramingConformance,
    GeneratorConformance,
    InverterConformance,
    MetricConformance,
)
from dynode_cli.conformance.fakes import (
    FakeCarrier,
    FakeDirection,
    FakeDynamics,
    FakeEstimator,
    FakeFraming,
    FakeGenerator,
    FakeInverter,
    FakeMetric,
)


class TestFakeGenerator(GeneratorConformance):
    implementation = FakeGenerator


class TestFakeInverter(InverterConformance):
    implementation = FakeInverter
    reconstruction = 20.0


class TestFakeDynamics(DynamicsConformance):
    implementation = FakeDynamics


class TestFakeFraming(FramingConformance):
    implementation = FakeFraming


class TestFakeDirection(DirectionConformance):
    implementation = FakeDirection


class TestFakeEstimator(EstimatorConformance):
    implementation = FakeEstimator


class TestFakeCarrier(CarrierConformance):
    implementation = FakeCarrier


class TestFakeMetric(MetricConformance):
    implementation = FakeMetric
