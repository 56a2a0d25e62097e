"""The velocity jump of the report: that of the curve, at any time of day and for any shape of path."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import Context, Dynamics, FitReport
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

SMOOTH: list[tuple[type[Dynamics], dict[str, object]]] = [
    (SplineDynamics, {}),
    (NaturalCubicDynamics, {}),
    (PowerKernelDynamics, {}),
    (GaussianProcessDynamics, {"kernel": "matern52"}),
    (OdeDynamics, {"base": "spline", "iterations": 3}),
]
EPOCH = 1.7e9


def report(kind: type[Dynamics], times: torch.Tensor, codes: torch.Tensor, **options: object) -> FitReport:
    return kind(kind.Options(**options), Context()).fit(times, codes).report()


def zigzag(count: int) -> torch.Tensor:
    """Codes that go to and fro between two places."""
    return torch.tensor([[1.0, -1.0, 2.0]], dtype=torch.float64) * (1 - 2 * (torch.arange(count) % 2))[:, None]


@pytest.mark.parametrize("origin", [0.0, EPOCH, -3e6])
@pytest.mark.parametrize("spacing", [0.04, 1e-9 * 2**40, 86400.0])
def test_the_jump_of_a_broken_line_is_its_turn_over_its_speed(origin: float, spacing: float) -> None:
    times = origin + spacing * torch.arange(6, dtype=torch.float64)
    square = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1], [0, 2], [1, 2]], dtype=torch.float64)
    found = report(LinearDynamics, times, square).velocity_jump
    assert found == pytest.approx(2.0**0.5, rel=1e-4)
    assert report(LinearDynamics, times, zigzag(6)).velocity_jump == pytest.approx(2.0, rel=1e-4)


@pytest.mark.parametrize("origin", [0.0, EPOCH])
@pytest.mark.parametrize(("kind", "options"), SMOOTH)
def test_smooth_curves_do_not_jump(kind: type[Dynamics], options: dict[str, object], origin: float) -> None:
    times = origin + 0.04 * torch.arange(12, dtype=torch.float64)
    walk = torch.randn(12, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).cumsum(dim=0)
    for codes in (walk, zigzag(12)):
        assert report(kind, times, codes, **options).velocity_jump < 1e-6


@pytest.mark.parametrize("kind", [LinearDynamics, SlerpDynamics])
def test_the_seam_of_a_loop_counts(kind: type[Dynamics]) -> None:
    times = torch.arange(5, dtype=torch.float64)
    # A straight way out, and in the loop a straight way back: all turning is at the two ends.
    codes = torch.stack((torch.ones(5, dtype=torch.float64), torch.arange(5, dtype=torch.float64)), dim=1)
    assert report(LinearDynamics, times, codes).velocity_jump < 1e-12
    assert report(kind, times, codes, period=9.0).velocity_jump > 1.0
