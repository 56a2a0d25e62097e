"""What a dynamics must do."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Cancelled, Conformance, Steps
from dynode_cli.conformance.checks import (
    held_bytes,
    must_raise,
    only_typed_errors,
    require,
    require_close,
    require_dtype,
    require_finite,
    require_json,
    require_shape,
    through_safetensors,
    traced_memory,
)
from dynode_cli.contracts import Dynamics, FitReport, Sampler, Trajectory
from dynode_cli.errors import InputError

TIMES = (
    (3.0, 3.04, 3.08, 3.13, 3.16, 3.2, 3.36, 3.4, 3.44, 3.49),
    (7.0, 7.05, 7.1, 7.15, 7.2, 7.25, 7.3),
)
"""Observed times of the two inputs, seconds: uneven with a gap, and even."""
CODE_SHAPE = (3, 4)


class DynamicsConformance(Conformance):
    """Subclass it and set `implementation`; see :class:`~dynode_cli.conformance.base.Conformance`."""

    contract: ClassVar[type] = Dynamics
    knot_tolerance: ClassVar[float] = 1e-5
    """Largest distance from an observed code, as a share of the largest number in the codes."""
    velocity_tolerance: ClassVar[float] = 0.02
    """Largest difference between `velocity` and the slope of `evaluate`, as a share of the largest velocity."""
    batch_tolerance: ClassVar[float] = 1e-5
    """Largest difference between times evaluated together and one by one."""

    def observations(self, variant: int = 0, device: str = "cpu") -> tuple[Tensor, Tensor]:
        """Times (N,) and codes (N, 3, 4) on a smooth curve."""
        times = torch.tensor(TIMES[variant], dtype=torch.float64)
        random = torch.Generator().manual_seed(variant)
        phase, rate = 6.28 * torch.rand(2, *CODE_SHAPE, generator=random, dtype=torch.float64)
        codes = torch.sin(times.view(-1, 1, 1) * (2 + rate) + phase)
        return times.to(device), codes.to(device, torch.float32)

    def fitted(self, built: Any = None, variant: int = 0, device: str = "cpu") -> Trajectory:
        """A trajectory through :meth:`observations`."""
        times, codes = self.observations(variant, device)
        trajectory = (self.build() if built is None else built).fit(times, codes)
        require(isinstance(trajectory, Trajectory), f"fit gave {type(trajectory).__name__}, not a Trajectory")
        assert isinstance(trajectory, Trajectory)
        return trajectory

    def between(self, variant: int = 0) -> Tensor:
        """Times inside every interval: a third and two thirds of the way."""
        times = torch.tensor(TIMES[variant], dtype=torch.float64)
        return torch.stack(
            (torch.lerp(times[:-1], times[1:], 1 / 3), torch.lerp(times[:-1], times[1:], 2 / 3)), 1
        ).view(-1)

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Fit, evaluate, differentiate."""
        trajectory = self.fitted(built, variant, device)
        t = self.between(variant).to(device)
        return {"codes": trajectory.evaluate(t), "velocities": trajectory.velocity(t)}

    def test_shapes_and_types(self) -> None:
        """(T, *code_shape) in the codes' type, for every T."""
        trajectory = self.fitted()
        for count in (1, 5):
            t = self.between()[:count]
            for name, found in (("evaluate(t)", trajectory.evaluate(t)), ("velocity(t)", trajectory.velocity(t))):
                require_shape(name, found, (count, *CODE_SHAPE))
                require_dtype(name, found, torch.float32)

    def test_interval_is_the_observed_one(self) -> None:
        """First and last observed time, seconds."""
        times, _ = self.observations()
        interval = self.fitted().interval
        require(
            tuple(interval) == (float(times[0]), float(times[-1])),
            f"interval is {interval}, observed are {float(times[0])} to {float(times[-1])} s",
        )

    def test_observed_codes_are_met(self) -> None:
        """At observed times the curve gives the observed codes, however uneven the times are."""
        for variant in (0, 1):
            times, codes = self.observations(variant)
            found = self.fitted(variant=variant).evaluate(times)
            require_close("the curve at the observed times", found, codes, self.knot_tolerance)

    def test_observed_codes_are_met_in_any_order(self) -> None:
        """Times in any order, repeated ones too."""
        times, codes = self.observations()
        order = torch.tensor([5, 0, 9, 3, 3, 7])
        found = self.fitted().evaluate(times[order])
        require_close("the curve at observed times out of order", found, codes[order], self.knot_tolerance)

    def test_one_batch_is_many(self) -> None:
        """Times evaluated together and one by one give the same: nothing depends on what else is asked."""
        trajectory, t = self.fitted(), self.between()
        for name, read in (("evaluate", trajectory.evaluate), ("velocity", trajectory.velocity)):
            together = read(t)
            alone = torch.cat([read(t[k : k + 1]) for k in range(len(t))])
            require_close(f"{name} one time at a time", alone, together, self.batch_tolerance)

    def test_velocity_is_the_slope(self) -> None:
        """Per second of real time, between observations."""
        trajectory, t = self.fitted(), self.between()
        step = 1e-3
        slope = (trajectory.evaluate(t + step).double() - trajectory.evaluate(t - step).double()) / (2 * step)
        require_close("velocity(t)", trajectory.velocity(t).double(), slope, self.velocity_tolerance)

    def test_times_may_start_anywhere(self) -> None:
        """The same observations a minute later give the same curve a minute later."""
        times, codes = self.observations()
        moved = self.build().fit(times + 60.0, codes).evaluate(self.between() + 60.0)
        require_close("the curve of later observations", moved, self.fitted().evaluate(self.between()), 1e-3)

    def test_the_curve_goes_on_outside(self) -> None:
        """A little before the first and after the last observation it is finite."""
        trajectory = self.fitted()
        first, last = trajectory.interval
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            require_finite(
                "the curve outside its interval",
                trajectory.evaluate(torch.tensor([first - 0.02, last + 0.02], dtype=torch.float64)),
            )

    def test_few_observations(self) -> None:
        """One, two and three are enough."""
        times, codes = self.observations()
        for count in (1, 2, 3):
            with only_typed_errors(f"fitting {count} observation(s)"):
                trajectory = self.build().fit(times[:count], codes[:count])
                found = trajectory.evaluate(times[:count])
                require_finite("velocity(t)", trajectory.velocity(times[:count]))
            require_close(f"the curve through {count} observation(s)", found, codes[:count], self.knot_tolerance)

    def test_bad_observations_are_refused(self) -> None:
        """Codes that are not finite, equal times and no observation are an InputError."""
        times, codes = self.observations()
        broken = codes.clone()
        broken[2, 0, 0] = float("nan")
        equal = times.clone()
        equal[4] = equal[3]
        for doing, t, z in (
            ("a code that is not a number", times, broken),
            ("two equal times", equal, codes),
            ("no observation", times[:0], codes[:0]),
        ):
            with must_raise(InputError, doing):
                self.build().fit(t, z)

    def test_input_is_left_alone(self) -> None:
        """Neither what was fitted nor what was asked is written to, and the curve keeps a copy."""
        times, codes = self.observations()
        trajectory = self.build().fit(times, codes)
        t = self.between()
        before = trajectory.evaluate(t).clone()
        expected_times, expected_codes = self.observations()
        require(torch.equal(times, expected_times), "fit wrote to the times")
        require(torch.equal(codes, expected_codes), "fit wrote to the codes")
        require(torch.equal(t, self.between()), "evaluate wrote to the times")
        trajectory.evaluate(times).fill_(1e6)
        require_close("the curve after its result was written to", trajectory.evaluate(t), before, self.tolerance)

    def test_edits(self) -> None:
        """An edit moves the code at its time by its delta, and leaves the curve that it was made from as it was."""
        times, codes = self.observations()
        trajectory, t = self.fitted(), self.between()
        before = trajectory.evaluate(t).clone()
        random = torch.Generator().manual_seed(5)
        delta = 0.1 * torch.randn(CODE_SHAPE, generator=random)
        for index, at in ((0, None), (4, float(times[4]))):
            found = trajectory.edited(delta, at).evaluate(times[index : index + 1])
            require_close(f"the edited code number {index}", found, codes[index : index + 1] + delta, 1e-3)
        require_close("the curve after it was edited", trajectory.evaluate(t), before, self.tolerance)
        unmoved = trajectory.edited(torch.zeros(CODE_SHAPE)).evaluate(t)
        require_close("an edit that changes nothing", unmoved, before, 1e-3)

    def test_support_is_true(self) -> None:
        """Observations further away than `support` says do not matter."""
        support = self.implementation.support  # type: ignore[attr-defined]
        if support is None:
            return
        require(
            isinstance(support, int) and support >= 1, f"support is {support!r}; a count of observations, or None"
        )
        count = 2 * support + 8
        times = torch.cumsum(torch.tensor([0.03, 0.05] * count, dtype=torch.float64)[:count], 0)
        random = torch.Generator().manual_seed(6)
        codes = torch.randn(count, *CODE_SHAPE, generator=random)
        middle = count // 2
        t = torch.lerp(times[middle], times[middle + 1], torch.tensor([0.25, 0.75], dtype=torch.float64))
        expected = self.build().fit(times, codes).evaluate(t)
        far = torch.ones(count, dtype=torch.bool)
        far[middle - support + 1 : middle + support + 1] = False
        codes[far] += 1.0
        found = self.build().fit(times, codes).evaluate(t)
        require_close(f"the curve after codes more than {support} away changed", found, expected, 1e-4)

    def test_samples_are_plausible(self) -> None:
        """Of a stochastic one: they go through the observed codes, differ between them, and follow the seed."""
        if not self.implementation.stochastic:  # type: ignore[attr-defined]
            return
        times, codes = self.observations()
        t = self.between()
        trajectory = self.fitted()
        require(isinstance(trajectory, Sampler), f"{type(trajectory).__name__} has no samples(count)")
        assert isinstance(trajectory, Sampler)
        drawn = list(trajectory.samples(3))
        require(len(drawn) == 3, f"samples(3) gave {len(drawn)} curves")
        for number, curve in enumerate(drawn):
            require_close(f"sample {number} at the observed times", curve.evaluate(times), codes, self.knot_tolerance)
            require_finite(f"sample {number}", curve.evaluate(t))
        first, second = (curve.evaluate(t) for curve in drawn[:2])
        require(not torch.equal(first, second), "two samples are the same curve")
        again = next(iter(self.fitted().samples(3)))  # type: ignore[attr-defined]
        require_close("the first sample of the same seed", again.evaluate(t), first, self.tolerance)

    def test_memory_is_flat(self) -> None:
        """What is held does not grow with the number of times that were asked for."""
        trajectory = self.fitted()
        first, last = trajectory.interval
        dense = torch.linspace(first, last, 4400, dtype=torch.float64)
        with traced_memory():
            for start in range(0, 400, 200):
                trajectory.evaluate(dense[start : start + 200])
            before = held_bytes()
            for start in range(400, len(dense), 200):
                trajectory.evaluate(dense[start : start + 200])
            grown = held_bytes() - before
        require(grown <= self.growth, f"4000 more times hold {grown} bytes more; at most {self.growth} are allowed")

    def test_report(self) -> None:
        """Facts that can be written as JSON, with the name of the method."""
        report = self.fitted().report()
        require(isinstance(report, FitReport), f"report() gave {type(report).__name__}, not a FitReport")
        require(bool(report.method), "the report does not name the method")
        require_json("the report", dataclasses.asdict(report))

    def test_progress(self) -> None:
        """It counts up to a total, and can cancel the fit."""
        times, codes = self.observations()
        steps = Steps()
        self.build().fit(times, codes, steps)
        steps.check()
        if not steps.told:
            return
        try:
            self.build().fit(times, codes, Steps(cancel=True))
        except Cancelled:
            return
        raise AssertionError("fit went on although the progress callback raised")

    def test_results_can_be_saved(self) -> None:
        """As safetensors, without pickle."""
        codes = self.fitted().evaluate(self.between())
        require_close("codes from a file", through_safetensors({"codes": codes})["codes"], codes, 0.0)
