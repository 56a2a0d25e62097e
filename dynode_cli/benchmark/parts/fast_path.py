"""The fast path (compiled, CUDA graph) of the plugin that brings the dynamics `ode`, as rows of the solvers.

Only the bench knows of it, so it is no part of the contract of a dynamics: a class that has one has it as its attribute
``dense_solver``, a :class:`DenseSolverMaker`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from dynode_cli.benchmark.problems.equations import STEPS, SolverPath
from dynode_cli.benchmark.problems.problem import InitialValueProblem
from dynode_cli.plugin_host.host import Host

NO_CUDA = "no CUDA device"
MODES = {"eager": "fast path, eager", "compile": "fast path, torch.compile", "graph": "fast path, CUDA graph"}


class DenseSolver(Protocol):
    """Solves B neural ODEs (clips x edits) at once, at times that it was made for."""

    evaluations: int
    """Of the field in one solve."""

    def __call__(self, states: Tensor, codes: Tensor | None = None) -> Tensor:
        """(B, T, D) codes at T times, from `states` (B, N, R) and the `codes` (B, N, D) whose coordinates they are."""


class DenseSolverMaker(Protocol):
    """Makes a :class:`DenseSolver`."""

    def __call__(
        self, weights: Sequence[Tensor], basis: Tensor, times: Tensor, queries: Tensor, *, substeps: int, mode: str
    ) -> DenseSolver:
        """
        Arguments:
            weights: three weights (B, in, out) and biases (B, 1, out) of a field with SiLU units, on the device.
            basis: (B, R, D): codes differ by ``u @ basis`` where states differ by u.
            times: (N,) float64 of the states, strictly increasing.
            queries: (T,) float64 within `times`.
            substeps: solver steps between two states.
            mode: one of :data:`MODES`.
        """


@dataclass(frozen=True)
class FastPaths:
    """Paths that run here, and why the others do not."""

    paths: Sequence[SolverPath] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


def fast_paths(host: Host, device: str) -> FastPaths:
    """The forms of the fast path that the dynamics `ode` brings as its `dense_solver`."""
    if "ode" not in host.names("dynamics"):
        return FastPaths(missing=dict.fromkeys(MODES.values(), "no dynamics 'ode' is installed"))
    maker: DenseSolverMaker | None = getattr(host.implementation("dynamics", "ode"), "dense_solver", None)
    if maker is None:
        return FastPaths(missing=dict.fromkeys(MODES.values(), "the dynamics 'ode' brings none"))
    cuda = torch.device(device).type == "cuda"
    runnable = list(MODES) if cuda else ["eager"]
    return FastPaths(
        [_path(maker, mode) for mode in runnable],
        {MODES[mode]: NO_CUDA for mode in MODES if mode not in runnable},
    )


def _path(maker: DenseSolverMaker, mode: str) -> SolverPath:
    if mode == "compile":
        # Compiling anew takes far longer, and more memory, than all calls together.
        return SolverPath(MODES[mode], _Prepared(maker, mode), note="peak is that of a call, without the buffers")
    # What a call needs is there since the solver was made: that is what memory has to be counted of.
    return SolverPath(MODES[mode], _Prepared(maker, mode), whole=lambda problem: _Prepared(maker, mode)(problem))


class _Prepared:
    """A dense solver that is prepared at its first call, and then given other states and codes."""

    def __init__(self, make: DenseSolverMaker, mode: str) -> None:
        self._make, self._mode = make, mode
        self._solver: DenseSolver | None = None
        self._made_for: tuple[Tensor, ...] = ()

    def __call__(self, problem: InitialValueProblem) -> tuple[Tensor, int]:
        if self._solver is None or self._made_for is not problem.weights:
            self._made_for = problem.weights
            knots = torch.arange(problem.segments + 1, dtype=torch.float64)
            if self._mode == "compile":
                # A function is compiled for few shapes only, and run as it is for more: every solver begins afresh.
                torch.compiler.reset()
            self._solver = self._make(
                problem.weights,
                problem.basis,
                knots,
                problem.queries,
                substeps=STEPS,
                mode=self._mode,
            )
        return self._solver(problem.states, problem.rest), self._solver.evaluations
