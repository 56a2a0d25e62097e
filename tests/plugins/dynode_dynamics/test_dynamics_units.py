"""No result depends on the units of codes or of time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings, strategies as st

from dynode_cli import Context, Dynamics, FitReport, InputError
from dynode_dynamics.curves.kernels import matern, power
from dynode_dynamics.curves.kriging import restricted_likelihood
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

QUICK = {"iterations": 3, "hidden": 4, "components": 3}
KINDS: list[tuple[type[Dynamics], dict[str, object]]] = [
    (LinearDynamics, {}),
    (SlerpDynamics, {}),
    (SlerpDynamics, {"axis": "all"}),
    (SplineDynamics, {}),
    (NaturalCubicDynamics, {}),
    (PowerKernelDynamics, {}),
    (GaussianProcessDynamics, {}),
    (GaussianProcessDynamics, {"kernel": "matern32", "criterion": "leave-one-out"}),
    (LeadingProcessDynamics, {}),
    (OdeDynamics, {**QUICK, "mode": "gradient-matching", "base": "none"}),
    (OdeDynamics, {**QUICK, "mode": "multiple-shooting", "base": "none", "time": True}),
    (OdeDynamics, {**QUICK, "base": "spline"}),
    (CdeDynamics, QUICK),
    (SdeDynamics, QUICK),
    (AutoDynamics, {"fields": False}),
]


def clip() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    times = torch.cumsum(0.03 + 0.02 * torch.rand(13, generator=generator, dtype=torch.float64), 0)
    path = torch.stack([(rate * times).sin() for rate in (9.0, 14.0, 23.0)], dim=1)
    codes = path @ torch.randn(3, 20, generator=generator, dtype=torch.float64)
    return times, (codes + 0.02 * torch.randn(13, 20, generator=generator, dtype=torch.float64) + 3.0).reshape(
        13, 5, 4
    )


def read(
    kind: type[Dynamics], options: dict[str, object], second: float, unit: float, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor, FitReport]:
    """Values and velocities in the units of `clip`, of a curve through its codes in other units; and its report."""
    times, codes = clip()
    t = torch.linspace(float(times[0]), float(times[-1]), 31, dtype=torch.float64)
    curve = kind(kind.Options(**options), Context()).fit(second * times, (unit * codes).to(dtype))
    values, velocities = (out.double() / unit for out in (curve.evaluate(second * t), curve.velocity(second * t)))
    return values, velocities * second, curve.report()


@pytest.mark.parametrize(("kind", "options"), KINDS)
@given(st.integers(-15, 15), st.integers(-15, 15), st.booleans())
@settings(max_examples=4, deadline=None)
def test_units_change_nothing(
    kind: type[Dynamics], options: dict[str, object], second: int, unit: int, wide: bool
) -> None:
    dtype = torch.float64 if wide else torch.float32
    values, velocities, report = read(kind, options, 1.0, 1.0, dtype)
    others, rates, told = read(kind, options, 10.0**second, 10.0**unit, dtype)
    tolerance = 1e-8 if wide else 2e-3
    assert torch.allclose(values, others, atol=tolerance * float(values.std()))
    assert torch.allclose(velocities, rates, atol=tolerance * float(velocities.std()))
    assert told.method == report.method
    assert told.path_chord == pytest.approx(report.path_chord, rel=1e-5)
    assert told.roughness == pytest.approx(report.roughness, rel=1e-5)
    assert told.velocity_jump == pytest.approx(report.velocity_jump, rel=1e-5, abs=1e-5)
    assert told.end_miss < 1e-5


@pytest.mark.parametrize("unit", [1e-30, 1e19, 1e30])
@pytest.mark.parametrize("kind", [SlerpDynamics, GaussianProcessDynamics, LeadingProcessDynamics])
def test_squares_of_codes_may_leave_the_range_of_floats(kind: type[Dynamics], unit: float) -> None:
    values, velocities, report = read(kind, {}, 1.0, 1.0, torch.float32)
    others, rates, told = read(kind, {}, 1.0, unit, torch.float32)
    assert torch.allclose(values, others, atol=1e-4)
    assert torch.allclose(velocities, rates, atol=1e-4 * float(velocities.abs().max()))
    assert told.path_chord == pytest.approx(report.path_chord, rel=1e-5)


def test_codes_too_large_to_compute_with_are_named() -> None:
    times = torch.arange(3, dtype=torch.float64)
    with pytest.raises(InputError, match="codes reach 1e\\+37"):
        LinearDynamics(LinearDynamics.Options(), Context()).fit(times, torch.full((3, 2), 1e37))
    with pytest.raises(InputError, match="times from"):
        LinearDynamics(LinearDynamics.Options(), Context()).fit(1e-320 * times, torch.ones(3, 2))


@given(st.integers(-150, 150))
def test_which_kernel_is_likelier_does_not_depend_on_the_unit(unit: int) -> None:
    times = torch.arange(9, dtype=torch.float64)
    codes = torch.randn(9, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    kernels = [power(1.0), matern(1.5, 2.0), matern(2.5, 4.0)]

    def scores(scale: float, shared: bool) -> torch.Tensor:
        found = torch.stack([restricted_likelihood(times, scale * codes, k, shared=shared) for k in kernels])
        return found - found[0]

    for shared in (False, True):
        assert torch.allclose(scores(10.0**unit, shared), scores(1.0, shared), atol=1e-9)
