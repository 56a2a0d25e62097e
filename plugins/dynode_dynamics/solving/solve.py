"""Initial-value solves of many segments at once, by any solver of torchdiffeq."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchdiffeq import odeint
from torchdiffeq._impl.odeint import SOLVERS
from torchdiffeq._impl.solvers import AdaptiveStepsizeODESolver

from dynode_cli import ConvergenceError, UsageError
from dynode_dynamics.fields.segments import Flow


def solver_names() -> tuple[str, ...]:
    """The solvers of the installed torchdiffeq."""
    return tuple(SOLVERS)


def check_solver(name: str) -> None:
    """Raises UsageError if torchdiffeq has no solver of that name."""
    if name not in solver_names():
        raise UsageError(f"there is no solver '{name}'", hint=f"torchdiffeq has {', '.join(solver_names())}")


def adaptive_solvers() -> set[str]:
    """Those that choose their own steps."""
    chosen = {name for name, solver in SOLVERS.items() if issubclass(solver, AdaptiveStepsizeODESolver)}
    return chosen | {"scipy_solver"} & set(SOLVERS)


@dataclass(frozen=True)
class Solver:
    """A solver of torchdiffeq and its settings."""

    name: str = "rk4"
    substeps: int = 4
    """Steps of a fixed-step solver across a segment, and points of the dense output for all."""
    rtol: float = 1e-5
    atol: float = 1e-6


def solve_segments(flow: Flow, start: Tensor, time: Tensor, length: Tensor, solver: Solver) -> tuple[Tensor, int]:
    """States (K + 1, n, S) at K equal steps across n segments, and the number of evaluations of the field.

    Arguments:
        start: (n, S) state at the beginning of each.
        time: (n,) their beginnings; `length` (n,) how far they go, negative for backwards.

    Raises:
        ConvergenceError: the step underflowed, or the solution is not finite.
    """
    count = 0
    first, span = time[None, :, None], length[None, :, None]

    def rate(s: Tensor, state: Tensor) -> Tensor:
        nonlocal count
        count += 1
        return span[0] * flow(state[None], first + s * span)[0]

    grid = torch.linspace(0.0, 1.0, solver.substeps + 1, dtype=torch.float64)
    options: dict[str, object] = {}
    if solver.name == "scipy_solver":
        options = {"solver": "LSODA"}
    elif solver.name not in adaptive_solvers():
        options = {"step_size": 1.0 / solver.substeps}
    try:
        out: Tensor = odeint(
            rate, start, grid, rtol=solver.rtol, atol=solver.atol, method=solver.name, options=options or None
        )
    except (AssertionError, ValueError) as error:
        # torchdiffeq says "underflow in dt" by an assertion; a state of NaN ends in one as well.
        raise ConvergenceError(
            f"the solver {solver.name} gave up: {error}",
            hint="use a fixed-step solver (-D solver=rk4), or loosen -D rtol and -D atol",
        ) from error
    if not bool(torch.isfinite(out).all()):
        raise ConvergenceError(
            f"the solution of {solver.name} diverged", hint="raise -D substeps, or use --dynamics spline"
        )
    return out, count
