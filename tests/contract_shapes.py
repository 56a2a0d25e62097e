"""The contracts of plugins as jaxtyping signatures: shapes and types of tensors, checked while a test runs.

`dynode_cli.contracts` says in words what goes in and what comes out; here it is said so that it can be checked. A class
below stands in front of an implementation of its contract (see :func:`checked`), calls it, and compares what went in
and what came out. One letter is one size within a call: T times, N observations, H and W of frames, D components, and
``*code`` all axes of a code. Only tests need jaxtyping and beartype; the product does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import pytest
from beartype import beartype
from jaxtyping import Bool, Float, Float32, Float64, jaxtyped
from torch import Tensor

from dynode_cli import (
    Carried,
    Carrier,
    Clip,
    Context,
    Direction,
    Dynamics,
    FitReport,
    FlowEstimator,
    FlowPair,
    Framing,
    FramingTrack,
    Generator,
    Inversion,
    Inverter,
    Measurement,
    Metric,
    Picture,
    Push,
    Trajectory,
    device_of,
    silent,
)
from dynode_cli.conformance.base import Conformance

signature = jaxtyped(typechecker=beartype)


class CheckedGenerator(Generator):
    @signature
    def synthesize(
        self, codes: Float[Tensor, "T *code"], times: Float64[Tensor, " T"]
    ) -> Float32[Tensor, "T 3 {self.frame_size[0]} {self.frame_size[1]}"]:
        return on_device(super().synthesize(codes, times), self.context)

    @signature
    def code_matrices(self) -> Sequence[Tensor]:
        return [must_be(matrix, Float[Tensor, "_ D"]) for matrix in super().code_matrices()]

    @signature
    def bound_state(self) -> Mapping[str, Tensor]:
        return super().bound_state()

    @signature
    def bound(self, state: Mapping[str, Tensor]) -> Generator:
        return in_front_of(super().bound(state))


class CheckedInverter(Inverter):
    @signature
    def invert(self, clip: Clip, generator: Generator, progress: Any = silent) -> Inversion:
        found = super().invert(clip, generator, progress)
        must_be(clip.times, Float64[Tensor, " N"])
        must_be(found.times, Float64[Tensor, " N"])
        must_be(on_device(found.codes, self.context), Float32[Tensor, "N *code"])
        return replace(found, generator=in_front_of(found.generator))


class CheckedEstimator(FlowEstimator):
    @signature
    def estimate(self, frame0: Float32[Tensor, "3 H W"], frame1: Float32[Tensor, "3 H W"]) -> FlowPair:
        found = super().estimate(frame0, frame1)
        for flow in (found.forward, found.backward):
            must_be(on_device(flow, self.context), Float32[Tensor, "2 H W"])
        return found


class CheckedTrajectory(Trajectory):
    @signature
    def evaluate(self, t: Float64[Tensor, " T"]) -> Float[Tensor, "T *code"]:
        return self._code_like(super().evaluate(t))

    @signature
    def velocity(self, t: Float64[Tensor, " T"]) -> Float[Tensor, "T *code"]:
        return self._code_like(super().velocity(t))

    @signature
    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        found = super().edited(delta, at)
        # What does not fit is refused by the implementation, with a hint.
        must_be(delta, Float[Tensor, "*code"])
        must_be(self.fitted_to[0], Float[Tensor, "*code"])
        return trajectory_through(self.fitted_to, found)

    @signature
    def report(self) -> FitReport:
        return super().report()

    fitted_to: Tensor
    """The codes (N, *code_shape) that it was fitted to, on the device of the context."""

    def _code_like(self, read: Tensor) -> Tensor:
        """`read`, which has the axes, the type and the device of the codes."""
        must_be(read, Float[Tensor, "_ *code"])
        must_be(self.fitted_to, Float[Tensor, "_ *code"])
        given = self.fitted_to
        assert read.dtype == given.dtype, f"codes are {given.dtype}, and come back as {read.dtype}"
        assert read.device.type == given.device.type, f"codes are on {given.device}, and come back on {read.device}"
        return read


class CheckedSampler(CheckedTrajectory):
    @signature
    def samples(self, count: int) -> Sequence[Trajectory]:
        drawn = super().samples(count)
        assert len(drawn) == count, f"{len(drawn)} samples, not {count}"
        return [trajectory_through(self.fitted_to, sample) for sample in drawn]


class CheckedDynamics(Dynamics):
    @signature
    def fit(self, times: Tensor, codes: Tensor, progress: Any = silent) -> Trajectory:
        found = super().fit(times, codes, progress)
        # What does not fit is refused by the implementation, with a hint.
        must_be(times, Float64[Tensor, " N"])
        must_be(codes, Float[Tensor, "N *code"])
        return trajectory_through(codes.to(device_of(self.context)), found)


class CheckedFraming(Framing):
    @signature
    def estimate(self, clip: Clip, size: tuple[int, int], progress: Any = silent) -> FramingTrack:
        found = super().estimate(clip, size, progress)
        must_be(clip.times, Float64[Tensor, " N"])
        must_be(found.times, Float64[Tensor, " N"])
        must_be(found.transforms, Float64[Tensor, "N 2 3"])
        must_be(found.found, Bool[Tensor, " N"])
        self.framed_size = size
        return found

    @signature
    def crop(
        self, frame: Float32[Tensor, "3 H W"], transform: Float64[Tensor, "2 3"]
    ) -> Float32[Tensor, "3 {self.framed_size[0]} {self.framed_size[1]}"]:
        return super().crop(frame, transform)

    @signature
    def paste(
        self,
        frame: Float32[Tensor, "3 H W"],
        crop: Float32[Tensor, "3 {self.framed_size[0]} {self.framed_size[1]}"],
        transform: Float64[Tensor, "2 3"],
    ) -> Float32[Tensor, "3 H W"]:
        return super().paste(frame, crop, transform)


class CheckedDirection(Direction):
    @signature
    def apply(self, code: Float[Tensor, "*code"], strength: float) -> Float[Tensor, "*code"]:
        found = super().apply(code, strength)
        assert found.dtype == code.dtype, f"the code is {code.dtype}, and comes back as {found.dtype}"
        return found


class CheckedCarrier(Carrier):
    @signature
    def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Any = silent) -> Carried:
        for edit in edits:
            must_be(clip.frame(0), Float32[Tensor, "3 H W"])
            if isinstance(edit, Picture):
                must_be(edit.image, Float32[Tensor, "3 H W"])
            if edit.mask is not None:
                must_be(edit.mask, Float32[Tensor, "H W"])
        return in_front_of(super().open(clip, edits, progress))


class CheckedCarried(Carried):
    @signature
    def apply(self, frame: Float32[Tensor, "3 H W"], time: float) -> Float32[Tensor, "3 H W"]:
        return super().apply(frame, time)

    @signature
    def facts(self) -> Mapping[str, float]:
        return super().facts()


class CheckedMetric(Metric):
    @signature
    def __call__(self, reference: Float32[Tensor, "T 3 H W"], candidate: Float32[Tensor, "T 3 H W"]) -> float:
        return super().__call__(reference, candidate)

    @signature
    def begin(self) -> Measurement:
        return in_front_of(super().begin())


class CheckedMeasurement(Measurement):
    @signature
    def add(self, reference: Float32[Tensor, "3 H W"], candidate: Float32[Tensor, "3 H W"], follows: bool) -> None:
        super().add(reference, candidate, follows)

    @signature
    def value(self) -> float:
        return super().value()


CHECKED: tuple[type, ...] = (
    CheckedGenerator,
    CheckedInverter,
    CheckedEstimator,
    CheckedTrajectory,
    CheckedDynamics,
    CheckedFraming,
    CheckedDirection,
    CheckedCarrier,
    CheckedCarried,
    CheckedMetric,
    CheckedMeasurement,
)
"""What stands in front of each contract: the contract is its first base."""


def checked(implementation: type) -> type:
    """A subclass of `implementation` that holds it to the signatures of its contract."""
    front = next(front for front in CHECKED if issubclass(implementation, front.__base__))
    if issubclass(implementation, front):
        return implementation
    if front is CheckedTrajectory and hasattr(implementation, "samples"):
        front = CheckedSampler
    # The name and the module that messages and logs know.
    return type(implementation.__name__, (front, implementation), {"__module__": implementation.__module__})


def in_front_of(made: Any) -> Any:
    """`made`, an instance, held to the signatures of its contract; the one that was given stays as it is."""
    twin = copy(made)
    twin.__class__ = checked(type(made))
    return twin


def trajectory_through(codes: Tensor, made: Trajectory) -> Trajectory:
    """`made`, fitted to `codes` (N, *code_shape), held to the signatures of trajectories."""
    twin = in_front_of(made)
    twin.fitted_to = codes
    return twin


def must_be(tensor: Tensor, shape: Any) -> Tensor:
    """`tensor`, which has that `shape` and type, with the sizes of the call in which it is asked."""
    assert isinstance(tensor, shape), f"{tensor.dtype} {tuple(tensor.shape)} is no {shape.__name__}"
    return tensor


def on_device(tensor: Tensor, context: Context) -> Tensor:
    """`tensor`, which is on the device of `context`."""
    expected = device_of(context)
    assert tensor.device.type == expected.type, f"a result is on {tensor.device}, the context's device is {expected}"
    return tensor


@pytest.fixture(autouse=True)
def shapes_are_checked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is imported, conformance suites run on implementations that are held to the signatures."""
    if request.cls is not None and issubclass(request.cls, Conformance):
        monkeypatch.setattr(request.cls, "implementation", checked(request.cls.implementation))
