"""The automatic choice: what it takes, what it refuses, what it reports."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
import torch

from dynode_cli import Context, ConvergenceError, Trajectory
from dynode_dynamics.auto import AutoDynamics, choose
from dynode_dynamics.linear import LinearDynamics
from dynode_dynamics.loo import fold_errors, folds_of
from dynode_dynamics.observations import observe


def fit(times: torch.Tensor, codes: torch.Tensor, **options: object) -> Trajectory:
    return AutoDynamics(AutoDynamics.Options(**options), Context()).fit(times, codes)


def walk(count: int, size: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.arange(count, dtype=torch.float64) / 25, torch.randn(count, size, generator=generator).cumsum(dim=0)


def test_a_random_walk_keeps_the_straight_line() -> None:
    times, codes = walk(30)
    curve = fit(times, codes, fields=False)
    report = curve.report()
    assert report.method == "linear"
    assert {"linear", "kernel", "natural", "gp matern32", "gp matern52"} <= set(report.leave_one_out)
    assert 0.3 < report.roughness < 0.7
    json.dumps(asdict(report))


def test_motion_that_recurs_is_given_to_multiple_shooting() -> None:
    times = torch.arange(18, dtype=torch.float64)
    clean = torch.stack(((1.7 * times).cos(), (1.7 * times).sin()), dim=1)
    curve = fit(times, clean)
    report = curve.report()
    assert report.method == "ode multiple-shooting"
    assert report.leave_one_out["ode multiple-shooting"] < 0.3 * report.leave_one_out["linear"]
    t = times[:-1] + 0.5
    truth = torch.stack(((1.7 * t).cos(), (1.7 * t).sin()), dim=1)
    assert float((curve.evaluate(t) - truth).norm(dim=1).mean()) < 0.05


def test_smooth_motion_is_given_to_a_smooth_curve() -> None:
    times = torch.arange(30, dtype=torch.float64)
    codes = torch.stack([(rate * times).sin() for rate in (0.4, 0.7, 0.9)], dim=1)
    report = fit(times, codes, fields=False).report()
    assert report.method in {"natural", "gp matern52", "gp matern32"}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_few_codes_are_no_trouble(count: int) -> None:
    times, codes = walk(count)
    curve = fit(times, codes)
    assert torch.equal(curve.evaluate(times), codes)
    assert bool(torch.isfinite(curve.evaluate(times + 0.01)).all())


def test_a_better_mean_by_luck_is_not_enough() -> None:
    line = torch.ones(10)
    lucky = torch.ones(10)
    lucky[:2] = torch.tensor([0.5, 1.1])
    assert choose({"linear": line, "lucky": lucky}, 0.02) == "linear"
    assert choose({"linear": line, "sound": 0.9 * line}, 0.02) == "sound"
    assert choose({"linear": line, "near": 0.99 * line}, 0.02) == "linear"
    assert choose({"linear": line, "broken": torch.full((10,), float("inf"))}, 0.02) == "linear"


def test_divergence_falls_back_to_the_spline_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    times = torch.arange(18, dtype=torch.float64)
    codes = torch.stack(((1.7 * times).cos(), (1.7 * times).sin()), dim=1)
    from dynode_dynamics.ode import OdeDynamics

    def exploding(*_: object) -> None:
        raise ConvergenceError("the solution diverged")

    monkeypatch.setattr(OdeDynamics, "curve", exploding)
    curve = fit(times, codes)
    assert curve.report().method == "spline"
    assert any("diverged" in note for note in curve.report().warnings)
    assert torch.equal(curve.evaluate(times), codes)


def test_folds_leave_out_every_inner_code_of_a_short_clip_once() -> None:
    for count in (3, 11, 29):
        times, codes = walk(count, 3)
        folds = folds_of(observe(times, codes))
        left = torch.cat([fold.times for fold in folds])
        assert torch.equal(left.sort().values, times[1:-1])
        assert all(not bool(torch.isin(fold.times, fold.kept.times).any()) for fold in folds)
        assert len(fold_errors(folds, LinearDynamics(LinearDynamics.Options(), Context()))) == count - 2


def test_folds_of_a_long_clip_are_few_spread_and_one_code_wide() -> None:
    for count in (30, 120, 300):
        times, codes = walk(count, 3)
        folds = folds_of(observe(times, codes))
        left = torch.cat([fold.times for fold in folds]).sort().values
        assert len(folds) == 3
        assert len(left.unique()) == len(left) == (min(count, 256) - 2) // 2
        # No gap is wider than one left-out code, and no long stretch is left unjudged.
        steps = (left.diff() * 25).round()
        assert float(steps.min()) == float(steps.max()) == 2
        assert all(float((fold.kept.times.diff() * 25).round().max()) == 2 for fold in folds)


def test_hopeless_fields_of_a_long_clip_are_screened_out() -> None:
    times, codes = walk(60)
    report = fit(times, codes).report()
    assert report.method == "linear"
    assert "ode second-order" in report.details["screened out"]
    assert "ode second-order" not in report.leave_one_out


def test_a_law_in_a_long_clip_survives_the_screen() -> None:
    times = torch.arange(60, dtype=torch.float64)
    codes = torch.stack(((1.7 * times).cos(), (1.7 * times).sin()), dim=1)
    report = fit(times, codes).report()
    assert report.method.startswith("ode")
    assert report.leave_one_out[report.method] < 0.3 * report.leave_one_out["linear"]


def test_light_dynamics_import_no_heavy_library() -> None:
    code = (
        "import sys, dynode_dynamics.linear, dynode_dynamics.spline, dynode_dynamics.auto\n"
        "heavy = {'scipy', 'torchsde', 'torchcde', 'torchdiffeq'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
