"""The automatic choice: what it takes, what it refuses, what it reports."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

import pytest
import torch
from hypothesis import given, strategies as st

from dynode_cli import Context, ConvergenceError, InputError, Trajectory
from dynode_dynamics.curves.leave_one_out import doubled_folds_of, fold_errors, folds_of
from dynode_dynamics.curves.observations import observe
from dynode_dynamics.methods.auto import AutoDynamics, choose
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.solving.mixture import best_shares


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


def test_codes_without_a_number_are_refused() -> None:
    with pytest.raises(InputError, match="hold no number"):
        fit(torch.arange(3, dtype=torch.float64), torch.zeros(3, 2, 0))


def noise(seed: int) -> torch.Tensor:
    """(10, 4): rows of length about 1 in directions of their own."""
    return torch.randn(10, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) / 2


def test_the_line_is_kept_unless_something_is_better_by_the_margin() -> None:
    line = noise(0)
    for other in (line, 0.995 * line, 1.1 * line):
        assert choose({"linear": line, "other": other}, 0.02)[0] == {"linear": 1.0}
    assert choose({"linear": line, "other": 0.9 * line}, 0.02)[0] == {"other": 1.0}
    assert choose({"linear": line, "other": 0.9 * line}, 0.2)[0] == {"linear": 1.0}


def test_what_is_clearly_better_is_taken_alone() -> None:
    line = noise(0)
    shares, table = choose({"linear": line, "good": 0.5 * noise(1), "better": 0.4 * line}, 0.02)
    assert shares == {"better": 1.0}
    assert table["better"] < table["good"] < table["linear"]


def test_curves_that_err_in_different_ways_are_mixed() -> None:
    misses = {"linear": noise(0), "other": noise(1), "third": noise(2), "wild": 9 * noise(3)}
    misses = {
        name: miss / miss.norm(dim=1, keepdim=True) * (9 if name == "wild" else 1) for name, miss in misses.items()
    }
    shares, table = choose(misses, 0.02)
    assert set(shares) == {"linear", "other", "third"}
    assert sum(shares.values()) == pytest.approx(1.0)
    assert table["mixture"] < 0.85 * table["linear"]


def test_at_doubled_spacing_less_of_the_line_is_believed() -> None:
    line = noise(0)
    # Half of what a spline adds to the line would be best.
    misses = {"linear": line, "spline": -line}
    with_caution, _ = choose(misses, 0.02, cautious=True)
    assert choose(misses, 0.02)[0]["spline"] == pytest.approx(0.5, abs=0.02)
    assert with_caution["spline"] == pytest.approx(0.8, abs=0.02)


@given(st.integers(0, 10**6), st.integers(2, 8), st.floats(0.0, 1.0))
def test_no_shares_are_better_than_the_best(seed: int, count: int, ridge: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    misses = torch.randn(count, 5, 3, generator=generator, dtype=torch.float64)

    def cost(shares: torch.Tensor) -> float:
        mean = torch.einsum("k,kmr->mr", shares, misses)
        pull = torch.eye(count, dtype=torch.float64)[0] - shares
        return float(mean.square().sum() / misses[0].square().sum() + ridge * pull.square().sum())

    found = best_shares(misses, ridge)
    assert float(found.min()) >= 0.0 and float(found.sum()) == pytest.approx(1.0)
    others = torch.rand(50, count, generator=generator, dtype=torch.float64)
    corners = torch.eye(count, dtype=torch.float64)
    for other in (*(others / others.sum(dim=1, keepdim=True)), *corners):
        assert cost(found) <= cost(other) + 1e-5


def mixture() -> tuple[torch.Tensor, torch.Tensor, Trajectory]:
    """A noisy smooth clip for which a mixture is chosen, and its curve."""
    generator = torch.Generator().manual_seed(5)
    times = torch.arange(16, dtype=torch.float64) / 10
    codes = torch.stack([(rate * times * 10).sin() for rate in (0.7, 0.9, 1.3)], dim=1)
    codes = codes + 0.35 * torch.randn(16, 3, generator=generator, dtype=torch.float64)
    return times, codes, fit(times, codes, fields=False)


def test_a_mixture_is_a_curve_through_the_codes() -> None:
    times, codes, curve = mixture()
    report = curve.report()
    assert report.method == "mixture"
    assert sum(report.details["shares"].values()) == pytest.approx(1.0)
    assert report.leave_one_out["mixture"] < 0.98 * report.leave_one_out["linear"]
    assert report.end_miss < 1e-9
    assert torch.equal(curve.evaluate(times), codes)
    t = torch.rand(20, dtype=torch.float64) * 1.4 + 0.05
    step = 1e-6
    slope = (curve.evaluate(t + step) - curve.evaluate(t - step)) / (2 * step)
    assert torch.allclose(curve.velocity(t), slope, atol=1e-4)
    json.dumps(asdict(report))


def test_an_edit_of_a_mixture_moves_it_and_can_be_undone() -> None:
    times, codes, curve = mixture()
    delta = torch.tensor([0.1, -0.2, 0.3], dtype=torch.float64)
    t = times[:-1] + 0.03
    edited = curve.edited(delta)
    assert torch.allclose(edited.evaluate(t), curve.evaluate(t) + delta)
    assert torch.allclose(edited.velocity(t), curve.velocity(t))
    assert torch.allclose(edited.edited(-delta).evaluate(times), codes)
    assert edited.report().method == "mixture"
    assert edited.interval == curve.interval


@pytest.mark.parametrize("kind", ["noisy", "random walk", "smooth", "three codes"])
def test_no_choice_leaves_a_corner_at_the_seam_of_a_loop(kind: str) -> None:
    times, codes, _ = mixture()
    if kind == "random walk":
        codes = torch.randn(16, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64).cumsum(dim=0)
    elif kind == "smooth":
        codes = torch.stack(((2 * torch.pi * times / 1.6).cos(), (2 * torch.pi * times / 1.6).sin()), dim=1)
    elif kind == "three codes":
        times, codes = times[::6], codes[::6]
    curve = fit(times, codes, period=1.6)
    assert "linear" not in (curve.report().leave_one_out or {})
    ends = torch.tensor([0.0, 1.6], dtype=torch.float64)
    assert torch.allclose(*curve.evaluate(ends))
    before, after = curve.velocity(torch.tensor([1.6 - 1e-9, 1.6 + 1e-9], dtype=torch.float64))
    # A line turns by about its speed. The slope of |h|^1.5 kriging is a root, which still rises over a nanosecond.
    assert float((after - before).norm()) < 5e-3 * float(curve.velocity(times).norm(dim=1).mean())


def test_candidates_can_be_judged_at_doubled_spacing() -> None:
    times, codes = walk(21, 3)
    folds = doubled_folds_of(observe(times, codes))
    assert [len(fold.times) for fold in folds] == [10, 9]
    assert all(float(fold.kept.times.diff().round().max()) == 2 for fold in folds)
    smooth = torch.stack([(rate * times * 25).sin() for rate in (0.2, 0.3, 0.5)], dim=1)
    report = fit(times, smooth, judged_at="doubled-spacing", fields=False).report()
    assert report.method != "linear"
    assert report.leave_one_out[report.method] < 0.5 * report.leave_one_out["linear"]


def test_divergence_falls_back_to_the_spline_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    times = torch.arange(18, dtype=torch.float64)
    codes = torch.stack(((1.7 * times).cos(), (1.7 * times).sin()), dim=1)
    from dynode_dynamics.methods.ode import OdeDynamics

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
        assert torch.allclose(left.sort().values, torch.arange(1, count - 1, dtype=torch.float64))
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
        steps = left.diff().round()
        assert float(steps.min()) == float(steps.max()) == 2
        assert all(float(fold.kept.times.diff().round().max()) == 2 for fold in folds)


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
        "import sys, dynode_dynamics.methods.linear, dynode_dynamics.methods.spline, dynode_dynamics.methods.auto\n"
        "heavy = {'scipy', 'torchsde', 'torchcde', 'torchdiffeq'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
