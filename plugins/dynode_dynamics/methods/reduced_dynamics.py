"""What the dynamics share that are solved in a few principal components of the codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from dynode_cli import UsageError, option
from dynode_dynamics.curves.bases import CatmullRomBasis, LinearBasis
from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.curves.kernels import power
from dynode_dynamics.curves.kriging import KrigingBasis
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduced import Frame, clock_of
from dynode_dynamics.curves.reduction import reduce
from dynode_dynamics.methods.curve_dynamics import LoopOptions, SummedDynamics
from dynode_dynamics.solving.anchoring import ANCHORS

FEWEST = 4
"""Observations below which a field says nothing that a spline does not."""
REST: dict[str, Callable[[Tensor], CardinalBasis]] = {
    "kernel": lambda times: KrigingBasis(times, power(1.5)),
    "spline": CatmullRomBasis,
    "linear": LinearBasis,
}
"""What carries the components that are not solved for."""


@dataclass(frozen=True)
class ReducedOptions(LoopOptions):
    """Options of every dynamics that is solved in principal components."""

    components: int = option(5, help="most principal components that are solved for", minimum=1, maximum=64)
    variance: float = option(0.98, help="share of the codes' variance that they hold", minimum=0.0, maximum=1.0)
    rest: str = option(
        "auto",
        help="what carries the other components: kernel |h|^1.5 (smooth), a spline or lines; "
        "auto: a spline where the equation corrects one, else the kernel",
        choices=("auto", *REST),
    )
    anchor: str = option("two-sided", help="how the curve is made to meet the observed codes", choices=ANCHORS)
    substeps: int = option(4, help="solver steps between two observations", minimum=1, maximum=64)
    iterations: int = option(30, help="Levenberg-Marquardt steps of the fit", minimum=1, maximum=1000)
    hidden: int = option(16, help="units in each of the field's two hidden layers", minimum=2, maximum=256)
    damping: float = option(
        0.3, help="share of the field's pull on an edit's offset; 0 carries it unchanged", minimum=0.0, maximum=1.0
    )


class ReducedDynamics(SummedDynamics):
    """A dynamics that is solved in principal components."""

    options: ReducedOptions

    def check_loop(self) -> None:
        """Raises UsageError for an anchor that does not come back."""
        if self.options.anchor != "two-sided":
            raise UsageError(
                f"-D anchor={self.options.anchor} rolls a solution out from the first code, to which it does not come "
                "back: there is no loop",
                hint="leave out -D anchor: two-sided solutions close",
            )


def frame_of(
    knots: Observations, components: int, variance: float = 1.0, rest: str = "auto", *, corrects: bool = False
) -> Frame:
    """The first principal components of `knots`, and what carries the others.

    Arguments:
        corrects: the equation is a correction of a spline, which then is what `rest` ``auto`` means.
    """
    if rest == "auto":
        rest = "spline" if corrects else "kernel"
    return Frame(knots, clock_of(knots), reduce(knots.codes, components, variance), REST[rest](knots.times))
