"""Gaussian processes by principal component: smooth in the leading ones, rough in the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from dynode_cli import FitReport, Progress, option
from dynode_dynamics.curves.cardinal import CardinalBasis, apply
from dynode_dynamics.curves.kernel_choice import SAMPLE
from dynode_dynamics.curves.kernels import matern, power
from dynode_dynamics.curves.kriging import AveragedKriging, restricted_likelihood
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduced import Frame, FramedCurve, clock_of
from dynode_dynamics.curves.reduction import coordinates_of, reduce
from dynode_dynamics.methods.curve_dynamics import LoopOptions, SummedDynamics


@dataclass(frozen=True)
class LeadingOptions(LoopOptions):
    """Options of the leading-component process."""

    share: float = option(
        0.5, help="share of the variance that the leading components hold at least", minimum=0.0, maximum=1.0
    )


class LeadingProcessDynamics(SummedDynamics):
    """A smooth process in the few components that hold half of the variance, a rough one in all others.

    In codes that were inverted from video, the first components move with the subject and the rest is mostly the
    inverter's noise, which a smooth curve would amplify. Each leading component gets the average of Matern
    processes weighted by their restricted likelihood; the rest share one, between the broken line and a process
    that forgets within two observations. In a loop the rest is smooth enough to have no corner at the seam.
    """

    Options: ClassVar[type] = LeadingOptions
    method = "gp-leading"

    def curve(
        self, knots: Observations, observations: Observations, report: FitReport, progress: Progress
    ) -> LeadingCurve:
        """Averages of kriging curves."""
        reduction = reduce(knots.codes, 8, self.options.share)
        clock = clock_of(knots)
        times, states = clock(knots.times), reduction.coordinates(knots.codes)
        rest = coordinates_of(knots.codes[:SAMPLE])[:, states.shape[1] :]
        smooth = [matern(nu, length) for nu in (1.5, 2.5) for length in (2.0, 4.0, 8.0)]
        if self.options.period is None:
            rough = [power(1.0), matern(0.5, 1.0), matern(0.5, 2.0)]
        else:
            # Those would have a corner at the seam, as at every code: the next smoother ones.
            rough = [power(1.5), matern(1.5, 1.0), matern(1.5, 2.0)]
        sample = times[:SAMPLE]
        lead_scores = torch.stack([restricted_likelihood(sample, states[:SAMPLE], k) for k in smooth])
        rest_scores = torch.stack([restricted_likelihood(sample, rest, k).sum() for k in rough])
        base = AveragedKriging(knots.times, rough, rest_scores)
        lead = [AveragedKriging(knots.times, smooth, scores) for scores in lead_scores.T]
        progress(1, 1)
        frame = Frame(knots, clock, reduction, base)
        return LeadingCurve(frame, lead, observations, report, self.options.period)


class LeadingCurve(FramedCurve):
    """A framed curve whose coordinates have a process each."""

    def __init__(
        self,
        frame: Frame,
        lead: Sequence[CardinalBasis],
        observations: Observations,
        report: FitReport,
        period: float | None,
    ) -> None:
        super().__init__(frame, observations, report, period)
        self._lead = lead

    def coordinates(self, t: Tensor, derivative: int) -> Tensor:
        """Each by the weights of its own process."""
        return torch.cat(
            [apply(basis.weights(t, derivative), self._states[:, k : k + 1]) for k, basis in enumerate(self._lead)],
            dim=1,
        )
