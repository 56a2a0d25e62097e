"""Weighted means of curves through the same codes: curves through them too, and often better than each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import torch
from torch import Tensor

from dynode_cli import FitReport, Trajectory
from dynode_dynamics.curve import Curve
from dynode_dynamics.observations import Observations

ROWS = 128
"""Queries that all parts are read at before the next."""
STEPS = 500
"""Most steps of the search for the shares."""


class MixtureCurve(Curve):
    """sum_k share_k curve_k(t), shares >= 0 that add up to 1."""

    def __init__(
        self,
        parts: Sequence[Curve],
        shares: Sequence[float],
        observations: Observations,
        report: FitReport,
        period: float | None,
    ) -> None:
        super().__init__(observations, report, period)
        self._parts, self._shares = tuple(parts), tuple(shares)

    def read(self, t: Tensor, derivative: int) -> Tensor:
        """The mean of the parts, a few rows at a time: what is added up stays in the cache of the processor."""
        codes = self.observations.codes
        out = torch.empty((len(t), codes.shape[1]), dtype=codes.dtype, device=codes.device)
        for rows, target in zip(t.split(ROWS), out.split(ROWS), strict=True):
            torch.mul(self._parts[0].read(rows, derivative), self._shares[0], out=target)
            for share, part in zip(self._shares[1:], self._parts[1:], strict=True):
                target.add_(part.read(rows, derivative), alpha=share)
        return out

    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        """The mean of the edited parts: each carries the edit in its own way."""
        return EditedMixture([part.edited(delta, at) for part in self._parts], self._shares, self)


class EditedMixture(Trajectory):
    """A mixture after an edit: it no longer goes through the observed codes."""

    def __init__(self, parts: Sequence[Trajectory], shares: Sequence[float], origin: MixtureCurve) -> None:
        self.interval = origin.interval
        self._parts, self._shares, self._origin = tuple(parts), tuple(shares), origin

    def evaluate(self, t: Tensor) -> Tensor:
        """z at `t` (T,) seconds: (T, *code_shape)."""
        return self._mean([part.evaluate(t) for part in self._parts])

    def velocity(self, t: Tensor) -> Tensor:
        """dz/dt at `t` (T,), per second: (T, *code_shape)."""
        return self._mean([part.velocity(t) for part in self._parts])

    def edited(self, delta: Tensor, at: float | None = None) -> Self:
        """Edited once more."""
        parts = [part.edited(delta, at) for part in self._parts]
        return type(self)(parts, self._shares, self._origin)

    def report(self) -> FitReport:
        """Facts about the fit, and what the parts have to say of the edit."""
        report = self._origin.report()
        drift = sum(
            share * float(part.report().details.get("edit_drift", 0.0))
            for share, part in zip(self._shares, self._parts, strict=True)
        )
        return replace(report, details={**report.details, "edit_drift": drift})

    def _mean(self, values: Sequence[Tensor]) -> Tensor:
        return torch.as_tensor(sum(share * value for share, value in zip(self._shares, values, strict=True)))


def best_shares(misses: Tensor, ridge: float) -> Tensor:
    """Shares (K,) >= 0, adding up to 1, of the mean with the least squared error on left-out codes.

    `misses` (K, M, R): how far each of K curves is from each of M codes; the first is the straight line, to which
    `ridge`, in units of its own mean square, pulls the shares.

    References: Breiman, Stacked regressions, 1996; Beck and Teboulle, A fast iterative shrinkage-thresholding
    algorithm for linear inverse problems, 2009.
    """
    gram = torch.einsum("kmr,lmr->kl", misses, misses)
    gram = gram / gram[0, 0].clamp_min(1e-30)
    first = torch.zeros(len(gram), dtype=gram.dtype)
    first[0] = 1.0
    gram = gram + ridge * torch.eye(len(gram), dtype=gram.dtype)
    rate = 1.0 / float(torch.linalg.eigvalsh(gram)[-1])
    shares, ahead, momentum = first, first, 1.0
    for _ in range(STEPS):
        found = _on_simplex(ahead - rate * (gram @ ahead - ridge * first))
        following = (1.0 + (1.0 + 4.0 * momentum**2) ** 0.5) / 2.0
        ahead = found + (momentum - 1.0) / following * (found - shares)
        moved = float((found - shares).abs().max())
        shares, momentum = found, following
        if moved < 1e-7:
            break
    return shares


def _on_simplex(x: Tensor) -> Tensor:
    """The point nearest to `x` (K,) that has no negative coordinate and the sum 1.

    Reference: Duchi et al., Efficient projections onto the l1-ball for learning in high dimensions, 2008.
    """
    ordered = x.sort(descending=True).values
    excess = (ordered.cumsum(0) - 1.0) / torch.arange(1, len(x) + 1)
    kept = int((ordered > excess).sum())
    return (x - excess[kept - 1]).clamp_min(0.0)
