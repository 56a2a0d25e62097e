"""Curves through observations: interpolants that are read by cardinal functions, all at once."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor

from dynode_cli import FitReport, Trajectory, UsageError
from dynode_dynamics.curves.cardinal import SPAN, CardinalBasis, Weights, apply, dense
from dynode_dynamics.curves.facts import distances, mean_speed, path_chord, roughness, spread
from dynode_dynamics.curves.observations import Observations


class ExtrapolationWarning(UserWarning):
    """A curve was read more than one mean spacing outside its observations, where its error grows."""


class Curve(Trajectory):
    """A curve through observations: what all trajectories of this plugin share.

    Observed times give the observed codes exactly, unless an edit took the curve away from them; a constant offset
    carries an edit.
    """

    def __init__(self, observations: Observations, report: FitReport, period: float | None = None) -> None:
        self.observations = observations
        self.interval = observations.interval
        self.period = period
        self.report_so_far = report
        self.offset: Tensor | None = None
        self.exact = True

    def evaluate(self, t: Tensor) -> Tensor:
        """z at `t` (T,) seconds: (T, *code_shape), in the type of the codes."""
        moments = self._queries(t)
        out = self.read(moments, 0)
        if self.exact:
            self._put_observed(out, moments)
        if self.offset is not None:
            out += self.offset
        return self._shaped(out)

    def velocity(self, t: Tensor) -> Tensor:
        """dz/dt at `t` (T,), per second: (T, *code_shape)."""
        return self._shaped(self.read(self._queries(t), 1).div_(self.observations.clock.spacing))

    @abstractmethod
    def read(self, t: Tensor, derivative: int) -> Tensor:
        """z or dz/dt, flat (T, D), at `t` (T,) and by the time on the clock of the observations, before any offset."""

    def edited(self, delta: Tensor, at: float | None = None) -> Self:
        """The same curve moved by `delta` (*code_shape) at every time.

        Raises:
            UsageError: the shape of `delta` is not that of a code.
        """
        return self.shifted(self.flat(delta))

    def flat(self, delta: Tensor) -> Tensor:
        """`delta` (*code_shape) as (D,), checked."""
        if tuple(delta.shape) != self.observations.code_shape:
            raise UsageError(
                f"an edit of shape {tuple(delta.shape)} does not fit codes of shape {self.observations.code_shape}"
            )
        return delta.reshape(-1).to(self.observations.codes)

    def shifted(self, offset: Tensor) -> Self:
        """This curve moved by `offset` (D,)."""
        moved = self.copy()
        moved.offset = offset if self.offset is None else self.offset + offset
        return moved

    def copy(self) -> Self:
        """Another curve with the same parts, of which some may then be replaced."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        return copy

    def report(self) -> FitReport:
        """Facts about the fit."""
        observations = self.observations
        return replace(
            self.report_so_far,
            path_chord=path_chord(observations.codes),
            roughness=roughness(observations),
            end_miss=self._end_miss(),
            velocity_jump=self._velocity_jump(),
        )

    def _end_miss(self) -> float:
        """Largest distance of the curve, as it is solved, from an observed code, over the codes' spread."""
        index = _sample(len(self.observations))
        codes = self.observations.codes[index]
        scale = spread(self.observations.codes)
        miss = float(distances(self.read(self.observations.times[index], 0), codes).max())
        return miss / scale if scale > 0 else miss

    def _velocity_jump(self) -> float:
        """Largest jump of the velocity at an inner observation, and at the seam of a loop, over the mean speed."""
        times = self.observations.times
        speed = mean_speed(self.observations)
        after = times[_sample(len(times))]
        before = after.clone()
        if self.period is None:
            before, after = before[1:-1], after[1:-1]
        else:
            before[0] += self.period / self.observations.clock.spacing
        if len(after) == 0 or speed == 0.0:
            return 0.0
        # One-sided velocities: as close to the observation as its time can be told from others.
        before -= _resolution(before)
        after += _resolution(after)
        return float(distances(self.read(before, 1), self.read(after, 1)).max()) / speed

    def _queries(self, t: Tensor) -> Tensor:
        """`t` (T,) seconds on the clock of the observations, within the first lap of a loop."""
        clock, times = self.observations.clock, self.observations.times
        t = clock(t.to(times)).contiguous()
        first, last = float(times[0]), float(times[-1])
        if self.period is not None:
            return first + torch.remainder(t - first, self.period / clock.spacing)
        margin = 1.001 * self.observations.spacing
        if len(t) and len(times) > 1:
            beyond = max(first - float(t.min()), float(t.max()) - last)
            if beyond > margin:
                warnings.warn(
                    f"codes are extrapolated {beyond * clock.spacing:.3g} s beyond the last observation; "
                    f"their error grows with that time",
                    ExtrapolationWarning,
                    stacklevel=3,
                )
        return t

    def _put_observed(self, out: Tensor, t: Tensor) -> None:
        times = self.observations.times
        nearest = torch.searchsorted(times, t).clamp_(max=len(times) - 1)
        hit = times[nearest] == t
        out[hit] = self.observations.codes[nearest[hit]]

    def _shaped(self, flat: Tensor) -> Tensor:
        return flat.reshape(len(flat), *self.observations.code_shape).to(self.observations.dtype)


def _sample(count: int) -> Tensor:
    """At most 64 of `count` observations, evenly spread, the ends among them."""
    return torch.linspace(0, count - 1, min(count, 64)).round().long()


def _resolution(times: Tensor) -> Tensor:
    """A step from each of `times` (T,) that is just not lost in rounding."""
    return 2.0 * torch.finfo(times.dtype).eps * times.abs().clamp_min(1.0)


class ConstantCurve(Curve):
    """The single code that was observed, at every time."""

    def read(self, t: Tensor, derivative: int) -> Tensor:
        """The code, or zero for the velocity."""
        code = self.observations.codes[:1] if derivative == 0 else torch.zeros_like(self.observations.codes[:1])
        return code.repeat(len(t), 1)


@dataclass(frozen=True)
class Terms:
    """What a curve at T times is made of; either may be missing."""

    weights: Weights | None
    """Of the knots' codes."""
    coefficients: Tensor | None
    """(T, R) of the curve's rows."""


class SummedCurve(Curve):
    """z(t) = sum_j w_j(t) z_j + sum_r c_r(t) row_r: a sum over the knots' codes and over fixed rows (R, D)."""

    def __init__(
        self,
        knots: Observations,
        rows: Tensor,
        observations: Observations,
        report: FitReport,
        period: float | None,
    ) -> None:
        super().__init__(observations, report, period)
        self.knots, self.rows = knots, rows
        self._all = torch.cat((knots.codes, rows)) if len(rows) > 0 and len(knots) <= SPAN else None

    @abstractmethod
    def terms(self, t: Tensor, derivative: int) -> Terms:
        """The weights and coefficients of z or dz/dt at `t` (T,) on the clock of the observations."""

    def read(self, t: Tensor, derivative: int) -> Tensor:
        """One matrix product for a run of queries; a second one if there are rows beside many knots."""
        terms = self.terms(t, derivative)
        if terms.coefficients is None:
            assert terms.weights is not None
            return apply(terms.weights, self.knots.codes)
        if terms.weights is None:
            return torch.mm(terms.coefficients.to(self.rows), self.rows)
        if self._all is None:
            out = apply(terms.weights, self.knots.codes)
            return out.addmm_(terms.coefficients.to(self.rows), self.rows)
        weights = torch.cat((dense(terms.weights, len(self.knots)), terms.coefficients), dim=1)
        return torch.mm(weights.to(self._all), self._all)


class CardinalCurve(SummedCurve):
    """z(t) = sum_j w_j(t) z_j."""

    def __init__(
        self,
        basis: CardinalBasis,
        knots: Observations,
        observations: Observations,
        report: FitReport,
        period: float | None,
    ) -> None:
        super().__init__(knots, knots.codes[:0], observations, report, period)
        self._basis = basis

    def terms(self, t: Tensor, derivative: int) -> Terms:
        """The weights of the basis."""
        return Terms(self._basis.weights(t, derivative), None)
