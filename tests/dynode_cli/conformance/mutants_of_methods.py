"""Generators, inverters and dynamics, each broken in one way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import torch

from dynode_cli import Inversion, option
from dynode_cli.conformance import fakes
from dynode_cli.conformance.base import Cancelled
from dynode_cli.conformance.dynamics import TIMES

# ------------------------------------------------------------------ generators


class WrongFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        return super().synthesize(codes, times).permute(0, 2, 3, 1)


class NaNFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        frames = super().synthesize(codes, times)
        frames[..., 0, 0] = float("nan")
        return frames


class LateFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        return super().synthesize(codes, times).roll(1, dims=0)


class StatefulFrames(fakes.FakeGenerator):
    last = None

    def synthesize(self, codes, times):
        frames = super().synthesize(codes, times)
        seen, StatefulFrames.last = StatefulFrames.last, frames[-1:]
        return frames if seen is None else 0.9 * frames + 0.1 * seen


class GloballyRandomFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        frames = super().synthesize(codes, times)
        return (frames + 0.1 * torch.rand_like(frames)).clamp(0, 1)


class GloballySeededFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        torch.manual_seed(self.context.seed)
        frames = super().synthesize(codes, times)
        return (frames + 0.1 * torch.rand(frames.shape[1:])).clamp(0, 1)


class SeedlessFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        random = torch.Generator().manual_seed(0)
        frames = super().synthesize(codes, times)
        return (frames + 0.1 * torch.rand(frames.shape[1:], generator=random)).clamp(0, 1)


class BatchNormalisedFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        frames = super().synthesize(codes, times)
        return (frames - frames.mean() + 0.5).clamp(0, 1)


class HoardedFrames(fakes.FakeGenerator):
    def __init__(self, options, context):
        super().__init__(options, context)
        self.kept = []

    def synthesize(self, codes, times):
        frames = super().synthesize(codes, times)
        self.kept.append(frames.clone())
        return frames


class PickledState(fakes.FakeGenerator):
    def bound_state(self):
        return {"state": {"not": "a tensor"}}


class EightBitFrames(fakes.FakeGenerator):
    def synthesize(self, codes, times):
        return 255 * super().synthesize(codes, times)


# ------------------------------------------------------------------- inverters


class WrongCodes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, codes=found.codes.flatten(1))


class NaNCodes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, codes=found.codes / 0 * 0)


class LateCodes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, codes=found.codes.roll(1, dims=0))


class NumberedTimes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, times=torch.arange(len(clip), dtype=torch.float64) / 25)


class StatefulCodes(fakes.FakeInverter):
    mean = 0.0

    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        codes = found.codes + 0.1 * StatefulCodes.mean
        StatefulCodes.mean = float(codes.mean())
        return replace(found, codes=codes)


class GloballyRandomCodes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, codes=found.codes + 0.01 * torch.randn_like(found.codes))


class SeedlessCodes(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        noise = torch.randn(found.codes.shape, generator=torch.Generator().manual_seed(0))
        return replace(found, codes=found.codes + 0.01 * noise)


class SmoothedCodes(fakes.FakeInverter):
    """Claims that a code depends on its frame only, and smooths over the whole clip."""

    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        return replace(found, codes=(found.codes + found.codes.mean(dim=0)) / 2)


class RememberedCodes(fakes.FakeInverter):
    """Knows a frame by its number and time alone, and takes one clip for another."""

    def __init__(self, options, context):
        super().__init__(options, context)
        self.known = {}

    def invert(self, clip, generator, progress=fakes.silent):
        found = super().invert(clip, generator, progress)
        keys = zip(clip.numbers, clip.times.tolist(), strict=True)
        codes = [self.known.setdefault(key, code) for key, code in zip(keys, found.codes, strict=True)]
        return replace(found, codes=torch.stack(codes))


class UntypedError(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        return Inversion(clip.times, torch.stack([self.neighbour(clip, k) for k in range(len(clip))]), generator)

    def neighbour(self, clip, k):
        clip.times[k + 1 if k == 0 else k - 1]
        return fakes.functional.adaptive_avg_pool2d(clip.frame(k), fakes.GRID)


class SwallowedCancel(fakes.FakeInverter):
    def invert(self, clip, generator, progress=fakes.silent):
        def careless(done, total):
            try:
                progress(done, total)
            except Cancelled:
                return

        return super().invert(clip, generator, careless)


# -------------------------------------------------------------------- dynamics


class Curve(fakes.FakeTrajectory):
    def __init__(self, times, codes, change):
        super().__init__(times, codes)
        self.change = change

    def evaluate(self, t):
        return self.change(super().evaluate, t)

    def edited(self, delta, at=None):
        return Curve(self._times, self._codes + delta, self.change)


class Changed(fakes.FakeDynamics):
    """A dynamics whose curve is read through `change`."""

    def fit(self, times, codes, progress=fakes.silent):
        found = super().fit(times, codes, progress)
        return Curve(found._times, found._codes, self.change)

    def change(self, evaluate, t):
        raise NotImplementedError


class WrongCurve(Changed):
    def change(self, evaluate, t):
        return evaluate(t).flatten(1)


class NaNCurve(Changed):
    def change(self, evaluate, t):
        return evaluate(t).sub(1.0).sqrt()


class LateCurve(Changed):
    def change(self, evaluate, t):
        return evaluate(t - 0.04)


class StatefulCurve(fakes.FakeDynamics):
    mean = 0.0

    def fit(self, times, codes, progress=fakes.silent):
        mean, StatefulCurve.mean = StatefulCurve.mean, float(codes.mean())
        return super().fit(times, codes + 1e-3 * mean, progress)


class GloballyRandomCurve(fakes.FakeDynamics):
    def fit(self, times, codes, progress=fakes.silent):
        return super().fit(times, codes + 1e-4 * torch.randn_like(codes), progress)


class NumberedCurve(fakes.FakeDynamics):
    """Takes frames for evenly spaced."""

    def fit(self, times, codes, progress=fakes.silent):
        super().fit(times, codes, progress)
        even = torch.linspace(float(times[0]), float(times[-1]), len(times), dtype=torch.float64)
        return fakes.FakeTrajectory(even, codes)


class SlowVelocity(fakes.FakeDynamics):
    """Gives the velocity per frame."""

    class Trajectory(fakes.FakeTrajectory):
        def velocity(self, t):
            return super().velocity(t) * 0.04

    def fit(self, times, codes, progress=fakes.silent):
        super().fit(times, codes, progress)
        return self.Trajectory(times, codes.clone())


class Borrowed(fakes.FakeDynamics):
    """Edits in place."""

    class Trajectory(fakes.FakeTrajectory):
        def edited(self, delta, at=None):
            self._codes += delta
            return self

    def fit(self, times, codes, progress=fakes.silent):
        super().fit(times, codes, progress)
        return self.Trajectory(times, codes.clone())


class HoardingCurve(Changed):
    kept: ClassVar[list] = []

    def change(self, evaluate, t):
        self.kept.append(evaluate(t))
        return self.kept[-1].clone()


class FalseSupport(fakes.FakeDynamics):
    def fit(self, times, codes, progress=fakes.silent):
        super().fit(times, codes, progress)
        middle = codes.mean(dim=0)

        def change(evaluate, t):
            place = (t - times[0]) / 0.04
            return evaluate(t) + torch.sin(torch.pi * place).view(-1, 1, 1).float() * middle

        return Curve(times, codes.clone(), change)


class Careless(fakes.FakeDynamics):
    """Fits anything."""

    def fit(self, times, codes, progress=fakes.silent):
        return fakes.FakeTrajectory(times, codes.clone())


class Promised(fakes.FakeDynamics):
    """Says that it draws samples."""

    stochastic = True


class Drawing(Promised):
    """Draws curves that leave the fitted one by `away`."""

    def fit(self, times, codes, progress=fakes.silent):
        outer, found = self, super().fit(times, codes, progress)

        class Trajectory(fakes.FakeTrajectory):
            def samples(self, count):
                return [Curve(times, codes.clone(), partial(outer.away, k)) for k in range(count)]

        return Trajectory(found._times, found._codes)

    def bridge(self, t):
        """Vanishes at the observed times of the suite."""
        known = torch.tensor((*TIMES[0], *TIMES[1]), dtype=torch.float64)
        return (t[:, None] - known).abs().amin(1).view(-1, 1, 1).float()

    def away(self, number, evaluate, t):
        return evaluate(t) + (1 + number) * self.bridge(t)


class LooseSamples(Drawing):
    def away(self, number, evaluate, t):
        return evaluate(t) + 0.01 * (1 + number)


class OneSample(Drawing):
    def away(self, number, evaluate, t):
        return evaluate(t) + self.bridge(t)


class UnseededSamples(Drawing):
    def away(self, number, evaluate, t):
        return evaluate(t) + torch.rand(()) * self.bridge(t)


@dataclass(frozen=True)
class BadOptions:
    tension: float = option(2.0, help="How tight.", minimum=0.0, maximum=1.0)


class BadDefault(fakes.FakeDynamics):
    Options = BadOptions


@dataclass
class ThawedOptions:
    tension: float = option(0.5, help="How tight.")


class Thawed(fakes.FakeDynamics):
    Options = ThawedOptions
