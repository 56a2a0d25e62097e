"""The latent SDE: moments of a known process, bridges, seeds, and gradients."""

from __future__ import annotations

import math

import pytest
import torch

from dynode_cli import Context, UsageError
from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.fields.field import FieldShape, new_field
from dynode_dynamics.fields.noisy_refinement import CorrectionSde, ends
from dynode_dynamics.fields.residual import left_out
from dynode_dynamics.methods.sde import SdeCurve, SdeDynamics
from dynode_dynamics.solving.noise import diffusion_of, solve_sde


@pytest.mark.parametrize(
    ("calculus", "method"), [("ito", "euler"), ("ito", "srk"), ("stratonovich", "reversible_heun")]
)
def test_moments_are_those_of_the_ornstein_uhlenbeck_process(calculus: str, method: str) -> None:
    rate, sigma, count = 1.5, 0.8, 6000
    start = torch.full((count, 1), 2.0, dtype=torch.float64)
    paths = solve_sde(
        lambda t, y: -rate * y,
        torch.tensor([sigma], dtype=torch.float64),
        start,
        40,
        calculus=calculus,
        method=method,
        seed=0,
    )
    mean, variance = float(paths[-1].mean()), float(paths[-1].var())
    assert mean == pytest.approx(2.0 * math.exp(-rate), abs=0.04)
    assert variance == pytest.approx(sigma**2 * (1 - math.exp(-2 * rate)) / (2 * rate), rel=0.08)


def test_the_noise_of_a_random_walk_is_found() -> None:
    times = torch.arange(400, dtype=torch.float64)
    walk = 0.7 * torch.randn(400, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64).cumsum(dim=0)
    # A Catmull-Rom spline predicts a random walk a little worse than a line, hence a little above .7.
    found = float(diffusion_of(times, walk).mean())
    assert 0.65 < found < 0.85
    assert float(diffusion_of(times, times[:, None]).max()) < 1e-9


def clip() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    times = torch.arange(10, dtype=torch.float64) / 25
    return times, torch.randn(10, 6, generator=generator).cumsum(dim=0)


def fit(seed: int = 0, **options: object) -> SdeCurve:
    kind = SdeDynamics(SdeDynamics.Options(iterations=4, hidden=6, **options), Context(seed=seed))
    curve = kind.fit(*clip())
    assert isinstance(curve, SdeCurve)
    return curve


def test_samples_meet_every_code_and_differ_between() -> None:
    times, codes = clip()
    curve = fit()
    middle = times[:-1] + 0.02
    drawn = curve.samples(40)
    assert torch.equal(curve.evaluate(times), codes)
    for sample in drawn:
        assert torch.equal(sample.evaluate(times), codes)
    values = torch.stack([sample.evaluate(middle) for sample in drawn])
    off = (values.mean(dim=0) - curve.evaluate(middle)).norm()
    assert float(values.std(dim=0).norm()) > 2 * float(off)
    bridge = curve.diffusion.norm() * 0.5 * curve.frame.reduction.scale
    assert float(values.std(dim=0).norm(dim=1).mean()) == pytest.approx(float(bridge), rel=0.25)


def test_the_same_seed_draws_the_same_samples() -> None:
    t = torch.linspace(0.0, 0.36, 20, dtype=torch.float64)
    first, again, other = (fit(seed).samples(2)[1].evaluate(t) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_solver_and_calculus_have_to_fit() -> None:
    with pytest.raises(UsageError, match="stratonovich"):
        fit(method="reversible_heun")
    assert fit(method="reversible_heun", calculus="stratonovich").report().end_miss < 1e-5


def gradients(gradient: str) -> list[torch.Tensor]:
    times = torch.arange(8, dtype=torch.float64)
    states = torch.stack((times.cos(), times.sin()), dim=1)
    ways = left_out(times, states, CatmullRomBasis)
    sde = CorrectionSde(new_field(FieldShape(2, 2, 6), 1, 0, start=1.0), ways, torch.full((2,), 0.1), "stratonovich")
    out = ends(sde, torch.zeros_like(ways.miss), 16, "reversible_heun", gradient, 3)
    out.square().sum().backward()
    return [p.grad for p in sde.parameters() if p.grad is not None]


def test_the_adjoint_of_reversible_heun_is_exact() -> None:
    direct, adjoint = gradients("direct"), gradients("adjoint")
    assert len(direct) == len(adjoint) == 6
    for mine, theirs in zip(direct, adjoint, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-5)


def test_refined_drift_still_meets_the_codes() -> None:
    times = torch.arange(20, dtype=torch.float64)
    codes = torch.stack(((1.3 * times).cos(), (1.3 * times).sin()), dim=1)
    options = SdeDynamics.Options(
        hidden=6, refine=2, method="reversible_heun", calculus="stratonovich", gradient="adjoint"
    )
    curve = SdeDynamics(options, Context()).fit(times, codes)
    assert torch.equal(curve.evaluate(times), codes)
