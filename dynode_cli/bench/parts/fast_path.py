"""Rows for the fast path of the plugin that brings the dynamics `ode`, and for what only a CUDA device runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from dynode_cli.bench.problems.equations import STEPS, Path
from dynode_cli.bench.problems.problem import Problem
from dynode_cli.plugin_host.host import Host

NO_CUDA = "no CUDA device"
MODES = {"eager": "fast path, eager", "compile": "fast path, torch.compile", "graph": "fast path, CUDA graph"}


@dataclass(frozen=True)
class FastPaths:
    """Paths that run here, and why the others do not."""

    paths: Sequence[Path] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


def fast_paths(host: Host, device: str) -> FastPaths:
    """The forms of the fast path that the dynamics `ode` brings as its `dense_solver`."""
    if "ode" not in host.names("dynamics"):
        return FastPaths(missing=dict.fromkeys(MODES.values(), "no dynamics 'ode' is installed"))
    solver = host.implementation("dynamics", "ode").dense_solver
    if solver is None:
        return FastPaths(missing=dict.fromkeys(MODES.values(), "the dynamics 'ode' brings none"))
    cuda = torch.device(device).type == "cuda"
    runnable = list(MODES) if cuda else ["eager"]
    return FastPaths(
        [_path(solver, mode) for mode in runnable],
        {MODES[mode]: NO_CUDA for mode in MODES if mode not in runnable},
    )


def _path(solver: Callable[..., Any], mode: str) -> Path:
    if mode == "compile":
        # Compiling anew takes far longer, and more memory, than all calls together.
        return Path(MODES[mode], _Prepared(solver, mode), note="peak is that of a call, without the buffers")
    # What a call needs is there since the solver was made: that is what memory has to be counted of.
    return Path(MODES[mode], _Prepared(solver, mode), whole=lambda problem: _Prepared(solver, mode)(problem))


class _Prepared:
    """A dense solver that is prepared at its first call, and then given other states and codes."""

    def __init__(self, make: Callable[..., Any], mode: str) -> None:
        self._make, self._mode = make, mode
        self._solver: Any = None
        self._made_for: tuple[Tensor, ...] = ()

    def __call__(self, problem: Problem) -> tuple[Tensor, int]:
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
