"""Fitted dynamics as rows of the solvers, called as the program calls them: fit once, read densely."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dynode_cli.benchmark.measuring.harness import Work
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.problems.equations import relative_error
from dynode_cli.benchmark.problems.problem import STATES, made_codes, query_times
from dynode_cli.benchmark.results import Value
from dynode_cli.contracts import Context, Trajectory
from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.host import Host

METHODS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "fitted linear": ("linear", {}),
    "fitted spline": ("spline", {}),
    "fitted gp": ("gp", {}),
    "fitted ode (default)": ("ode", {}),
    "fitted ode, field alone": ("ode", {"base": "none", "mode": "gradient-matching"}),
    "fitted cde": ("cde", {}),
    "fitted sde": ("sde", {}),
}
"""Name of a row: the dynamics, and its options."""
LINEAR = "fitted linear"
SOLVED = frozenset({"ode", "cde", "sde"})
FINE = {"substeps": 64}
"""What makes the solve of a reference exact."""
CLIPS = 2
"""Clips that are fitted; more are read as these over and over."""


@dataclass(frozen=True)
class FittedRow:
    """One dynamics in one case."""

    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    read: Work | None = None
    """Reads all times of all clips; None if it was left out."""


@dataclass
class FittedMethods:
    """The dynamics, fitted once for each state."""

    scope: Scope
    host: Host
    _fits: dict[tuple[str, str, int], tuple[Trajectory, float]] = field(default_factory=dict)
    _errors: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def methods(self) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        """Name of a row: the dynamics, and its options."""
        chosen = self.scope.dynamics
        if chosen is None:
            return METHODS
        return {LINEAR: METHODS[LINEAR], f"fitted {chosen}": (chosen, self.scope.options_of(chosen))}

    def rows(self, state: str, count: int, clips: int, refusal: Callable[[str], str]) -> Iterator[FittedRow]:
        """A row for every dynamics; `refusal` says why one is to be left out, if it is."""
        times, _ = made_codes(STATES[state], 0)
        queries = [query_times(times, count) + 1e-5 * number for number in range(4)]
        for name in self.methods:
            reason = refusal(name)
            if reason:
                yield FittedRow(name, note=reason)
                continue
            try:
                curves = [self._fit(name, state, seed) for seed in range(min(clips, CLIPS))]
                error = "not in a quick run" if self.scope.quick else self._error(name, state)
            except DynodeError as problem:
                yield FittedRow(name, note=f"not run: {problem}")
                continue
            report = curves[0][0].report()
            values: dict[str, Value] = {"fit": curves[0][1], "nfe": report.nfe, "error": error}
            note = str(report.details.get("field", ""))

            def read(number: int, curves: list[tuple[Trajectory, float]] = curves) -> Tensor:
                for clip in range(clips):
                    out = curves[clip % len(curves)][0].evaluate(queries[number % len(queries)])
                return out

            yield FittedRow(name, values, note, read)

    def _fit(self, name: str, state: str, seed: int) -> tuple[Trajectory, float]:
        """A trajectory, and the seconds that its fit took."""
        key = (name, state, seed)
        if key not in self._fits:
            times, codes = made_codes(STATES[state], seed)
            dynamics, options = self.methods[name]
            made = self.host.create("dynamics", dynamics, options, Context(device=self.scope.device))
            codes = codes.to(self.scope.device)
            started = time.perf_counter()
            trajectory = made.fit(times, codes)
            self._fits[key] = trajectory, time.perf_counter() - started
        return self._fits[key]

    def _error(self, name: str, state: str) -> float:
        """Of the solve and of rounding: against the same dynamics on float64 codes with many more steps."""
        if (name, state) not in self._errors:
            times, codes = made_codes(STATES[state], 0)
            dynamics, options = self.methods[name]
            fine = {**options, **(FINE if dynamics in SOLVED else {})}
            t = query_times(times, 241)[1:-1]
            exact = self.host.create("dynamics", dynamics, fine, Context()).fit(times, codes.to(torch.float64))
            found = self._fit(name, state, 0)[0].evaluate(t)
            self._errors[name, state] = relative_error(found.flatten(1), exact.evaluate(t).flatten(1).double())
        return self._errors[name, state]
