"""Loops: C1 at the seam for whatever is smooth between the codes, or a named refusal."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import Context, Dynamics, UsageError
from dynode_dynamics.curves.observations import PADDING, looped, observe
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.released import ReleasedDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.spline import SplineDynamics

QUICK = {"iterations": 5, "hidden": 6}
MATCH = {**QUICK, "mode": "gradient-matching", "base": "none"}
SHOOT = {**QUICK, "mode": "multiple-shooting", "base": "none"}
SMOOTH: list[tuple[type[Dynamics], dict[str, object]]] = [
    (SplineDynamics, {}),
    (NaturalCubicDynamics, {}),
    (PowerKernelDynamics, {}),
    (GaussianProcessDynamics, {}),
    (GaussianProcessDynamics, {"kernel": "matern52"}),
    (LeadingProcessDynamics, {}),
    (OdeDynamics, MATCH),
    (OdeDynamics, SHOOT),
    (OdeDynamics, {**MATCH, "time": True}),
    (OdeDynamics, {**SHOOT, "time": True}),
    (OdeDynamics, {**SHOOT, "time": True, "variance": 0.5}),
    (OdeDynamics, {**QUICK, "order": 2}),
    (OdeDynamics, {**QUICK, "base": "spline", "time": True}),
    (CdeDynamics, QUICK),
    (CdeDynamics, {**QUICK, "control": "hermite"}),
    (SdeDynamics, QUICK),
]


def clip(kind: str) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Times, codes and the period of a loop."""
    generator = torch.Generator().manual_seed(4)
    if kind == "uneven, at epoch":
        times = 1.7e9 + torch.cumsum(0.05 + 0.1 * torch.rand(11, generator=generator, dtype=torch.float64), 0)
        return times, torch.randn(11, 8, generator=generator).cumsum(dim=0), float(times[-1] - times[0]) + 0.07
    times = torch.arange(3 if kind == "three codes" else 20, dtype=torch.float64) / 10
    return times, torch.randn(len(times), 4, generator=generator, dtype=torch.float64), len(times) / 10


@pytest.mark.parametrize("source", ["even", "uneven, at epoch", "three codes"])
@pytest.mark.parametrize(("kind", "options"), SMOOTH)
def test_the_seam_is_as_smooth_as_the_codes(kind: type[Dynamics], options: dict[str, object], source: str) -> None:
    times, codes, period = clip(source)
    curve = kind(kind.Options(period=period, **options), Context()).fit(times, codes)
    assert curve.report().velocity_jump <= 1e-4
    shift = 1e-6
    seam = float(times[0]) + period
    around = torch.tensor([seam - shift, seam + shift], dtype=torch.float64)
    speed = float(curve.velocity(times).abs().max())
    assert float(curve.evaluate(around).diff(dim=0).abs().max()) < 4 * shift * speed + 1e-6
    # In a microsecond the root-like slope of |h|^1.5 kriging still rises by some hundredths.
    assert float(curve.velocity(around).diff(dim=0).abs().max()) < 5e-2 * speed


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        (OdeDynamics, {"anchor": "residual"}, "anchor=residual"),
        (OdeDynamics, {"anchor": "none"}, "anchor=none"),
        (CdeDynamics, {"anchor": "residual"}, "anchor=residual"),
        (SdeDynamics, {"anchor": "none"}, "anchor=none"),
        (CdeDynamics, {"causal": True}, "a stream does not loop"),
        (ReleasedDynamics, {}, "there is no loop"),
    ],
)
def test_what_does_not_come_back_is_refused(kind: type[Dynamics], options: dict[str, object], named: str) -> None:
    times, codes, period = clip("even")
    with pytest.raises(UsageError, match=named) as caught:
        kind(kind.Options(period=period, **options), Context()).fit(times, codes)
    assert caught.value.hint


def test_laps_differ_by_the_period_to_the_last_bits_of_a_double() -> None:
    times, codes, period = clip("uneven, at epoch")
    observations = observe(times, codes)
    knots = looped(observations, period)
    count = len(times)
    assert len(knots) == count + 2 * PADDING
    lap = period / observations.clock.spacing
    later, earlier = knots.times[count:], knots.times[:-count]
    assert torch.allclose(later - earlier, torch.full_like(later, lap), rtol=1e-13, atol=0.0)
    assert torch.equal(knots.codes[count:], knots.codes[:-count])
