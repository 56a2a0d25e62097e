"""Gaussian-process interpolation (Kriging): how smooth the codes are is read from the codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from dynode_cli import UsageError, option
from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.curves.kernel_choice import SMOOTHNESS, averaged_basis, choose_kernel
from dynode_dynamics.curves.kernels import natural_cubic, power
from dynode_dynamics.curves.kriging import KrigingBasis
from dynode_dynamics.methods.curve_dynamics import CardinalDynamics, LoopOptions


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
        return averaged_basis(times, codes, power(1.0 if options.period is None else 1.5), options.length)


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
