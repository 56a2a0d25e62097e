"""The neural ODE from codes to curve: invariances, anchors, edits, loops, failure."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from dataclasses import asdict

import pytest
import torch

from dynode_cli import Context, ConvergenceError, FitReport, Progress, Trajectory, UsageError
from dynode_dynamics.curves.curve import Curve, ExtrapolationWarning
from dynode_dynamics.curves.observations import observe
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.reduced_dynamics import frame_of
from dynode_dynamics.methods.released import ReleasedDynamics
from dynode_dynamics.solving.flow_curve import FlowModel, flow_curve
from dynode_dynamics.solving.solve import Solver, solver_names

FORMS = [
    {"mode": "gradient-matching", "base": "none"},
    {"mode": "multiple-shooting", "base": "none"},
    {"mode": "multiple-shooting", "base": "none", "order": 2},
    {"mode": "multiple-shooting", "base": "none", "time": True},
    {"base": "spline"},
]
QUICK = {"iterations": 6, "hidden": 6}


def clip(count: int = 12, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    times = torch.cumsum(0.03 + 0.02 * torch.rand(count, generator=generator, dtype=torch.float64), 0)
    path = torch.stack([(rate * times).sin() for rate in (9.0, 14.0, 23.0)], dim=1)
    plane = torch.randn(3, 5 * 4, generator=generator, dtype=torch.float64)
    noise = 0.02 * torch.randn(count, 20, generator=generator, dtype=torch.float64)
    return times, (path @ plane + noise + 3.0).reshape(count, 5, 4).to(dtype)


def fit(times: torch.Tensor, codes: torch.Tensor, **options: object) -> Trajectory:
    return OdeDynamics(OdeDynamics.Options(**{**QUICK, **options}), Context()).fit(times, codes)


def between(times: torch.Tensor, count: int = 30) -> torch.Tensor:
    return torch.linspace(float(times[0]), float(times[-1]), count, dtype=torch.float64)


@pytest.mark.parametrize("form", FORMS)
def test_curves_meet_the_codes_and_do_not_jump(form: dict[str, object]) -> None:
    times, codes = clip(dtype=torch.float32)
    curve = fit(times, codes, **form)
    assert torch.equal(curve.evaluate(times), codes)
    report = curve.report()
    assert report.end_miss <= 1e-6
    assert report.velocity_jump < 1e-3
    assert report.nfe > 0
    json.dumps(asdict(report))


@pytest.mark.parametrize("form", FORMS)
def test_results_do_not_depend_on_units(form: dict[str, object]) -> None:
    times, codes = clip()
    t = between(times)
    plain = fit(times, codes, **form).evaluate(t)
    scaled = fit(64 * times, 1024 * codes, **form).evaluate(64 * t) / 1024
    assert torch.allclose(plain, scaled, atol=1e-3)


def test_float32_codes_give_the_curve_of_float64_codes() -> None:
    times, codes = clip()
    t = between(times)
    wide = fit(times, codes, **FORMS[0]).evaluate(t)
    narrow = fit(times, codes.float(), **FORMS[0]).evaluate(t)
    assert narrow.dtype == torch.float32
    assert torch.allclose(wide, narrow.double(), atol=2e-2)


def test_the_same_seed_gives_the_same_curve() -> None:
    times, codes = clip()
    t = between(times)
    assert torch.equal(fit(times, codes).evaluate(t), fit(times, codes).evaluate(t))


def test_velocity_is_the_derivative_of_the_curve() -> None:
    times, codes = clip()
    curve = fit(times, codes, variance=0.8)
    t = between(times, 23)[1:-1]
    numeric = (curve.evaluate(t + 1e-6) - curve.evaluate(t - 1e-6)) / 2e-6
    assert torch.allclose(curve.velocity(t), numeric, atol=1e-4 * float(numeric.abs().max()))


@pytest.mark.parametrize("solver", ["dopri5", "midpoint", "explicit_adams"])
def test_solvers_agree(solver: str) -> None:
    times, codes = clip()
    t = between(times)
    reference = fit(times, codes, **FORMS[1], substeps=16).evaluate(t)
    other = fit(times, codes, **FORMS[1], substeps=16, solver=solver, rtol=1e-8, atol=1e-8).evaluate(t)
    assert torch.allclose(reference, other, atol=2e-2)


def test_an_unknown_solver_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="tsit5") as caught:
        fit(*clip(), solver="tsit5")
    assert "dopri5" in str(caught.value.hint)


def test_without_an_anchor_the_curve_is_the_initial_value_solution() -> None:
    times, codes = clip()
    curve = fit(times, codes, **FORMS[0], anchor="none")
    assert torch.allclose(curve.evaluate(times[:1]), codes[:1], atol=0.2)
    assert curve.report().end_miss > 1e-3
    assert fit(times, codes, **FORMS[0], anchor="residual").report().end_miss < 1e-6


def test_refined_fields_still_meet_the_codes() -> None:
    times, codes = clip(8)
    for gradient in ("direct", "checkpoint", "adjoint"):
        curve = fit(times, codes, **FORMS[1], refine=2, gradient=gradient)
        assert torch.equal(curve.evaluate(times), codes)


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("form", FORMS)
def test_few_codes_are_enough(count: int, form: dict[str, object]) -> None:
    times, codes = clip(count)
    curve = fit(times, codes, **form)
    assert torch.equal(curve.evaluate(times), codes)
    assert bool(torch.isfinite(curve.evaluate(between(times))).all())


def test_codes_that_do_not_move_stay() -> None:
    times = torch.arange(8, dtype=torch.float64)
    codes = torch.full((8, 3), 2.0)
    assert torch.allclose(fit(times, codes).evaluate(times + 0.3), codes)


def test_extrapolation_is_finite_and_warned_of() -> None:
    times, codes = clip()
    curve = fit(times, codes, **FORMS[1])
    with pytest.warns(ExtrapolationWarning):
        far = curve.evaluate(torch.tensor([-100.0, 100.0], dtype=torch.float64))
    assert bool(torch.isfinite(far).all())


def test_loops_have_no_seam() -> None:
    times = torch.arange(8, dtype=torch.float64)
    angle = times * (2 * torch.pi / 8)
    codes = torch.stack((angle.cos(), angle.sin()), dim=1)
    curve = fit(times, codes, **FORMS[1], period=8.0)
    seam = torch.tensor([8.0], dtype=torch.float64)
    assert torch.allclose(curve.evaluate(seam - 1e-6), curve.evaluate(seam + 1e-6), atol=1e-4)
    assert torch.allclose(curve.velocity(seam - 1e-6), curve.velocity(seam + 1e-6), atol=1e-3)


def test_edits_carry_what_is_outside_the_components_unchanged() -> None:
    times, codes = clip()
    curve = fit(times, codes, **FORMS[0])
    delta = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    basis = curve.frame.reduction.basis  # type: ignore[attr-defined]
    outside = (delta.reshape(-1) - delta.reshape(-1) @ basis.T @ basis).reshape(5, 4)
    t = between(times)
    moved = curve.edited(outside).evaluate(t) - curve.evaluate(t)
    assert torch.allclose(moved, outside.expand(30, 5, 4), atol=1e-6)
    assert torch.allclose(curve.edited(0 * delta).evaluate(t), curve.evaluate(t), atol=1e-9)


def test_edits_start_where_they_are_made_and_report_their_drift() -> None:
    times, codes = clip()
    curve = fit(times, codes, **FORMS[0])
    inside = (codes[3] - codes[7]) * 0.2
    for at in (float(times[0]), float(times[5])):
        moved = curve.edited(inside, at)
        moment = torch.tensor([at], dtype=torch.float64)
        assert torch.allclose(moved.evaluate(moment) - curve.evaluate(moment), inside[None], atol=1e-5)
        assert 0.0 < moved.report().details["edit_drift"] < 3.0
    constant = fit(times, codes, **FORMS[0], damping=0.0).edited(inside)
    t = between(times)
    still = fit(times, codes, **FORMS[0], damping=0.0).evaluate(t)
    assert torch.allclose(constant.evaluate(t) - still, inside.expand(30, 5, 4), atol=1e-6)


def test_how_far_an_edit_drifts_is_a_fact_of_the_report() -> None:
    times, codes = clip()
    curve = fit(times, codes, **FORMS[1], damping=1.0)
    moved = curve.edited(3 * (codes[3] - codes[7]))
    assert moved.report().details["edit_drift"] > 0.25


def test_the_second_order_is_one_form_under_its_own_name() -> None:
    times, codes = clip()
    report = fit(times, codes, order=2).report()
    assert report.details["field"] == "second-order"
    assert report.leave_one_out == {}
    for other in ({"mode": "gradient-matching"}, {"base": "spline"}):
        with pytest.raises(UsageError, match="order=2 does not go with"):
            fit(times, codes, order=2, **other)


def test_the_choices_of_the_solver_are_those_of_torchdiffeq() -> None:
    from torchdiffeq._impl.odeint import SOLVERS

    solver = next(field for field in dataclasses.fields(OdeDynamics.Options) if field.name == "solver")
    assert solver.metadata["choices"] == solver_names() == tuple(SOLVERS)


def test_listing_dynamics_imports_neither_them_nor_their_libraries() -> None:
    code = (
        "import sys\n"
        "from dynode_cli.plugin_host.host import load_host\n"
        "assert 'ode' in [entry.name for entry in load_host().registrations('dynamics')]\n"
        "heavy = {'torch', 'torchdiffeq', 'dynode_dynamics.methods.ode'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def bursts(gap: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth codes with one long gap."""
    times = torch.arange(20, dtype=torch.float64) / 10
    codes = torch.stack([(rate * torch.arange(40) / 10).sin() for rate in (1.0, 2.0, 3.3)], dim=1)
    return torch.cat((times, times[-1] + gap + times)), codes


def test_a_form_that_diverges_is_dropped_with_a_warning() -> None:
    times, codes = bursts(10.0)
    curve = fit(times, codes)
    report = curve.report()
    assert any(note.startswith("gradient-matching diverged") for note in report.warnings)
    assert report.details["field"] != "gradient-matching"
    assert all(0.0 <= error < float("inf") for error in report.leave_one_out.values())
    assert torch.equal(curve.evaluate(times), codes)
    with pytest.raises(ConvergenceError, match="runs away"):
        fit(times, codes, mode="gradient-matching", base="none")


def test_the_next_best_form_is_taken_where_the_best_diverges_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    times, codes = clip()
    best = fit(times, codes).report()
    taken = OdeDynamics.batch

    def failing(forms: set[str]) -> None:
        def batch(self: OdeDynamics, jobs: list[tuple[object, object, FitReport]], progress: Progress) -> list[Curve]:
            if jobs[0][2].details.get("field") in forms:
                raise ConvergenceError("the solution diverged")
            return taken(self, jobs, progress)  # type: ignore[arg-type]

        monkeypatch.setattr(OdeDynamics, "batch", batch)

    failing({best.details["field"]})
    second = fit(times, codes).report()
    assert second.details["field"] == sorted(best.leave_one_out, key=best.leave_one_out.__getitem__)[1]
    assert second.warnings == (f"{best.details['field']} diverged: the solution diverged",)
    failing(set(best.leave_one_out))
    with pytest.raises(ConvergenceError, match=r"no field fits these codes: .*spline \+ correction diverged"):
        fit(times, codes)


def test_a_forced_method_that_diverges_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def exploding(*_: object, **__: object) -> tuple[None, int]:
        raise ConvergenceError("the solution diverged")

    monkeypatch.setattr("dynode_dynamics.solving.flow_curve.anchored", exploding)
    with pytest.raises(ConvergenceError):
        fit(*clip(), **FORMS[0])


@pytest.mark.parametrize("anchor", ["two-sided", "residual", "none"])
def test_a_field_that_runs_away_between_codes_is_refused(anchor: str) -> None:
    times, codes = clip()
    knots = observe(times, codes)
    frame = frame_of(knots, 3)
    for rate, refused in ((0.1, False), (9.0, True)):
        model = FlowModel(frame, lambda u, t, rate=rate: rate * u, frame.states, anchor, Solver())
        if refused:
            with pytest.raises(ConvergenceError, match="runs away"):
                flow_curve(model, knots, FitReport("ode"), None)
        else:
            assert bool(torch.isfinite(flow_curve(model, knots, FitReport("ode"), None).evaluate(times)).all())


def test_the_released_recipe_has_unit_speed_and_misses_the_end() -> None:
    times, codes = clip()
    kind = ReleasedDynamics(ReleasedDynamics.Options(iterations=3, hidden=8), Context())
    curve = kind.fit(times, codes)
    speed = curve.velocity(between(times)).flatten(1).norm(dim=1) * float(times.diff().mean())
    assert torch.allclose(speed, torch.ones(30, dtype=torch.float64), atol=0.05)
    assert curve.report().end_miss > 0.1
