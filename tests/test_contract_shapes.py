"""The signatures of the contracts catch what has a wrong shape, type or device, and let the fakes pass."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from jaxtyping import TypeCheckError
from torch import Tensor

from dynode_cli import (
    Clip,
    Context,
    FlowPair,
    FramingTrack,
    Inversion,
    Measurement,
    NoOptions,
    Picture,
    Trajectory,
    contracts,
)
from dynode_cli.conformance.fakes import (
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
)
from dynode_cli.synthetic.memory_clip import texture_clip
from tests.contract_shapes import CHECKED, checked, in_front_of

TIMES = torch.tensor([0.0, 0.04, 0.1], dtype=torch.float64)
CODES = torch.linspace(0, 1, 3 * 72).reshape(3, 3, 4, 6)
CLIP = texture_clip(TIMES.tolist(), size=(32, 48))
FRAMES = torch.stack([CLIP.frame(k) for k in range(3)])
TRANSFORM = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=torch.float64)


def build(implementation: type, options: Any = None) -> Any:
    return checked(implementation)(options or NoOptions(), Context())


def synthesize(implementation: type) -> None:
    build(implementation).synthesize(CODES, TIMES)


def matrices(implementation: type) -> None:
    build(implementation).code_matrices()


def invert(implementation: type) -> None:
    found = build(implementation).invert(CLIP, FakeGenerator(NoOptions(), Context()))
    found.generator.synthesize(found.codes, found.times)


def estimate(implementation: type) -> None:
    build(implementation).estimate(CLIP.frame(0), CLIP.frame(1))


def fit(implementation: type) -> None:
    build(implementation).fit(TIMES, CODES).edited(torch.zeros(3, 4, 6)).velocity(TIMES[:2])


def evaluate(implementation: type) -> None:
    build(implementation).fit(TIMES, CODES).edited(torch.zeros(3, 4, 6)).evaluate(TIMES[:2])


def sample(implementation: type) -> None:
    for curve in build(implementation).fit(TIMES, CODES).samples(2):
        curve.evaluate(TIMES)


def frame(implementation: type) -> None:
    framing = build(implementation, FakeFramingOptions(share=0.5))
    framing.estimate(CLIP, (8, 8))
    framing.paste(CLIP.frame(0), framing.crop(CLIP.frame(0), TRANSFORM), TRANSFORM)


def move(implementation: type) -> None:
    build(implementation).apply(CODES[0], 1.0)


def carry(implementation: type) -> None:
    picture = Picture(0.0, CLIP.frame(0), torch.ones(32, 48))
    carried = build(implementation).open(CLIP, [picture])
    carried.apply(CLIP.frame(0), 0.0)
    carried.facts()


def compare(implementation: type) -> None:
    metric = build(implementation)
    measurement = metric.begin()
    measurement.add(CLIP.frame(0), CLIP.frame(1), follows=False)
    measurement.value()
    metric(FRAMES, FRAMES)


class SmallFrames(FakeGenerator):
    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        return super().synthesize(codes, times)[..., 1:]


class DoubleFrames(FakeGenerator):
    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        return super().synthesize(codes, times).double()


class FramesElsewhere(FakeGenerator):
    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        return super().synthesize(codes, times).to("meta")


class UnevenMatrices(FakeGenerator):
    def code_matrices(self) -> list[Tensor]:
        return [torch.zeros(5, 4), torch.zeros(5, 6)]


class TooFewCodes(FakeInverter):
    def invert(self, *given: Any) -> Inversion:
        found = super().invert(*given)
        return replace(found, codes=found.codes[1:])


class SingleTimes(FakeInverter):
    def invert(self, *given: Any) -> Inversion:
        found = super().invert(*given)
        return replace(found, times=found.times.float())


class SmallFramesOfAClip(FakeInverter):
    def invert(self, *given: Any) -> Inversion:
        return replace(super().invert(*given), generator=SmallFrames(NoOptions(), Context()))


class HalfFlow(FakeEstimator):
    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        found = super().estimate(frame0, frame1)
        return FlowPair(found.forward, found.backward[:, ::2])


class FlatTrajectory(FakeTrajectory):
    def evaluate(self, t: Tensor) -> Tensor:
        return super().evaluate(t).flatten(1)

    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        return FlatTrajectory(self._times, self._codes)


class DoubleTrajectory(FakeTrajectory):
    def velocity(self, t: Tensor) -> Tensor:
        return super().velocity(t).double()

    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        return DoubleTrajectory(self._times, self._codes)

    def samples(self, count: int) -> list[Trajectory]:
        return [FlatTrajectory(self._times, self._codes)] * count


class FlatCurves(FakeDynamics):
    def fit(self, times: Tensor, codes: Tensor, *given: Any) -> Trajectory:
        return FlatTrajectory(times, codes)


class DoubleCurves(FakeDynamics):
    def fit(self, times: Tensor, codes: Tensor, *given: Any) -> Trajectory:
        return DoubleTrajectory(times, codes)


class SingleTransforms(FakeFraming):
    def estimate(self, *given: Any) -> FramingTrack:
        found = super().estimate(*given)
        return replace(found, transforms=found.transforms.float())


class WideCrops(FakeFraming):
    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        return super().crop(frame, transform).repeat(1, 1, 2)


class CropsForFrames(FakeFraming):
    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        return crop


class FlatDirection(FakeDirection):
    def apply(self, code: Tensor, strength: float) -> Tensor:
        return super().apply(code, strength).flatten()


class DoubleDirection(FakeDirection):
    def apply(self, code: Tensor, strength: float) -> Tensor:
        return super().apply(code, strength).double()


class NarrowCarried(FakeCarried):
    def apply(self, frame: Tensor, time: float) -> Tensor:
        return super().apply(frame, time)[..., 1:]


class WordyCarried(FakeCarried):
    def facts(self) -> dict[str, Any]:
        return {"drift": "none"}


class NarrowPaint(FakeCarrier):
    def open(self, clip: Clip, edits: Sequence[Any], *given: Any) -> NarrowCarried:
        return NarrowCarried([(edit, clip.frame(0)) for edit in edits])


class WordyPaint(FakeCarrier):
    def open(self, clip: Clip, edits: Sequence[Any], *given: Any) -> WordyCarried:
        return WordyCarried([(edit, clip.frame(0)) for edit in edits])


class TensorMetric(FakeMetric):
    def __call__(self, reference: Tensor, candidate: Tensor) -> Any:
        return (reference - candidate).mean()


class Half(Measurement):
    def add(self, reference: Tensor, candidate: Tensor, follows: bool) -> None: ...

    def value(self) -> Any:
        return torch.tensor(0.5)


class TensorMeasurement(FakeMetric):
    def begin(self) -> Measurement:
        return Half()


FAKES: list[tuple[Callable[[type], None], type]] = [
    (synthesize, FakeGenerator),
    (matrices, FakeGenerator),
    (invert, FakeInverter),
    (estimate, FakeEstimator),
    (fit, FakeDynamics),
    (evaluate, FakeDynamics),
    (frame, FakeFraming),
    (move, FakeDirection),
    (carry, FakeCarrier),
    (compare, FakeMetric),
]
MUTANTS: list[tuple[Callable[[type], None], type]] = [
    (synthesize, SmallFrames),
    (synthesize, DoubleFrames),
    (synthesize, FramesElsewhere),
    (matrices, UnevenMatrices),
    (invert, TooFewCodes),
    (invert, SingleTimes),
    (invert, SmallFramesOfAClip),
    (estimate, HalfFlow),
    (evaluate, FlatCurves),
    (fit, DoubleCurves),
    (sample, DoubleCurves),
    (frame, SingleTransforms),
    (frame, WideCrops),
    (frame, CropsForFrames),
    (move, FlatDirection),
    (move, DoubleDirection),
    (carry, NarrowPaint),
    (carry, WordyPaint),
    (compare, TensorMetric),
    (compare, TensorMeasurement),
]


@pytest.mark.parametrize(("use", "fake"), FAKES)
def test_the_fakes_keep_the_signatures(use: Callable[[type], None], fake: type) -> None:
    use(fake)


@pytest.mark.parametrize(("use", "mutant"), MUTANTS)
def test_what_breaks_a_signature_is_caught(use: Callable[[type], None], mutant: type) -> None:
    with pytest.raises((TypeCheckError, AssertionError)):
        use(mutant)


def test_what_is_checked_is_still_itself() -> None:
    front = checked(FakeGenerator)
    assert issubclass(front, FakeGenerator) and front.__name__ == "FakeGenerator"
    assert checked(front) is front
    trajectory = FakeTrajectory(TIMES, CODES)
    assert isinstance(in_front_of(trajectory), FakeTrajectory)
    assert type(trajectory) is FakeTrajectory


def test_every_contract_has_its_signatures() -> None:
    found = [each for each in vars(contracts).values() if getattr(each, "__module__", "") == contracts.__name__]
    abstract = {each for each in found if inspect.isabstract(each)}
    assert {front.__base__ for front in CHECKED} == abstract
    for front in CHECKED:
        assert front.__base__.__abstractmethods__ <= set(vars(front)), front.__name__
