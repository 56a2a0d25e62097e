"""Inputs at the edge of what can be computed: a right curve or one of dynode's errors, never another exception."""

from __future__ import annotations

import warnings

import pytest
import torch

from dynode_cli import Context, ConvergenceError, Dynamics
from dynode_dynamics.curves.curve import ExtrapolationWarning
from dynode_dynamics.curves.kernels import matern, power
from dynode_dynamics.curves.kriging import AveragedKriging, leave_one_out, restricted_likelihood
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

QUICK = {"iterations": 3, "hidden": 4}
KINDS: list[tuple[type[Dynamics], dict[str, object]]] = [
    (LinearDynamics, {}),
    (SlerpDynamics, {}),
    (SplineDynamics, {}),
    (NaturalCubicDynamics, {}),
    (PowerKernelDynamics, {}),
    (GaussianProcessDynamics, {}),
    (GaussianProcessDynamics, {"kernel": "matern52"}),
    (GaussianProcessDynamics, {"kernel": "matern32", "criterion": "leave-one-out"}),
    (LeadingProcessDynamics, {}),
    (OdeDynamics, QUICK),
    (OdeDynamics, {**QUICK, "order": 2}),
    (CdeDynamics, QUICK),
    (SdeDynamics, QUICK),
    (AutoDynamics, {"fields": False}),
]
NEARLY = 0.1 + 2**-56
"""The number after 0.1."""


def even(count: int) -> torch.Tensor:
    return torch.arange(count, dtype=torch.float64) / 25


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


INPUTS: dict[str, tuple[torch.Tensor, torch.Tensor]] = {
    "nearly equal times": (torch.tensor([0.0, 0.1, 0.1 + 1e-12, 0.2, 0.3, 0.4], dtype=torch.float64), noise(6, 4)),
    "neighbouring doubles": (torch.tensor([0.0, 0.1, NEARLY, 0.2, 0.3, 0.4], dtype=torch.float64), noise(6, 4)),
    "a gap of ten thousand": (torch.cat((even(10), even(10) + 400.0)), noise(20, 4).cumsum(dim=0)),
    "a gap of a billion": (torch.cat((even(10), even(10) + 4e7)), noise(20, 4).cumsum(dim=0)),
    "one line": (even(12), noise(12, 1) @ noise(1, 30)),
    "a plane": (even(20), (noise(20, 2) @ noise(2, 3)).float()),
    "one number": (even(9), noise(9).float()),
    "two codes of one number": (even(2), noise(2, 1)),
    "three codes of many numbers": (even(3), noise(3, 20000).float()),
    "repeated codes": (even(12), noise(4, 6).repeat_interleave(3, dim=0)),
    "an outlier": (even(8), noise(8, 6) * torch.tensor([1.0] * 5 + [1e12, 1.0, 1.0])[:, None]),
    "times beyond all clocks": (even(6) * 1e300, noise(6, 4)),
}


@pytest.mark.parametrize("source", INPUTS)
@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_the_curve_is_right_or_the_failure_is_named(
    kind: type[Dynamics], options: dict[str, object], source: str
) -> None:
    times, codes = INPUTS[source]
    try:
        curve = kind(kind.Options(**options), Context()).fit(times, codes)
    except ConvergenceError as error:
        assert error.hint
        assert "gap" in source or "times" in source or "doubles" in source
        assert kind not in (LinearDynamics, SlerpDynamics, SplineDynamics, AutoDynamics)
        return
    assert torch.equal(curve.evaluate(times), codes)
    reach = 0.2 * (times[-1] - times[0])
    t = torch.linspace(float(times[0] - reach), float(times[-1] + reach), 41, dtype=torch.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExtrapolationWarning)
        for out in (curve.evaluate(t), curve.velocity(t), curve.edited(torch.ones_like(codes[0])).evaluate(t)):
            assert bool(torch.isfinite(out).all())
    report = curve.report()
    for figure in (report.end_miss, report.velocity_jump, report.path_chord, report.roughness):
        assert abs(figure) < float("inf")
    assert report.end_miss < 1e-4


def test_a_kernel_that_cannot_be_solved_is_never_the_best() -> None:
    times = torch.tensor([0.0, 1.0, 1.0 + 2**-52, 2.0, 3.0], dtype=torch.float64)
    assert bool(torch.isinf(leave_one_out(times, noise(5, 2), matern(1.5, 8.0))).all())
    broken = times.clone()
    broken[2] = broken[1]
    scores = restricted_likelihood(broken, noise(5, 2), power(1.0))
    assert not bool(torch.isnan(scores).any())


def test_where_no_kernel_is_likely_the_average_is_still_one() -> None:
    times = torch.arange(5, dtype=torch.float64)
    basis = AveragedKriging(times, [power(1.0), power(1.5)], torch.full((2,), float("-inf"), dtype=torch.float64))
    assert torch.allclose(basis.weights(times + 0.3).values.sum(dim=1), torch.ones(5, dtype=torch.float64))
