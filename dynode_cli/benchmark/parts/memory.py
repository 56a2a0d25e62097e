"""`dynode bench memory`: does the peak grow with the number of solver steps, or of frames?"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from dynode_cli.benchmark.measuring.meter import peak_bytes, run_fresh
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.problems.equations import STEPS, field_gradient, noisy_gradient
from dynode_cli.benchmark.problems.problem import STATES, made_codes, made_problem, query_times
from dynode_cli.benchmark.results import Column, Curve, Row, Section, Value
from dynode_cli.contracts import Context
from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.host import Host
from dynode_cli.saving.scratch import scratch_folder
from dynode_cli.synthetic.clips import moving_texture, write_clip

GROWTH = (1, 4, 16)
"""Factors by which the number of steps or of frames grows."""
FLAT = 0.1
"""Slope of log peak over log size up to which a peak counts as flat: 16 times the size, a third more memory."""
COLUMNS = (
    Column("small", "peak at 1x", "MB", 3, "most memory in use at once for a clip of some length"),
    Column("middle", "at 4x", "MB", 3, "for one four times as long"),
    Column("large", "at 16x", "MB", 3, "for one sixteen times as long"),
    Column("slope", "slope", "", 2, "0: it stays the same, 1: it grows as the length does"),
    Column("verdict", "verdict", "", 3, "flat: clips of any length fit"),
)
TRAINING, READING, RENDERING = "training", "reading", "rendering"


@dataclass(frozen=True)
class Grown:
    """A thing whose peak is measured at three sizes."""

    group: str
    name: str
    peak: Callable[[int], float]
    """Megabytes at a factor of :data:`GROWTH`."""
    what: str
    """What grows, from how much."""
    apart: bool = False
    """Each size is a process of its own, so that two may run at once: what each takes does not depend on the other."""

    def peaks(self) -> list[float]:
        """Megabytes at every factor of :data:`GROWTH`."""
        if not self.apart:
            return [self.peak(factor) for factor in GROWTH]
        with ThreadPoolExecutor(2) as workers:
            return list(workers.map(self.peak, GROWTH))


@dataclass(frozen=True)
class ChosenDynamics:
    """A dynamics with options."""

    name: str
    options: Mapping[str, object]


def slope_of(sizes: Sequence[float], peaks: Sequence[float]) -> float:
    """Least-squares slope of log peak over log size: 0 is flat, 1 in proportion."""
    x = [math.log(size) for size in sizes]
    y = [math.log(max(peak, 1e-9)) for peak in peaks]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return rise / sum((a - mean_x) ** 2 for a in x)


def verdict_of(slope: float) -> str:
    """``flat`` or ``grows``."""
    return "flat" if slope <= FLAT else "grows"


def measure(scope: Scope, host: Host) -> Section:
    """Measure every case at three sizes."""
    rows: list[Row] = []
    curves: dict[str, list[tuple[float, float]]] = {}
    with scratch_folder() as folder:
        for case in _cases(scope, host, folder):
            scope.note(f"memory: {case.group}, {case.name}")
            try:
                peaks = case.peaks()
            except DynodeError as error:
                rows.append(Row(case.group, case.name, {}, f"not run: {error}"))
                continue
            slope = slope_of(GROWTH, peaks)
            values: dict[str, Value] = dict(zip(("small", "middle", "large"), peaks, strict=True))
            rows.append(
                Row(case.group, case.name, {**values, "slope": slope, "verdict": verdict_of(slope)}, case.what)
            )
            curves[case.name] = [(float(factor), peak) for factor, peak in zip(GROWTH, peaks, strict=True)]
    return Section(
        "memory",
        "Does memory grow?",
        f"Peak at a size, at four and at sixteen times it. Slope is that of log peak over log size, by least squares: "
        f"0 is flat, 1 in proportion; up to {FLAT:g} counts as flat. Training and reading: bytes of tensors that live at "
        f"once (on CUDA: the allocator's peak), what was there before not counted. Rendering: resident memory of a fresh "
        f"process of the program.",
        COLUMNS,
        rows,
        [Curve("Peak memory over size", "times the size", "MB", curves)],
        _findings(rows),
    )


def _cases(scope: Scope, host: Host, folder: Path) -> Iterator[Grown]:
    def training(name: str, adjoint: bool) -> Grown:
        problem = made_problem(STATES["PCA-10"], 1, 2).to(device=scope.device)

        def peak(factor: int) -> float:
            return peak_bytes(lambda: field_gradient(problem, adjoint, 10 * STEPS * factor), scope.device) / 1e6

        return Grown(TRAINING, name, peak, f"solver steps from {10 * STEPS} across a segment")

    def noisy(name: str, adjoint: bool) -> Grown:
        problem = made_problem(STATES["PCA-10"], 1, 2).to(device=scope.device)

        def peak(factor: int) -> float:
            return peak_bytes(lambda: noisy_gradient(problem, adjoint, 4 * STEPS * factor), scope.device) / 1e6

        return Grown(TRAINING, name, peak, f"solver steps from {4 * STEPS} across a segment")

    if scope.dynamics is None:
        yield training("ODE, back-propagation", False)
        yield training("ODE, adjoint", True)
        yield noisy("SDE, reversible Heun, back-propagation", False)
        yield noisy("SDE, reversible Heun, adjoint", True)
        for mode in ("gradient-matching", "multiple-shooting"):
            options = {"base": "none", "iterations": 2, "mode": mode}
            yield _fitting(f"fit of ode, {mode}", ChosenDynamics("ode", options), scope, host)
        read = ChosenDynamics("ode", {"base": "none", "mode": "gradient-matching"})
    else:
        read = ChosenDynamics(scope.dynamics, scope.dynamics_options)
        yield _fitting(f"fit of {read.name}", read, scope, host)
    yield _reading(f"{read.name}, all in one call", read, scope, host, whole=True)
    yield _reading(f"{read.name}, 100 times a call, as in rendering", read, scope, host, whole=False)
    yield _rendering("dynode interpolate, higher rate", scope, folder, longer=False)
    yield _rendering("dynode interpolate, longer source", scope, folder, longer=True)


def _fitting(name: str, dynamics: ChosenDynamics, scope: Scope, host: Host) -> Grown:
    """The fit of a dynamics, with more and more observed codes."""
    made = host.create("dynamics", dynamics.name, dynamics.options, Context(device=scope.device))
    first = 24 if scope.quick else 96

    def peak(factor: int) -> float:
        times, codes = made_codes(STATES["PCA-10"], 0, first * factor)
        codes = codes.to(scope.device)
        return peak_bytes(lambda: made.fit(times, codes), scope.device) / 1e6

    return Grown(TRAINING, name, peak, f"observed codes from {first}")


def _reading(name: str, dynamics: ChosenDynamics, scope: Scope, host: Host, *, whole: bool) -> Grown:
    """A solved trajectory, read at more and more times."""
    times, codes = made_codes(STATES["18 x 512"], 0)
    made = host.create("dynamics", dynamics.name, dynamics.options, Context(device=scope.device))
    trajectory = made.fit(times, codes.to(scope.device))
    batch = None if whole else 100

    def peak(factor: int) -> float:
        t = query_times(times, 100 * factor)

        def read() -> None:
            for part in torch.split(t, batch or len(t)):
                trajectory.evaluate(part)

        return peak_bytes(read, scope.device) / 1e6

    return Grown(READING, name, peak, "times from 100")


def _rendering(name: str, scope: Scope, folder: Path, *, longer: bool) -> Grown:
    """The program itself, in a fresh process, with more output frames or more source frames."""
    height, width, first = (90, 160, 4) if scope.quick else (180, 320, 12)
    # The clip goes to and fro, so that few frames have to be drawn.
    drawn = moving_texture(25, size=(height, width))

    def peak(factor: int) -> float:
        count = first * (factor if longer else 1)
        clip = folder / f"{name}, {factor}.mp4"
        write_clip(clip, [drawn[min(k % 48, 48 - k % 48)] for k in range(count)])
        command = [
            sys.executable,
            "-P",
            "-m",
            "dynode_cli",
            "interpolate",
            str(clip),
            "-q",
            "--force",
            "--memory",
            "128MiB",
            *scope.dynamics_words,
        ]
        command += ["--fps", "2x" if longer else f"{2 * factor}x", "-o", str(folder / f"{name}, {factor}, out.mp4")]
        command += ["--threads", str(scope.threads), "--device", scope.device]
        cost = run_fresh(command, variables={"OMP_NUM_THREADS": str(scope.threads)})
        if cost.peak is None:
            raise DynodeError("this system does not tell the memory of a process")
        return cost.peak / 1e6

    frames = f"source frames from {first}" if longer else f"output frames from {2 * first}"
    return Grown(RENDERING, name, peak, f"{frames}, {width} x {height}", apart=True)


def _findings(rows: Sequence[Row]) -> list[str]:
    """Which ways to train keep their memory, and which do not."""
    told = []
    for verdict in ("flat", "grows"):
        for group in (TRAINING, RENDERING):
            names = [row.name for row in rows if row.values.get("verdict") == verdict and row.group == group]
            if names:
                told.append(f"{group.capitalize()}: {'; '.join(names)}: {verdict} over a factor of {GROWTH[-1]}.")
    return told
