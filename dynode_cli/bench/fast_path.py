"""Rows for the fast path of the plugin that brings the dynamics `ode`, and for what only a CUDA device runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from dynode_cli.bench.equations import STEPS, Path
from dynode_cli.bench.problem import Problem
from dynode_cli.plugin_manager import Host

NO_CUDA = "no CUDA device"
MODES = {"eager": "fast path, eager", "compile": "fast path, torch.compile", "graph": "fast path, CUDA graph"}


@dataclass(frozen=True)
class FastPaths:
    """Paths that run here, and why the others do not."""

    paths: Sequence[Path] = ()
    missing: Mapping[str, str] = field(default_factory=dict)


def fast_paths(host: Host, device: str) -> FastPaths:
    """The forms of the fast path: it lies in a module `graph` beside the implementation of the dynamics `ode`."""
    if "ode" not in host.names("dynamics"):
        return FastPaths(missing=dict.fromkeys(MODES.values(), "no dynamics 'ode' is installed"))
    package = host.implementation("dynamics", "ode").__module__.rpartition(".")[0]
    if not package or find_spec(f"{package}.graph") is None:
        return FastPaths(missing=dict.fromkeys(MODES.values(), f"{package or 'the plugin'} brings none"))
    module = import_module(f"{package}.graph")
    cuda = torch.device(device).type == "cuda"
    runnable = list(MODES) if cuda else ["eager"]
    return FastPaths(
        [Path(MODES[mode], _Prepared(module, mode)) for mode in runnable],
        {MODES[mode]: NO_CUDA for mode in MODES if mode not in runnable},
    )


class _Prepared:
    """A dense solver that is prepared at its first call, and then given other states and codes."""

    def __init__(self, module: Any, mode: str) -> None:
        self._module, self._mode = module, mode
        self._solver: Any = None
        self._made_for: tuple[Tensor, ...] = ()

    def __call__(self, problem: Problem) -> tuple[Tensor, int]:
        if self._solver is None or self._made_for is not problem.weights:
            self._made_for = problem.weights
            knots = torch.arange(problem.segments + 1, dtype=torch.float64)
            self._solver = self._module.DenseSolver(
                problem.weights,
                problem.basis,
                knots,
                problem.queries,
                substeps=STEPS,
                mode=self._mode,
            )
        return self._solver(problem.states, problem.rest), self._solver.evaluations
