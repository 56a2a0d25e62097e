"""A field that corrects a given curve: u' = s'(t) + gain * gap * g(u), with g = 0 at the start of the fit.

The correction is learned where the truth is known: every observation is left out in turn, the curve s is drawn
through the others, and the field has to make up for what s misses there, from both sides of the gap. `gap`
carries what was learned on double gaps over to single ones. A cross-check on codes that the field has not seen
gives the gain: 0, the bare curve, unless the correction helps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import Progress, silent
from dynode_dynamics.curves.cardinal import CardinalBasis, apply
from dynode_dynamics.fields.field import Field, FieldShape, new_field
from dynode_dynamics.fields.least_squares import least_squares
from dynode_dynamics.fields.segments import Flow

LIMIT = 96
"""Observations that are left out, one at a time; a longer clip gives as many, evenly spread."""
WORTH = 0.04
"""Share of the squared miss that a correction has to remove to be kept: 2 % of the error."""
FEWEST_JUDGED = 6
"""Left-out observations below which no correction is trusted."""
STEPS = 3

Basis = Callable[[Tensor], CardinalBasis]
"""Cardinal functions for given times."""


@dataclass(frozen=True)
class Correction:
    """A fitted field with its gain (0 .. 1)."""

    field: Field
    gain: float
    left: float
    """What the correction leaves of the curve's leave-one-out error, on codes that it has not seen: 0 .. 1."""
    controlled: bool
    """True if the field multiplies the derivative of the curve (a neural CDE); False if it is a velocity."""

    def rate(self, u: Tensor, t: Tensor, slope: Tensor, gap: Tensor) -> Tensor:
        """What the field adds to the velocity (1, n, R) at states `u`; `slope` is s'(t)."""
        return self.gain * gap * applied(self.field, u, t, slope, self.controlled)


def applied(field: Field, u: Tensor, t: Tensor, slope: Tensor, controlled: bool) -> Tensor:
    """g(u, t), or the matrix g(u, t) times the derivative (1, s'(t)) of the control path (time, codes)."""
    out = field(u, t)
    if not controlled:
        return out
    matrix = out.reshape(*out.shape[:-1], slope.shape[-1], slope.shape[-1] + 1)
    drive = torch.cat((torch.ones_like(slope[..., :1]), slope), dim=-1)
    return torch.matmul(matrix, drive[..., None])[..., 0]


@dataclass(frozen=True)
class Ways:
    """Ways (n) from a knot to a left-out one: the curve and its slope on the stages of each step."""

    path: Tensor
    """(n, 2 STEPS + 1, R)"""
    slope: Tensor
    time: Tensor
    """(n, 2 STEPS + 1, 1)"""
    step: Tensor
    """(n, 1), signed"""
    gap: Tensor
    """(n, 1)"""
    miss: Tensor
    """(n, R): left-out state less the curve."""
    half: Tensor
    """(n, 1): 0 or 1, for the cross-check."""


def fit_residual(
    times: Tensor,
    states: Tensor,
    basis: Basis,
    *,
    shape: FieldShape,
    controlled: bool,
    iterations: int,
    ridge: float,
    seed: int,
    progress: Progress = silent,
) -> Correction:
    """The correction of the curve of `basis` through `states` (N, R) at `times` (N,), N >= 4."""
    samples = left_out(times, states, basis)
    weight = torch.stack((samples.half, 1.0 - samples.half, torch.ones_like(samples.half)))
    copies: list[Tensor] = list(vars(samples).values())

    def residuals(field: Field, group: slice) -> Tensor:
        part = Ways(*(value[group] for value in copies))
        return weight[:, group] * (_carried(field, part, controlled) - part.miss)

    field = new_field(shape, 3, seed, start=0.0)
    field = least_squares(field, residuals, len(samples.miss), iterations=iterations, ridge=ridge, progress=progress)
    return Correction(field.fold(2), *_gain(field, samples, controlled), controlled)


def _carried(field: Field, part: Ways, controlled: bool) -> Tensor:
    """The corrections (3, n, R) at the end of each way."""

    def arranged(value: Tensor) -> Tensor:
        return value[None].expand(3, *value.shape)

    path, slope, time = (arranged(value) for value in (part.path, part.slope, part.time))
    step, gap = arranged(part.step), arranged(part.gap)

    def rate(y: Tensor, stage: int) -> Tensor:
        u = path[..., stage, :] + y
        return gap * applied(field, u, time[..., stage, :], slope[..., stage, :], controlled)

    y = torch.zeros_like(path[..., 0, :])
    for number in range(STEPS):
        k1 = rate(y, 2 * number)
        k2 = rate(y + 0.5 * step * k1, 2 * number + 1)
        k3 = rate(y + 0.5 * step * k2, 2 * number + 1)
        k4 = rate(y + step * k3, 2 * number + 2)
        y = y + step * (k1 + 2.0 * (k2 + k3) + k4) / 6.0
    return y


def _gain(field: Field, samples: Ways, controlled: bool) -> tuple[float, float]:
    """Least-squares gain on left-out codes that a fold has not seen, and the error that is left."""
    with torch.no_grad():
        carried = _carried(field, samples, controlled)
    unseen = torch.where(samples.half > 0, carried[1], carried[0])
    power, total = float(unseen.square().sum()), samples.miss.square().sum(dim=1)
    if len(total) < 2 * FEWEST_JUDGED or not 0.0 < power < float("inf"):
        return 0.0, 1.0
    gain = min(1.0, max(0.0, float((unseen * samples.miss).sum()) / power))
    saved = total - (samples.miss - gain * unseen).square().sum(dim=1)
    # Two ways lead to each left-out code: half as many independent judgements.
    doubt = float(saved.std()) / (len(saved) / 2) ** 0.5
    if float(saved.mean()) <= max(WORTH * float(total.mean()), doubt):
        return 0.0, 1.0
    return gain, max(0.0, 1.0 - float(saved.sum() / total.sum())) ** 0.5


def left_out(times: Tensor, states: Tensor, basis: Basis) -> Ways:
    """The ways to every inner state (N, R), or to `LIMIT` of them, along curves that do not know it."""
    inner = torch.arange(1, len(times) - 1)
    if len(inner) > LIMIT:
        inner = inner[torch.linspace(0, len(inner) - 1, LIMIT).round().long()]
    s = torch.linspace(0.0, 1.0, 2 * STEPS + 1, dtype=torch.float64)
    rows: list[tuple[Tensor, ...]] = []
    for order, j in enumerate(inner.tolist()):
        kept = torch.arange(len(times)) != j
        curve = basis(times[kept])
        miss = states[j] - apply(curve.weights(times[j : j + 1]), states[kept])[0]
        for neighbour in (j - 1, j + 1):
            reach = times[j] - times[neighbour]
            t = times[neighbour] + s * reach
            path = apply(curve.weights(t), states[kept])
            slope = apply(curve.weights(t, 1), states[kept])
            gap = (times[j + 1] - times[j - 1])[None]
            half = torch.tensor([float(order % 2)], dtype=torch.float64)
            rows.append((path, slope, t[:, None], (reach / STEPS)[None], gap, miss, half))
    return Ways(*(torch.stack(column).to(torch.float32) for column in zip(*rows, strict=True)))


def corrected(correction: Correction, basis: CardinalBasis, states: Tensor) -> Flow:
    """The flow u' = s'(t) + gain * gap * g(u) for the curve s of `basis` through `states` (N, R)."""
    times = basis.times

    def flow(u: Tensor, t: Tensor) -> Tensor:
        query = t.reshape(-1)
        slope = apply(basis.weights(query, 1), states).reshape(u.shape)
        # At a knot the gap before it counts: the one behind it is not known to a stream.
        segment = (torch.searchsorted(times, query) - 1).clamp(0, len(times) - 2)
        gap = (times[segment + 1] - times[segment]).reshape(t.shape)
        return slope + correction.rate(u, t, slope, gap)

    return flow


def spline_flow(basis: CardinalBasis, states: Tensor) -> Flow:
    """The flow u' = s'(t), without any correction."""

    def flow(u: Tensor, t: Tensor) -> Tensor:
        return apply(basis.weights(t.reshape(-1), 1), states).reshape(u.shape)

    return flow
