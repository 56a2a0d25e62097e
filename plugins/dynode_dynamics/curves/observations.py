"""The codes that a dynamics is fitted to: checked, flattened, and repeated for loops."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynode_cli import InputError, UsageError

PADDING = 16
"""Observations repeated on either side of a loop: a natural cubic spline forgets 1.5 digits in every two."""
LARGEST = {torch.float32: 1e35, torch.float64: 1e150}
"""Magnitude of codes, by the type that is computed in, up to which no difference, weight or square overflows."""


@dataclass(frozen=True)
class Clock:
    """Another origin and unit of time."""

    origin: float
    spacing: float
    """Length of the unit."""

    def __call__(self, times: Tensor) -> Tensor:
        """Units since the origin."""
        return (times - self.origin) / self.spacing

    def back(self, ticks: Tensor) -> Tensor:
        """The times that are `ticks` units after the origin."""
        return self.origin + ticks * self.spacing


@dataclass(frozen=True)
class Observations:
    """Codes (N, D), flattened, at times (N,) float64, strictly increasing; N >= 1, all finite.

    Times are mean spacings since the first observation, so that nothing that is computed from them depends on the
    unit or the origin of the seconds that were given. They stay on the CPU, where all small systems are solved;
    codes stay on their device, where they are read.
    """

    times: Tensor
    codes: Tensor
    code_shape: tuple[int, ...]
    dtype: torch.dtype
    """Type of the codes as they were given; `codes` are float32, or float64 if they came so."""
    clock: Clock
    """From seconds to `times`."""
    interval: tuple[float, float]
    """First and last observed time, seconds."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def spacing(self) -> float:
        """Mean time between neighbours, on the clock; 1 for a single observation."""
        return float(self.times[-1] - self.times[0]) / (len(self) - 1) if len(self) > 1 else 1.0

    def select(self, index: Tensor) -> Observations:
        """The observations of `index` (ascending), or of a mask."""
        return self.holding(self.times[index], self.codes[index])

    def holding(self, times: Tensor, codes: Tensor) -> Observations:
        """Other `codes` (N, D) at `times` (N,) on the same clock."""
        first, last = self.clock.back(times[[0, -1]]).tolist()
        return replace(self, times=times, codes=codes, interval=(first, last))


def observe(times: Tensor, codes: Tensor, clock: Clock | None = None) -> Observations:
    """Check `codes` (N, *shape) at `times` (N,) seconds and flatten them to (N, D).

    Arguments:
        clock: that of earlier observations which these go on from.

    Raises:
        InputError: no observation, shapes that do not fit, a value that is not finite or too large to be squared,
            times that do not increase.
    """
    if times.ndim != 1 or codes.ndim < 1 or len(times) != len(codes):
        raise InputError(
            f"codes {tuple(codes.shape)} and times {tuple(times.shape)} do not fit",
            hint="give codes of shape (N, ...) and times of shape (N,)",
        )
    if len(codes) and codes.numel() == 0:
        raise InputError(f"codes of shape {tuple(codes.shape[1:])} hold no number")
    if len(times) == 0:
        raise InputError("no observation: a trajectory needs at least one code")
    times = times.to("cpu", torch.float64).contiguous()
    if not bool(torch.isfinite(times).all()):
        raise InputError("observation times must be finite", hint="remove the frames without a time")
    steps = times.diff()
    if bool((steps <= 0).any()):
        where = int((steps <= 0).nonzero()[0])
        raise InputError(
            f"observation times must increase: number {where + 1} is at {float(times[where + 1]):g} s, "
            f"after {float(times[where]):g} s",
            hint="sort the codes by time and drop repeated ones",
        )
    finite = torch.isfinite(codes)
    if not bool(finite.all()):
        bad = int((~finite).reshape(len(codes), -1).any(dim=1).nonzero()[0])
        raise InputError(f"code {bad} is not finite", hint="drop that observation: gaps are allowed")
    work = codes.dtype if codes.dtype == torch.float64 else torch.float32
    flat = codes.detach().reshape(len(codes), -1).to(work).contiguous()
    if float(flat.abs().max()) > LARGEST[work]:
        raise InputError(
            f"codes reach {float(flat.abs().max()):.1g}, more than the {LARGEST[work]:.0g} that can be computed with",
            hint="give them in a larger unit",
        )
    first, last = float(times[0]), float(times[-1])
    if clock is None:
        clock = Clock(first, (last - first) / (len(times) - 1) if len(times) > 1 else 1.0)
    if not torch.finfo(torch.float64).tiny <= clock.spacing < float("inf"):
        raise InputError(f"observation times from {first:g} to {last:g} s cannot be computed with")
    return Observations(clock(times), flat, tuple(codes.shape[1:]), codes.dtype, clock, (first, last))


def looped(observations: Observations, period: float) -> Observations:
    """The observations continued by `PADDING` codes on either side, as if they came back every `period` seconds.

    Raises:
        UsageError: the period is not longer than the observed interval.
    """
    first, last = observations.interval
    if not last - first < period < float("inf"):
        raise UsageError(
            f"a loop of {period:g} s is not longer than the {last - first:g} s that were observed",
            hint="the period ends where the first code comes back, after the last one",
        )
    count = len(observations)
    number = torch.arange(-PADDING, count + PADDING)
    lap = torch.div(number, count, rounding_mode="floor")
    inner = number - lap * count
    times = observations.times[inner] + lap.to(torch.float64) * (period / observations.clock.spacing)
    return observations.holding(times, observations.codes[inner])
