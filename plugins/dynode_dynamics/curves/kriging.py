"""Kriging without noise: the interpolant of least expected error under a kernel, and its leave-one-out errors."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import torch
from torch import Tensor

from dynode_cli import ConvergenceError
from dynode_dynamics.curves.cardinal import CardinalBasis, Weights, average, locate
from dynode_dynamics.curves.kernels import Kernel

BLOCK = 16
"""Segments that share one system of equations in a long clip."""
MARGIN = 24
"""Observations on either side of a block that its system knows: farther ones are screened by these."""
INEXACT, EXACT = 1e-4, 1e-6
"""Miss of an observation, as a share of the codes, above which equations count as not solved, and up to which a kernel
may be part of an average."""
NEGLIGIBLE = 1e-3
"""Probability below which a kernel is left out of an average."""


class KrigingBasis(CardinalBasis):
    """Cardinal functions of kriging; long clips in overlapping blocks, so that cost grows with N, not with N^3."""

    def __init__(self, times: Tensor, kernel: Kernel) -> None:
        super().__init__(times)
        self.kernel = kernel
        count = len(times)
        self._width = min(count, BLOCK + 2 * MARGIN)
        blocks = torch.arange(max(1, -(-(count - 1) // BLOCK)), device=times.device)
        self._first = (blocks * BLOCK - MARGIN).clamp(0, count - self._width)
        self._spacing = float(times[-1] - times[0]) / (count - 1)
        self._knots = times[self._first[:, None] + torch.arange(self._width, device=times.device)]
        self._origin = self._knots.mean(dim=1, keepdim=True)
        scaled = (self._knots - self._origin) / self._spacing
        self._inverse, self.miss = _solved(system(scaled, kernel), self._width, kernel)

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """Weights of all observations of the query's block."""
        segment = locate(self.times, t)[0]
        block = torch.div(segment, BLOCK, rounding_mode="floor").clamp_(max=len(self._first) - 1)
        if self._width == len(self.times):
            block = torch.zeros_like(block)
        rows = []
        for part, number in zip(torch.split(t, 512), torch.split(block, 512), strict=True):
            h = (part[:, None] - self._knots[number]) / self._spacing
            x = (part - self._origin[number, 0]) / self._spacing
            if derivative == 0:
                left = torch.cat((self.kernel.covariance(h), _polynomial(x, self.kernel.drift)), dim=1)
            else:
                ones = torch.ones_like(x)[:, None]
                left = torch.cat((self.kernel.slope(h), 0 * ones, *[ones] * self.kernel.drift), dim=1)
                left /= self._spacing
            rows.append(torch.einsum("tk,tkn->tn", left, self._inverse[number]))
        values = torch.cat(rows) if rows else torch.zeros(0, self._width, dtype=t.dtype, device=t.device)
        return Weights(self._first[block], values)


class AveragedKriging(CardinalBasis):
    """The mean of kriging curves under several kernels, weighted by their probabilities: a curve through the codes too.

    Reference: Hoeting et al., Bayesian model averaging, 1999.
    """

    def __init__(self, times: Tensor, kernels: Sequence[Kernel], scores: Tensor) -> None:
        """`scores` (K,): the logarithm of each kernel's likelihood and prior, up to a constant."""
        super().__init__(times)
        # Where no kernel is likely at all, each is as good as the others.
        scores = scores.clamp_min(torch.finfo(scores.dtype).min)
        shares = torch.softmax(scores, 0)
        parts: dict[int, KrigingBasis] = {}
        for number in shares.argsort(descending=True).tolist():
            if parts and float(shares[number]) < NEGLIGIBLE:
                break
            # A long gap is too much for smooth kernels; those that can do without them.
            with suppress(ConvergenceError):
                part = KrigingBasis(times, kernels[number])
                if part.miss < EXACT:
                    parts[number] = part
        if not parts:
            raise ConvergenceError("no kernel fits these times", hint="use --dynamics linear or spline")
        kept = torch.softmax(scores[list(parts)], 0)
        self._shares = kept.tolist()
        self._parts = list(parts.values())

    def weights(self, t: Tensor, derivative: int = 0) -> Weights:
        """The mean of the parts' weights."""
        return average(self._shares, [part.weights(t, derivative) for part in self._parts], len(self.times))


def _solved(matrix: Tensor, count: int, kernel: Kernel) -> tuple[Tensor, float]:
    """What turns covariances into weights of `count` observations, (..., N + q, N), and how far these are off.

    Raises:
        ConvergenceError: at an observation the weights are not 1 and 0.
    """
    inverse, failed = torch.linalg.inv_ex(matrix)
    inverse = inverse[..., :count]
    unit = torch.eye(count, dtype=matrix.dtype, device=matrix.device)
    miss = float((matrix[..., :count, :] @ inverse - unit).abs().max())
    if bool(failed.any()) or not miss < INEXACT:
        raise ConvergenceError(
            f"the equations of {kernel.name} kriging cannot be solved: some codes are too close for their mean spacing",
            hint="use --dynamics linear or spline, or cut the codes where there is a long gap",
        )
    return inverse, miss


def system(times: Tensor, kernel: Kernel) -> Tensor:
    """The matrix [[K, P], [P', 0]] of kriging (..., N + q, N + q) at `times` (..., N) in mean spacings."""
    count = times.shape[-1]
    polynomial = _polynomial(times, kernel.drift)
    size = count + polynomial.shape[-1]
    matrix = torch.zeros((*times.shape[:-1], size, size), dtype=times.dtype, device=times.device)
    matrix[..., :count, :count] = kernel.covariance(times[..., :, None] - times[..., None, :])
    matrix[..., :count, count:] = polynomial
    matrix[..., count:, :count] = polynomial.transpose(-1, -2)
    return matrix


def leave_one_out(times: Tensor, codes: Tensor, kernel: Kernel) -> Tensor:
    """Residuals (N, D) of every code predicted from all the others: one inverse gives them all.

    They are infinite where the equations cannot be solved.

    Reference: Dubrule, Cross validation of kriging in a unique neighborhood, 1983.
    """
    count = len(times)
    inverse, failed = torch.linalg.inv_ex(system(times - times.mean(), kernel))
    inverse = inverse[:count, :count]
    residuals: Tensor = (inverse @ codes) / inverse.diagonal()[:, None]
    known = not bool(failed) and bool(torch.isfinite(residuals).all())
    return residuals if known else torch.full_like(codes, float("inf"))


def restricted_likelihood(times: Tensor, codes: Tensor, kernel: Kernel, *, shared: bool = False) -> Tensor:
    """Log restricted likelihood (D,) of each column of `codes` (N, D) with its best variance.

    Up to a constant that is the same for all kernels: it does not depend on the unit of the codes. With `shared`, one
    variance serves all columns. A kernel whose equations cannot be solved has the likelihood 0.

    Reference: Patterson and Thompson, Recovery of inter-block information, 1971.
    """
    polynomial = _polynomial(times - times.mean(), kernel.drift)
    contrasts = torch.linalg.qr(polynomial, mode="complete").Q[:, polynomial.shape[1] :]
    matrix = contrasts.T @ kernel.covariance(times[:, None] - times[None]) @ contrasts
    jitter = 1e-10 * matrix.diagonal().abs().mean() * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)
    factor, failed = torch.linalg.cholesky_ex(matrix + jitter)
    magnitude = float(codes.norm())
    white = torch.linalg.solve_triangular(factor, contrasts.T @ (codes / (magnitude or 1.0)), upper=False)
    freedom = len(matrix)
    variance = (white.square().sum(dim=0) / freedom).clamp_min(1e-30)
    if shared:
        variance = variance.mean().expand_as(variance)
    likelihood: Tensor = -0.5 * freedom * variance.log() - factor.diagonal().log().sum()
    known = torch.isfinite(likelihood) & (failed == 0)
    return torch.where(known, likelihood, float("-inf"))


def _polynomial(x: Tensor, degree: int) -> Tensor:
    return torch.stack([x**power for power in range(degree + 1)], dim=-1)
