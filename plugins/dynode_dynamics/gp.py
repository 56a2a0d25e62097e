"""Gaussian-process interpolation: how smooth the codes are is read from the codes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import UsageError, option
from dynode_dynamics.cardinal import CardinalBasis
from dynode_dynamics.curve import CardinalDynamics, LoopOptions
from dynode_dynamics.kernels import Kernel, matern, natural_cubic, power
from dynode_dynamics.kriging import AveragedKriging, KrigingBasis, leave_one_out, restricted_likelihood
from dynode_dynamics.reduction import coordinates_of

LENGTHS = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
"""Kernel lengths that are tried, in mean spacings."""
SAMPLE = 256
"""Observations that the parameters are chosen from."""
SMOOTHNESS = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}
AVERAGED = ("matern32", "matern52")
"""Smooth kernels that are averaged with the broken line."""


@dataclass(frozen=True)
class GaussianProcessOptions(LoopOptions):
    """Options of the Gaussian process."""

    kernel: str = option(
        "average",
        help="smoothness of the curve between codes; average: the broken line, matern32 and matern52 of every length, "
        "each as far as the codes speak for it",
        choices=("average", *SMOOTHNESS),
    )
    length: float | None = option(
        None, help="correlation length; chosen from the codes if not given", unit="mean spacings", minimum=0.05
    )
    criterion: str = option(
        "likelihood",
        help="what chooses the length of a single kernel",
        choices=("likelihood", "leave-one-out"),
    )


def choose_kernel(times: Tensor, codes: Tensor, kind: str, length: float | None, criterion: str) -> Kernel:
    """The Matern kernel of smoothness `kind` with the length that `codes` (N, D) at `times` (N,) speak for.

    By restricted likelihood with one variance for all coordinates, or by the mean leave-one-out error.
    """
    candidates = _materns(kind, length)
    if len(times) < 3 or len(candidates) == 1:
        return candidates[len(candidates) // 2]
    if criterion == "likelihood":
        scores = _likelihoods(times, codes, candidates)
    else:
        times, codes = _sample(times, codes)
        scores = torch.stack([-leave_one_out(times, codes, kernel).norm(dim=1).mean() for kernel in candidates])
    return candidates[int(scores.argmax())]


def averaged(times: Tensor, codes: Tensor, rough: Kernel, length: float | None) -> CardinalBasis:
    """The average of the curves of `rough` and of Matern kernels, weighted by how likely each makes `codes` (N, D).

    Before the codes are seen, `rough` is as probable as all others together.
    """
    smooth = [kernel for kind in AVERAGED for kernel in _materns(kind, length)]
    kernels = [rough, *smooth]
    if len(times) < 3:
        return KrigingBasis(times, kernels[0])
    scores = _likelihoods(times, codes, kernels)
    scores[1:] -= math.log(len(smooth))
    return AveragedKriging(times, kernels, scores)


def _materns(kind: str, length: float | None) -> list[Kernel]:
    return [matern(SMOOTHNESS[kind], value) for value in (LENGTHS if length is None else (length,))]


def _likelihoods(times: Tensor, codes: Tensor, kernels: Sequence[Kernel]) -> Tensor:
    times, codes = _sample(times, codes)
    return torch.stack([restricted_likelihood(times, codes, kernel, shared=True).sum() for kernel in kernels])


def _sample(times: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The first observations on a clock of mean spacings, and coordinates with their distances."""
    times = times[:SAMPLE]
    return (times - times[0]) * ((len(times) - 1) / (times[-1] - times[0])), coordinates_of(codes[:SAMPLE])


class GaussianProcessDynamics(CardinalDynamics):
    """Posterior mean of a Gaussian process through the codes, without noise.

    Between codes it is as smooth as the data: by default an average of the broken line and of Matern processes,
    weighted by their likelihood. Far outside of the codes a Matern process returns to their mean.
    """

    Options: ClassVar[type] = GaussianProcessOptions
    method = "gp"

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Kriging with the chosen kernel, or with all of them.

        Raises:
            UsageError: an average by leave-one-out errors.
        """
        options = self.options
        if options.kernel != "average":
            return KrigingBasis(times, choose_kernel(times, codes, options.kernel, options.length, options.criterion))
        if options.criterion != "likelihood":
            raise UsageError(
                "an average of kernels is weighted by likelihood, not by leave-one-out errors",
                hint=f"name one of them with -D kernel={'|'.join(SMOOTHNESS)}",
            )
        # The broken line would have a corner at the seam of a loop.
        return averaged(times, codes, power(1.0 if options.period is None else 1.5), options.length)


class PowerKernelDynamics(CardinalDynamics):
    """Kriging with |h|^1.5, between the broken line and the smooth spline; no parameters."""

    method = "kernel"

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Kriging with the power kernel."""
        return KrigingBasis(times, power(1.5))


class NaturalCubicDynamics(CardinalDynamics):
    """The natural cubic spline: twice differentiable; beyond the ends, on along a line."""

    method = "natural"

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Kriging with |h|^3."""
        return KrigingBasis(times, natural_cubic())
