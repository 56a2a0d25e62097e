"""Codes that do not move: a constant curve, no divergence, no warning."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import Context, Dynamics, Trajectory
from dynode_dynamics.curves.reduction import reduce
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeCurve, CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.released import ReleasedDynamics
from dynode_dynamics.methods.sde import SdeCurve, SdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

QUICK = {"iterations": 3, "hidden": 4}
KINDS: list[tuple[type[Dynamics], dict[str, object]]] = [
    (SlerpDynamics, {}),
    (SplineDynamics, {}),
    (NaturalCubicDynamics, {}),
    (PowerKernelDynamics, {}),
    (GaussianProcessDynamics, {}),
    (LeadingProcessDynamics, {}),
    (OdeDynamics, QUICK),
    (OdeDynamics, {**QUICK, "mode": "gradient-matching", "base": "none"}),
    (OdeDynamics, {**QUICK, "anchor": "none"}),
    (OdeDynamics, {**QUICK, "order": 2}),
    (CdeDynamics, QUICK),
    (CdeDynamics, {**QUICK, "causal": True}),
    (SdeDynamics, QUICK),
    (ReleasedDynamics, {"iterations": 2}),
    (AutoDynamics, {}),
]


def fit(kind: type[Dynamics], codes: torch.Tensor, **options: object) -> Trajectory:
    times = torch.arange(len(codes), dtype=torch.float64) / 25
    return kind(kind.Options(**options), Context()).fit(times, codes)


@pytest.mark.parametrize("count", [2, 9])
@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_equal_codes_give_a_constant_curve(kind: type[Dynamics], options: dict[str, object], count: int) -> None:
    codes = torch.full((count, 2, 3), 0.1)
    curve = fit(kind, codes, **options)
    t = torch.linspace(-0.02, (count - 1) / 25 + 0.02, 41, dtype=torch.float64)
    assert torch.allclose(curve.evaluate(t), codes[:1], rtol=1e-6, atol=0.0)
    assert float(curve.velocity(t).abs().max()) < 1e-4
    report = curve.report()
    assert report.warnings == ()
    assert report.velocity_jump == 0.0


def test_a_long_still_clip_does_not_run_away_from_the_released_recipe() -> None:
    codes = torch.full((130, 3), -2.0)
    curve = fit(ReleasedDynamics, codes, iterations=1)
    assert torch.equal(curve.evaluate(torch.tensor([2.5], dtype=torch.float64)), codes[:1])


@pytest.mark.parametrize("noise", [0, 2])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rounding_is_no_motion(noise: int, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    codes = torch.rand(12, 30, generator=generator, dtype=dtype)[:1].repeat(12, 1) + 1.0
    codes += torch.finfo(dtype).eps * torch.randint(-noise, noise + 1, codes.shape, generator=generator)
    reduction = reduce(codes, 5, 0.98)
    assert reduction.still
    assert float(reduction.coordinates(codes).abs().max()) == 0.0
    for kind, options in KINDS:
        curve = fit(kind, codes, **options)
        middle = curve.evaluate(torch.tensor([0.06, 0.3], dtype=torch.float64))
        assert torch.allclose(middle, codes[:1], rtol=40 * torch.finfo(dtype).eps)
        assert curve.report().warnings == (), kind


def test_what_moves_a_little_still_moves() -> None:
    codes = torch.ones(12, 3, dtype=torch.float64)
    codes[:, 1] += 1e-12 * torch.arange(12).sin()
    assert not reduce(codes, 5, 0.98).still


def test_samples_of_still_codes_are_still() -> None:
    curve = fit(SdeDynamics, torch.full((6, 3), 4.0), **QUICK)
    assert isinstance(curve, SdeCurve)
    t = torch.linspace(0.0, 0.2, 17, dtype=torch.float64)
    assert torch.equal(curve.samples(2)[1].evaluate(t), torch.full((17, 3), 4.0))


def test_one_code_has_samples() -> None:
    curve = fit(SdeDynamics, torch.full((1, 3), 4.0))
    drawn = curve.samples(3)  # type: ignore[attr-defined]
    assert len(drawn) == 3
    assert torch.equal(drawn[2].evaluate(torch.tensor([0.5])), torch.full((1, 3), 4.0))


@pytest.mark.parametrize("moving", [False, True])
def test_a_stream_goes_on_to_codes_outside_of_what_its_first_ones_span(moving: bool) -> None:
    times = torch.arange(7, dtype=torch.float64) / 25
    first = torch.zeros(5, 8)
    if moving:
        first[:, 0] = torch.arange(5.0)
    curve = fit(CdeDynamics, first, causal=True, **QUICK)
    assert isinstance(curve, CdeCurve)
    later = torch.cat((first, torch.randn(2, 8, generator=torch.Generator().manual_seed(1))))
    middle = curve.extended(times, later).evaluate(times[5:6] + 0.02)
    assert torch.allclose(middle[:, 1:], 0.5 * (later[5:6, 1:] + later[6:7, 1:]), atol=1e-6)


def test_an_edit_of_still_codes_stays_as_it_is() -> None:
    curve = fit(OdeDynamics, torch.full((8, 3), 2.0), **QUICK)
    delta = torch.tensor([1.0, -2.0, 3.0])
    t = torch.linspace(0.0, 0.28, 9, dtype=torch.float64)
    moved = curve.edited(delta)
    assert torch.allclose(moved.evaluate(t), 2.0 + delta)
    assert moved.report().details["edit_drift"] == 0.0
