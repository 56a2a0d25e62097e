"""Mixtures (stacking): weighted means of curves through the same codes, often better than each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import torch
from torch import Tensor

from dynode_cli import FitReport
from dynode_dynamics.curves.cardinal import average
from dynode_dynamics.curves.curve import SummedCurve, Terms
from dynode_dynamics.curves.observations import Observations

STEPS = 500
"""Most steps of the search for the shares."""


class MixtureCurve(SummedCurve):
    """sum_k share_k curve_k(t), shares >= 0 that add up to 1, read as one sum over the codes and all parts' rows."""

    def __init__(
        self,
        parts: Sequence[SummedCurve],
        shares: Sequence[float],
        observations: Observations,
        report: FitReport,
        period: float | None,
    ) -> None:
        super().__init__(parts[0].knots, torch.cat([part.rows for part in parts]), observations, report, period)
        self._parts, self._shares = tuple(parts), tuple(shares)

    def terms(self, t: Tensor, derivative: int) -> Terms:
        """The parts' weights, averaged, and their coefficients side by side."""
        found = [(share, part.terms(t, derivative)) for share, part in zip(self._shares, self._parts, strict=True)]
        shares = [share for share, terms in found if terms.weights is not None]
        weights = [terms.weights for _, terms in found if terms.weights is not None]
        beside = [share * terms.coefficients for share, terms in found if terms.coefficients is not None]
        return Terms(
            average(shares, weights, len(self.knots)) if weights else None,
            torch.cat(beside, dim=1) if beside else None,
        )

    def edited(self, delta: Tensor, at: float | None = None) -> Self:
        """The mean of the edited parts: each carries the edit in its own way.

        Raises:
            UsageError: the shape of `delta` is not that of a code.
        """
        moved = self.copy()
        moved._parts = tuple(part.edited(delta, at) for part in self._parts)
        moved.exact = all(part.exact for part in moved._parts)
        offset = torch.zeros_like(self.flat(delta))
        drift = 0.0
        for share, part in zip(self._shares, moved._parts, strict=True):
            if part.offset is not None:
                offset += share * part.offset
            drift += share * float(part.report_so_far.details.get("edit_drift", 0.0))
        moved.offset = offset
        report = self.report_so_far
        moved.report_so_far = replace(report, details={**report.details, "edit_drift": drift})
        return moved


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
