"""The neural CDE: its control path, its start, and streams."""

from __future__ import annotations

import pytest
import torch
import torchcde

from dynode_cli import Context, UsageError
from dynode_dynamics.curves.cardinal import apply
from dynode_dynamics.curves.control import ControlBasis
from dynode_dynamics.methods.cde import CdeCurve, CdeDynamics

TIMES = torch.cumsum(torch.tensor([0.3, 0.5, 0.2, 0.7, 0.4, 0.6, 0.5, 0.3, 0.6, 0.4], dtype=torch.float64), 0)
STATES = torch.stack(((2 * TIMES).sin(), (3 * TIMES).cos(), TIMES.sin()), dim=1)


def fit(**options: object) -> CdeCurve:
    kind = CdeDynamics(CdeDynamics.Options(iterations=5, hidden=6, **options), Context())
    curve = kind.fit(TIMES, STATES)
    assert isinstance(curve, CdeCurve)
    return curve


@pytest.mark.parametrize("control", ["natural", "hermite"])
def test_control_paths_are_those_of_torchcde(control: str) -> None:
    make = {
        "natural": torchcde.natural_cubic_coeffs,
        "hermite": torchcde.hermite_cubic_coefficients_with_backward_differences,
    }[control]
    path = torchcde.CubicSpline(make(STATES, TIMES), TIMES)
    t = torch.linspace(0.35, 4.4, 30, dtype=torch.float64)
    basis = ControlBasis(TIMES, control)
    assert torch.allclose(apply(basis.weights(t), STATES), path.evaluate(t), atol=1e-6)
    assert torch.allclose(apply(basis.weights(t, 1), STATES), path.derivative(t), atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"control": "hermite"}, {"control": "natural"}, {"causal": True}])
def test_curves_meet_the_codes(options: dict[str, object]) -> None:
    curve = fit(**options)
    assert torch.equal(curve.evaluate(TIMES), STATES)
    assert curve.report().end_miss < 1e-6


def test_without_a_gain_the_curve_is_the_control_path() -> None:
    walk = torch.randn(10, 3, generator=torch.Generator().manual_seed(5), dtype=torch.float64).cumsum(dim=0)
    curve = CdeDynamics(CdeDynamics.Options(variance=1.0, substeps=8, control="hermite"), Context()).fit(TIMES, walk)
    assert curve.report().details["gain"] == 0.0
    t = torch.linspace(0.35, 4.4, 30, dtype=torch.float64)
    expected = apply(ControlBasis(TIMES, "hermite").weights(t), walk)
    assert torch.allclose(curve.evaluate(t), expected, atol=5e-2)


@pytest.mark.parametrize("gap", [0.3, 1.0, 1.7])
def test_when_the_next_code_comes_changes_nothing_before(gap: float) -> None:
    times = torch.arange(24, dtype=torch.float64)
    codes = torch.stack(((1.3 * times).cos(), (1.3 * times).sin(), (2.6 * times).cos()), dim=1)
    curve = CdeDynamics(CdeDynamics.Options(causal=True), Context()).fit(times, codes)
    assert isinstance(curve, CdeCurve)
    assert curve.report().details["gain"] > 0.2
    longer = curve.extended(torch.cat((times, times[-1:] + gap)), torch.cat((codes, codes[:1])))
    t = torch.linspace(0.0, 23.0, 231, dtype=torch.float64)
    assert torch.allclose(longer.evaluate(t), curve.evaluate(t), atol=1e-9)


def test_a_stream_does_not_change_what_was_shown() -> None:
    curve = fit(causal=True)
    later = torch.cat((TIMES, TIMES[-1:] + torch.tensor([0.4, 0.9], dtype=torch.float64)))
    longer = curve.extended(later, torch.cat((STATES, 2 * STATES[:2])))
    t = torch.linspace(float(TIMES[0]), float(TIMES[-1]), 50, dtype=torch.float64)
    assert torch.allclose(longer.evaluate(t), curve.evaluate(t), atol=1e-9)
    assert torch.equal(longer.evaluate(later[-1:]), 2 * STATES[1:2])
    with pytest.raises(UsageError, match="causal"):
        fit().extended(later, torch.cat((STATES, STATES[:2])))
