"""The equations that are raced solve one and the same problem."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.parts.memory import slope_of, verdict_of
from dynode_cli.benchmark.parts.solvers import Budget, Case
from dynode_cli.benchmark.problems.equations import (
    SolverPath,
    controlled,
    field_gradient,
    gradient,
    noisy_gradient,
    per_query,
    relative_error,
    runge_kutta,
    solver_names,
    stochastic,
    torchdiffeq_path,
)
from dynode_cli.benchmark.problems.problem import KNOTS, STATES, exact, gather_lerp, made_codes, made_problem
from dynode_cli.benchmark.results import Quartiles

PROBLEM = made_problem((10,), clips=2, count=60)


def test_every_path_comes_near_its_reference() -> None:
    paths = [SolverPath("own", runge_kutta), per_query(), gradient(False), gradient(True)]
    for path in paths:
        found, evaluations = path.solve(PROBLEM)
        assert relative_error(found, path.reference(PROBLEM)) < 1e-3, path.name
        assert evaluations > 0


def test_a_tighter_solver_is_nearer() -> None:
    reference = exact(PROBLEM)
    for name in ("rk4", "euler", "midpoint"):
        loose, tight = (torchdiffeq_path(name, tight).solve(PROBLEM) for tight in (False, True))
        assert relative_error(tight[0], reference) < relative_error(loose[0], reference)
        assert tight[1] > loose[1]


def test_all_solvers_of_torchdiffeq_are_listed() -> None:
    assert {"dopri5", "dopri8", "rk4", "euler", "midpoint"} <= set(solver_names())
    names = [torchdiffeq_path(name, tight).name for name in solver_names() for tight in (False, True)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("method", "calculus"), [("euler", "ito"), ("reversible_heun", "stratonovich")])
def test_a_sample_without_noise_solves_the_equation(method: str, calculus: str) -> None:
    path = stochastic(method, calculus)
    assert path.without_noise is not None
    assert relative_error(path.without_noise(PROBLEM)[0], exact(PROBLEM)) < 1e-2
    assert not torch.equal(path.solve(PROBLEM)[0], path.without_noise(PROBLEM)[0])


def test_the_cde_converges_to_its_reference() -> None:
    path = controlled()
    assert relative_error(path.solve(PROBLEM)[0], path.reference(PROBLEM)) < 5e-2


def test_both_gradients_agree() -> None:
    direct = field_gradient(PROBLEM, False, 8)
    assert torch.allclose(field_gradient(PROBLEM, True, 8), direct, rtol=1e-3, atol=1e-3 * float(direct.abs().max()))
    noisy = noisy_gradient(PROBLEM, False, 8)
    assert torch.allclose(noisy_gradient(PROBLEM, True, 8), noisy, rtol=1e-3, atol=1e-3 * float(noisy.abs().max()))


def test_the_reference_does_not_depend_on_what_else_is_read() -> None:
    """Of fewer times it is the same, and a solver of another order, at fine steps, comes to the same."""
    whole = exact(PROBLEM)
    few = exact(replace(PROBLEM, queries=PROBLEM.queries[::7]))
    assert torch.allclose(whole[:, ::7], few, rtol=0.0, atol=1e-10)
    fine = torchdiffeq_path("rk4", True).solve(PROBLEM.to(dtype=torch.float64))[0]
    assert relative_error(fine, whole) < 1e-5


def test_what_is_read_at_the_knots_is_the_codes() -> None:
    problem = made_problem((12,), clips=1, count=KNOTS)
    codes, _ = runge_kutta(problem)
    assert torch.allclose(codes, problem.rest, atol=1e-4)
    knots = torch.arange(KNOTS, dtype=torch.float64)
    assert torch.allclose(gather_lerp(knots, problem.rest, problem.queries), problem.rest, atol=1e-6)


def test_linear_halves_the_way() -> None:
    codes = torch.tensor([[0.0, 0.0], [2.0, 4.0], [4.0, 0.0]])
    times = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    read = gather_lerp(times, codes, torch.tensor([0.5, 2.0], dtype=torch.float64))
    assert read.tolist() == [[1.0, 2.0], [3.0, 2.0]]


def test_inputs_are_never_zeros_and_differ() -> None:
    for shape in STATES.values():
        _, codes = made_codes(shape, 0)
        assert float((codes == 0).float().mean()) < 1e-3
    first, second = PROBLEM.rotated(0), PROBLEM.rotated(1)
    assert not torch.equal(first.states, second.states)
    assert second.rest.data_ptr() != first.rest.data_ptr()


def test_rows_that_would_take_too_long_are_left_out() -> None:
    budget = Budget(Scope(cap_seconds=1.0, cap_bytes=1 << 20))
    small, large = Case("PCA-10", 60, 1), Case("PCA-10", 2400, 8)
    assert budget.refusal("row", small) == ""
    budget.learn("row", small, Quartiles(100.0, 90.0, 110.0, 5))
    assert budget.refusal("row", large) == "left out: estimated at 32 s a call"
    assert budget.refusal("other", large) == ""
    assert budget.refusal("row", Case("18 x 512", 60, 1)) == "left out: returns 2 MB"


def test_slopes_tell_flat_from_growing() -> None:
    assert slope_of((1, 4, 16), (3.0, 12.0, 48.0)) == pytest.approx(1.0)
    assert slope_of((1, 4, 16), (5.0, 5.0, 5.0)) == pytest.approx(0.0)
    assert (verdict_of(0.02), verdict_of(0.5)) == ("flat", "grows")
