"""`dynode bench solvers`: what each way to move the codes costs beside linear interpolation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from statistics import median

import torch
from torch import Tensor

from dynode_cli.benchmark.measuring.harness import Work, race
from dynode_cli.benchmark.measuring.meter import peak_bytes
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.parts.decode import Decode, decodes
from dynode_cli.benchmark.parts.fast_path import MODES, FastPaths, fast_paths
from dynode_cli.benchmark.parts.fitted import FittedMethods
from dynode_cli.benchmark.problems.equations import (
    SolverPath,
    controlled,
    gradient,
    per_query,
    relative_error,
    runge_kutta,
    solver_names,
    stochastic,
    torchdiffeq_path,
)
from dynode_cli.benchmark.problems.problem import KNOTS, RANK, STATES, InitialValueProblem, gather_lerp, made_problem
from dynode_cli.benchmark.results import AGAIN, Column, Curve, Quartiles, Row, Section, Value, twice
from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.host import Host

ROTATION = 4
"""Inputs that take turns, so that nothing is read from the cache of the call before."""
LINEAR = "linear: gather + lerp"
COLUMNS = (
    Column("fit", "fit", "s", 2, "time to fit the curve to the codes of a clip, once"),
    Column("ms", "time", "ms", 3, "time to compute all positions that are asked for", "low"),
    Column("ratio", "of linear", "x", 3, "that time over the one of straight lines, the baseline"),
    Column("nfe", "NFE", "", 3, "how often the solver evaluates the equation (number of function evaluations)"),
    Column(
        "share", "of a decode", "%", 3, "time for one position, over the time in which a network paints one frame"
    ),
    Column("error", "error", "", 2, "distance to a very exact solution, over the spread of the codes", "low"),
    Column("peak", "peak", "MB", 3, "most memory that was in use at once", "low"),
)


@dataclass(frozen=True)
class Case:
    """A state, times to read, clips."""

    state: str
    count: int
    clips: int

    @property
    def name(self) -> str:
        """How the case is called in tables."""
        return f"{self.state}, T = {self.count}, {self.clips} clip{'s' * (self.clips > 1)}"

    @property
    def bytes(self) -> int:
        """Size of what a call returns."""
        size = 1
        for length in STATES[self.state]:
            size *= length
        return 4 * size * self.count * self.clips


EVERY_SOLVER = Case("18 x 512", 240, 1)
"""The case on which every solver of torchdiffeq is run."""
DENSE = "ODE, own rk4, dense"
TWICE = (LINEAR, DENSE, MODES["graph"])
"""What is measured twice in every case, to see by how much the same thing differs from itself."""
LEFT_OUT = "left out"
DEFAULT = "fitted ode (default)"
DRAWN = (LINEAR, DENSE, "fitted spline")


def cases(quick: bool) -> list[Case]:
    """All of the full run; a few of the quick one."""
    if quick:
        return [Case("18 x 512", 60, 1), EVERY_SOLVER, Case("18 x 512", 240, 8)]
    return [Case(*chosen) for chosen in product(STATES, (60, 240, 2400), (1, 8, 64))]


@dataclass
class Budget:
    """Leaves out calls that would take too long, judged by the same row of smaller cases."""

    scope: Scope
    _seen: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def refusal(self, row: str, case: Case) -> str:
        """Why the row is left out; empty if it is not."""
        if case.bytes > self.scope.cap_bytes:
            return f"{LEFT_OUT}: returns {case.bytes / 1e6:.0f} MB"
        size, ms = self._seen.get((row, case.state), (1, 0.0))
        estimate = ms * max(1.0, case.count * case.clips / size) / 1e3
        if estimate > self.scope.cap_seconds:
            return f"{LEFT_OUT}: estimated at {estimate:.0f} s a call"
        return ""

    def learn(self, row: str, case: Case, spread: Quartiles) -> None:
        """Remember what the row cost."""
        self._seen[row, case.state] = (case.count * case.clips, spread.median)


def measure(scope: Scope, host: Host) -> Section:
    """Run all cases."""
    frames = decodes(scope, host)
    fitted = FittedMethods(scope, host)
    budget = Budget(scope)
    rows: list[Row] = []
    for case in cases(scope.quick):
        scope.note(f"solvers: {case.name}")
        rows += _case_rows(case, scope, fitted, budget, frames.get(case.state))
    compared = "; ".join(f"{state}: {decode.what}, {decode.ms.median:.0f} ms" for state, decode in frames.items())
    return Section(
        "solvers",
        "What the solver paths cost",
        f"Each clip has {KNOTS} observed codes, and T codes between them are read. Rows from 'ODE' to 'gradient' solve "
        f"one and the same problem: all segments at once in {RANK} components, forwards and backwards, the two "
        f"blended, read by a cubic Hermite dense output and lifted to codes. Rows 'fitted' are dynamics as a user calls "
        f"them; their fit is beside. Time is the median of repeated calls in turn with linear, with quartiles; inputs "
        f"rotate. Rows 'again' are the same once more in the same run: what lies within their distance is chance. Of a "
        f"decode: time for one code that is read, over the time of one decoded frame ({compared}). Error "
        f"is the distance to a float64 solution at a tolerance of 1e-11, over the spread of the codes (fitted: to the "
        f"same on float64 codes with 16 times the steps). Peak is bytes of tensors that live at once.",
        COLUMNS,
        rows,
        _curves(rows, _told(scope)),
        _findings(rows, _told(scope)),
    )


def _case_rows(
    case: Case, scope: Scope, fitted: FittedMethods, budget: Budget, decode: Decode | None
) -> Iterator[Row]:
    if case.bytes > scope.cap_bytes:
        yield Row(case.name, LINEAR, {}, budget.refusal(LINEAR, case))
        return
    device = scope.device
    problem = made_problem(STATES[case.state], case.clips, case.count).to(device=device)
    inputs = [problem.rotated(number) for number in range(ROTATION)]
    knots = torch.arange(KNOTS, dtype=torch.float64, device=device)

    def linear(number: int) -> Tensor:
        given = inputs[number % ROTATION]
        return gather_lerp(knots, given.rest, given.queries)

    fast = fast_paths(fitted.host, device) if scope.dynamics is None else FastPaths()
    works: dict[str, Work] = {LINEAR: linear}
    values: dict[str, dict[str, Value]] = {LINEAR: {"nfe": 0}}
    notes: dict[str, str] = {LINEAR: ""}
    wholes: dict[str, Callable[[], object]] = {}
    references: dict[Callable[[InitialValueProblem], Tensor], Tensor] = {}
    for path in _paths(case, fast) if scope.dynamics is None else ():
        values[path.name], notes[path.name] = {}, budget.refusal(path.name, case) or path.note
        if notes[path.name].startswith(LEFT_OUT):
            continue
        try:
            found, values[path.name]["nfe"] = path.solve(problem)
        except (DynodeError, RuntimeError, AssertionError) as error:
            # No compiler for torch.compile, no memory left on the device, a step size that underflows.
            notes[path.name] = f"not run: {first_line(error)}"
            continue
        values[path.name]["error"] = "as of 1 clip"
        if case.clips == 1:
            if path.reference not in references:
                references[path.reference] = path.reference(problem)
            clean = found if path.without_noise is None else path.without_noise(problem)[0]
            values[path.name]["error"] = relative_error(clean, references[path.reference])
        works[path.name] = _rotating(path, inputs)
        if path.whole is not None:
            wholes[path.name] = partial(path.whole, problem)
    for row in fitted.rows(case.state, case.count, case.clips, lambda name: budget.refusal(name, case)):
        values[row.name], notes[row.name] = dict(row.values), row.note
        if row.read is not None:
            works[row.name] = row.read
    works |= {name + AGAIN: works[name] for name in TWICE if name in works}
    spreads = race(works, scope.limits, device)
    for name, own in values.items():
        if name in spreads:
            spread = spreads[name]
            budget.learn(name, case, spread)
            own |= {"ms": spread, "ratio": spread.median / spreads[LINEAR].median}
            own["share"] = "no decode"
            if decode is not None:
                own["share"] = 100 * spread.median / (case.count * case.clips) / decode.ms.median
            own["peak"] = peak_bytes(wholes.get(name, partial(works[name], 0)), device) / 1e6
        yield Row(case.name, name, own, notes[name])
        if name + AGAIN in spreads:
            again = spreads[name + AGAIN]
            told = f"the same once more: {100 * (again.median / spreads[name].median - 1):+.1f} %"
            yield Row(case.name, name + AGAIN, {"ms": again, "ratio": again.median / spreads[LINEAR].median}, told)
    for name, reason in fast.missing.items():
        yield Row(case.name, name, {}, reason)


def first_line(error: Exception) -> str:
    """What an error says, without its stack of reasons."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _rotating(path: SolverPath, inputs: Sequence[InitialValueProblem]) -> Work:
    return lambda number: path.solve(inputs[number % len(inputs)])


def _paths(case: Case, fast: FastPaths) -> list[SolverPath]:
    paths = [
        SolverPath(DENSE, runge_kutta),
        *fast.paths,
        per_query(),
        controlled(),
        stochastic("euler", "ito"),
        stochastic("srk", "ito"),
        stochastic("reversible_heun", "stratonovich"),
        gradient(adjoint=False),
        gradient(adjoint=True),
    ]
    if case == EVERY_SOLVER:
        paths += [torchdiffeq_path(name, tight) for name in solver_names() for tight in (False, True)]
    return paths


def _told(scope: Scope) -> Sequence[str]:
    """Rows that are drawn, and of which the findings tell."""
    return (DEFAULT, *MODES.values()) if scope.dynamics is None else (f"fitted {scope.dynamics}",)


def _curves(rows: Sequence[Row], told: Sequence[str]) -> list[Curve]:
    """Time over the number of times read, and the error of each solver over its time."""
    by_count: dict[str, list[tuple[float, float]]] = {}
    trade: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        ms, error = row.values.get("ms"), row.values.get("error")
        if not isinstance(ms, Quartiles):
            continue
        state, count, clips = row.group.split(", ")
        if row.name in (*DRAWN, *told) and state == EVERY_SOLVER.state and clips == "1 clip":
            by_count.setdefault(row.name, []).append((float(count.removeprefix("T = ")), ms.median))
        if row.group == EVERY_SOLVER.name and isinstance(error, float) and row.name.startswith("solver "):
            trade.setdefault(row.name.removeprefix("solver ").split(",")[0], []).append((ms.median, error))
    return [
        Curve(f"Time to compute T in-between codes of {EVERY_SOLVER.state}, one clip", "T", "ms", by_count),
        Curve(f"Error of torchdiffeq's solvers over their time; {EVERY_SOLVER.name}", "ms", "relative error", trade),
    ]


def _findings(rows: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Rows of these `names` beside linear, and what they are of a decode."""
    told = []
    for row in rows:
        ratio, share = row.values.get("ratio"), row.values.get("share")
        plain = row.group.startswith(EVERY_SOLVER.state) and row.group.endswith("1 clip")
        if plain and row.name in names and isinstance(ratio, float):
            of_decode = f", {share:.2g} % of a decode" if isinstance(share, float) else ""
            told.append(f"{row.group}: {row.name} takes {ratio:.2f} times as long as linear{of_decode}.")
    for name in TWICE:
        apart = sorted(abs(ratio - 1) for (_, what), ratio in twice(rows).items() if what == name)
        if apart:
            told.append(
                f"{name}, measured twice in the same run, differs from itself by {100 * median(apart):.1f} % (median of "
                f"{len(apart)} cases; at most {100 * apart[-1]:.1f} %)."
            )
    return told
