"""The clock of codes: at which times a curve through them is read, for rendering and for resampling alike."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from dynode_cli.contracts import Dynamics, FitReport, Progress, silent
from dynode_cli.errors import ConvergenceError, UsageError
from dynode_cli.files.codes import Codes
from dynode_cli.pipeline.draws import drawn_from
from dynode_cli.values.time_lists import TimeList
from dynode_cli.values.times import Rate

_ROUNDING = Fraction(1, 10**9)
"""What writing times as floating-point numbers does to a rate, and no camera does."""
MOST = 10_000_000
"""Codes that one command makes at most: more is a slip of the keyboard."""


def mean_rate(codes: Codes) -> Fraction | None:
    """Codes a second on average, such as 30000/1001; None where there is only one."""
    if len(codes.times) < 2:
        return None
    exact = Fraction(len(codes.times) - 1) / (Fraction(float(codes.times[-1])) - Fraction(float(codes.times[0])))
    meant = exact.limit_denominator(1001)
    return meant if abs(meant / exact - 1) < _ROUNDING else exact


def resolved_rate(codes: Codes, rate: Rate) -> Fraction:
    """Codes a second that `rate` asks for; a multiple is one of the mean rate of the codes.

    Raises:
        UsageError: a multiple of the rate of a single code, or more codes than can be meant.
    """
    own = mean_rate(codes)
    if rate.relative and own is None:
        raise UsageError(f"--rate {rate}: one code has no rate to multiply", hint="write codes a second: --rate 240")
    found = rate.value * own if rate.relative and own is not None else rate.value
    count = _count(codes, found)
    if count > MOST:
        raise UsageError(f"--rate {rate} makes {count} codes; at most {MOST} are made at a time")
    return found


def steady_times(codes: Codes, rate: Fraction) -> Tensor:
    """Times (T,) float64, seconds, of a steady `rate` from the first code to the last."""
    first, last = float(codes.times[0]), float(codes.times[-1])
    # A last time that a rounding error puts before its code still gets it.
    return (first + torch.arange(_count(codes, rate), dtype=torch.float64) / float(rate)).clamp(max=last)


def _count(codes: Codes, rate: Fraction) -> int:
    # A millionth of a step for rounding: a last code that falls on the grid is kept.
    return int(float(codes.times[-1] - codes.times[0]) * float(rate) + 1e-6) + 1


def listed_times(codes: Codes, listed: TimeList) -> Tensor:
    """The times (T,) float64, seconds, of a list; frames in it are counted at the mean rate of the codes.

    Raises:
        UsageError: they do not increase.
    """
    rate = mean_rate(codes) or Fraction(1)
    values = torch.tensor([float(time.at(rate)) for time in listed.times], dtype=torch.float64)
    if not bool((values.diff() > 0).all()):
        raise UsageError("--times must increase", hint="sort them, and drop repeated ones")
    return values


@dataclass(frozen=True)
class Dense:
    """Codes between codes."""

    codes: Codes
    samples: Sequence[Codes] = ()
    """Plausible ones, of the same times."""
    fit: FitReport | None = None
    """Of the dynamics that gave them; None for codes as they were given."""

    @property
    def method(self) -> str | None:
        """Name of what gave them."""
        return None if self.fit is None else self.fit.method


def read_at(
    codes: Codes,
    times: Tensor,
    dynamics: Dynamics,
    *,
    samples: int = 0,
    device: torch.device | str = "cpu",
    progress: Progress = silent,
) -> Dense:
    """The curve of `dynamics` through `codes`, read at `times` (T,), with so many `samples` of it.

    Raises:
        ConvergenceError: the curve is not finite.
    """
    trajectory = dynamics.fit(codes.times.to(device), codes.codes.to(device), progress)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        read = []
        for curve in (trajectory, *drawn_from(trajectory, samples)):
            values = curve.evaluate(times.to(device))
            if not bool(torch.isfinite(values).all()):
                raise ConvergenceError("the trajectory is not finite", hint="use --dynamics spline or linear")
            read.append(Codes(values, times, codes.metadata))
    report = trajectory.report()
    notes = dict.fromkeys([*report.warnings, *(str(item.message) for item in caught)])
    return Dense(read[0], read[1:], replace(report, warnings=tuple(notes)))
