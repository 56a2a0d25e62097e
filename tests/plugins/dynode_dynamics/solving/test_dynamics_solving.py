"""Solves of segments and their anchoring: order, known solutions, reversal, failure."""

from __future__ import annotations

import pytest
import torch

from dynode_cli import ConvergenceError
from dynode_dynamics.solving.anchoring import anchored
from dynode_dynamics.solving.solve import Solver, adaptive_solvers, solve_segments, solver_names

MATRIX = torch.tensor([[-0.1, -1.0], [1.0, -0.1]], dtype=torch.float64)


def turning(u: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return u @ MATRIX.T


def exact(start: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.linalg.matrix_exp(MATRIX * x) @ start for x in t])


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("midpoint", 2), ("heun3", 3), ("rk4", 4)])
def test_fixed_step_solvers_have_their_order(name: str, order: int) -> None:
    start = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    errors = []
    for substeps in (8, 16):
        out, count = solve_segments(turning, start, zero, one, Solver(name, substeps))
        errors.append(float((out[-1, 0] - exact(start[0], one)[0]).norm()))
        assert count >= substeps
    assert order - 0.35 < torch.log2(torch.tensor(errors[0] / errors[1])) < order + 0.5


def test_every_solver_of_the_library_solves_forward_and_backward() -> None:
    start = torch.tensor([[1.0, 0.5], [1.0, 0.5]], dtype=torch.float64)
    length = torch.tensor([0.7, -0.7], dtype=torch.float64)
    expected = exact(start[0], length)
    assert {"rk4", "dopri5"} <= set(solver_names())
    assert "dopri5" in adaptive_solvers() and "rk4" not in adaptive_solvers()
    for name in solver_names():
        out, _ = solve_segments(turning, start, torch.zeros(2, dtype=torch.float64), length, Solver(name, 64))
        assert torch.allclose(out[-1], expected, atol=2e-2 if name == "euler" else 1e-3), name


def knots() -> tuple[torch.Tensor, torch.Tensor]:
    times = torch.tensor([0.0, 0.8, 1.0, 2.1], dtype=torch.float64)
    return times, exact(torch.tensor([1.0, 0.0], dtype=torch.float64), times)


@pytest.mark.parametrize("anchor", ["two-sided", "residual", "none", "forward"])
def test_anchors_do_not_disturb_an_exact_solution(anchor: str) -> None:
    times, states = knots()
    table, count = anchored(turning, times, states, anchor, Solver(substeps=8), 10.0)
    t = torch.linspace(-1.0, 4.0, 50, dtype=torch.float64)
    assert count > 0
    assert torch.allclose(table.read(t), exact(states[0], t), atol=2e-4)
    assert torch.allclose(table.read(t, 1), exact(states[0], t) @ MATRIX.T, atol=2e-3)


@pytest.mark.parametrize("anchor", ["two-sided", "residual", "forward"])
def test_anchored_solutions_meet_every_knot_whatever_the_field(anchor: str) -> None:
    times, states = knots()
    noisy = states + torch.randn(states.shape, dtype=torch.float64)
    table, _ = anchored(turning, times, noisy, anchor, Solver(), 10.0)
    assert torch.allclose(table.read(times), noisy, atol=1e-12)
    slope = table.read(times[1:-1] - 1e-9, 1) - table.read(times[1:-1] + 1e-9, 1)
    assert float(slope.norm()) < 1e-6
    if anchor == "two-sided":
        assert torch.allclose(table.read(times, 1), noisy @ MATRIX.T, atol=1e-12)


def test_reversing_time_reverses_the_path() -> None:
    times, states = knots()
    noisy = states + torch.randn(states.shape, dtype=torch.float64)
    there, _ = anchored(turning, times, noisy, "two-sided", Solver(), 10.0)
    back, _ = anchored(lambda u, t: -turning(u, t), -times.flip(0), noisy.flip(0), "two-sided", Solver(), 10.0)
    t = torch.linspace(0.0, 2.1, 40, dtype=torch.float64)
    assert torch.allclose(there.read(t), back.read(-t), atol=1e-12)


def test_extrapolation_stops_at_the_radius_and_stays_finite() -> None:
    times = torch.arange(3, dtype=torch.float64)
    states = torch.tensor([[1.0], [2.7], [7.4]], dtype=torch.float64)
    table, _ = anchored(lambda u, t: u, times, states, "two-sided", Solver(), 20.0)
    far = table.read(torch.tensor([-50.0, 50.0], dtype=torch.float64))
    assert float(far.abs().max()) <= 20.0


@pytest.mark.parametrize("solver", ["rk4", "dopri5"])
def test_divergence_is_named(solver: str) -> None:
    start, zero = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    with pytest.raises(ConvergenceError, match=solver):
        solve_segments(lambda u, t: u**3, start, zero, zero + 50.0, Solver(solver, 16))
