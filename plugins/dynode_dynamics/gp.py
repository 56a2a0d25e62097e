"""Gaussian-process interpolation with Matern kernels: how smooth the codes are is read from the codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from dynode_cli import option
from dynode_dynamics.cardinal import CardinalBasis
from dynode_dynamics.curve import CardinalDynamics, LoopOptions
from dynode_dynamics.kernels import Kernel, matern, natural_cubic, power
from dynode_dynamics.kriging import KrigingBasis, leave_one_out, restricted_likelihood
from dynode_dynamics.reduction import coordinates_of

LENGTHS = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
"""Kernel lengths that are tried, in mean spacings."""
SAMPLE = 256
"""Observations that the parameters are chosen from."""
SMOOTHNESS = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}


@dataclass(frozen=True)
class GaussianProcessOptions(LoopOptions):
    """Options of the Gaussian process."""

    kernel: str = option("auto", help="smoothness of the curve between codes", choices=("auto", *SMOOTHNESS))
    length: float | None = option(
        None, help="correlation length; chosen from the codes if not given", unit="mean spacings", minimum=0.05
    )
    criterion: str = option(
        "likelihood", help="what chooses kernel and length", choices=("likelihood", "leave-one-out")
    )


def choose_kernel(times: Tensor, codes: Tensor, kinds: list[str], length: float | None, criterion: str) -> Kernel:
    """The Matern kernel that `codes` (N, D) at `times` (N,) speak for.

    By restricted likelihood with one variance for all coordinates, or by the mean leave-one-out error.
    """
    times = (times[:SAMPLE] - times[0]) * ((len(times[:SAMPLE]) - 1) / (times[:SAMPLE][-1] - times[0]))
    codes = coordinates_of(codes[:SAMPLE])
    lengths = LENGTHS if length is None else (length,)
    candidates = [matern(SMOOTHNESS[kind], value) for kind in kinds for value in lengths]
    if len(times) < 3 or len(candidates) == 1:
        return candidates[len(candidates) // 2]
    if criterion == "likelihood":
        scores = [float(restricted_likelihood(times, codes, kernel, shared=True)[0]) for kernel in candidates]
    else:
        scores = [-float(leave_one_out(times, codes, kernel).norm(dim=1).mean()) for kernel in candidates]
    return candidates[max(range(len(candidates)), key=scores.__getitem__)]


class GaussianProcessDynamics(CardinalDynamics):
    """Posterior mean of a Matern process through the codes, without noise.

    Between codes it is as smooth as the data; far outside of them it returns to their mean.
    """

    Options: ClassVar[type] = GaussianProcessOptions
    method = "gp"

    def basis(self, times: Tensor, codes: Tensor) -> CardinalBasis:
        """Kriging with the chosen kernel."""
        options = self.options
        kinds = ["matern32", "matern52"] if options.kernel == "auto" else [options.kernel]
        return KrigingBasis(times, choose_kernel(times, codes, kinds, options.length, options.criterion))


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
