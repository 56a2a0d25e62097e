"""What the dynamics cost: fit, reading, and live memory of the fit.

    python benchmarks/dynamics_cost.py [--codes CODES.safetensors] [-o benchmarks/results/dynamics_cost.json]

Fit: CPU seconds of all threads for `auto` with all its folds. Reading: median of repeated calls beside gather and
linear interpolation of the same codes, in turn.
Memory: most bytes of tensor storage that live at once while the
weights' gradient or step is computed, counted storage by storage (resident memory would show the allocator).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from environment import environment
from torch import Tensor

from dynode_cli import Context, Trajectory, load_codes
from dynode_cli.benchmark.measuring.meter import peak_bytes
from dynode_dynamics.curves.bases import CatmullRomBasis
from dynode_dynamics.fields.field import Field, FieldShape, new_field
from dynode_dynamics.fields.matching import Teacher, match
from dynode_dynamics.fields.noisy_refinement import CorrectionSde, ends
from dynode_dynamics.fields.refinement import carried
from dynode_dynamics.fields.residual import left_out
from dynode_dynamics.fields.segments import segments_of
from dynode_dynamics.fields.shooting import both_ways, shoot
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.spline import SplineDynamics

STEPS = (40, 160, 640)
SIZE = 5


def peak(work: Callable[[], object]) -> float:
    """Most live megabytes while `work` runs, after it has run once unseen."""
    work()
    return peak_bytes(work) / 1e6


def walk(count: int) -> tuple[Tensor, Tensor]:
    """A smooth path (count, SIZE) at whole times."""
    generator = torch.Generator().manual_seed(0)
    times = torch.arange(count, dtype=torch.float64)
    rates = 0.2 + torch.rand(SIZE, generator=generator, dtype=torch.float64)
    return times, torch.sin(times[:, None] * rates)


def default_shooting(steps: int) -> Callable[[], object]:
    """The default fit of a clip whose segments take `steps` solver steps, two each."""
    times, states = walk(steps // 2 + 1)
    segments = segments_of([(times, states)])
    field = new_field(FieldShape(SIZE, SIZE), 1, 0)
    return lambda: shoot(field, segments, iterations=2, ridge=3e-3)


def default_matching(steps: int) -> Callable[[], object]:
    """Gradient matching of the same clip."""
    times, _ = walk(steps // 2 + 1)
    grid = torch.linspace(0, len(times) - 1, 3 * steps, dtype=torch.float64)
    values = torch.sin(grid[:, None] * torch.ones(SIZE))
    teacher = Teacher(grid[None, :, None], values[None], values[None].cos())
    field = new_field(FieldShape(SIZE, SIZE), 1, 0)
    return lambda: match(field, teacher, iterations=2, ridge=3e-3, tube=0.2, contraction=0.2, seed=0)


def through_solver(gradient: str) -> Callable[[int], Callable[[], object]]:
    """A gradient through `steps` Runge-Kutta steps across each of 8 segments, for a field of 64 units."""

    def make(steps: int) -> Callable[[], object]:
        ways = both_ways(segments_of([walk(9)]))
        field = new_field(FieldShape(SIZE, SIZE, 64), 1, 0, start=0.1)

        def work() -> None:
            fresh = Field(field.shape, [p.detach().clone().requires_grad_() for p in field.parameters])
            (carried(fresh, ways, steps, gradient) - ways.end).square().sum().backward()

        return work

    return make


def through_sde(gradient: str) -> Callable[[int], Callable[[], object]]:
    """A gradient through `steps` reversible-Heun steps."""

    def make(steps: int) -> Callable[[], object]:
        ways = left_out(*walk(10), CatmullRomBasis)
        field = new_field(FieldShape(SIZE, SIZE, 64), 1, 0, start=0.1)

        def work() -> None:
            sde = CorrectionSde(field, ways, torch.full((SIZE,), 0.1), "stratonovich")
            start = torch.zeros_like(ways.miss)
            ends(sde, start, steps, "reversible_heun", gradient, 0).square().sum().backward()

        return work

    return make


PATHS: dict[str, Callable[[int], Callable[[], object]]] = {
    "multiple shooting (default)": default_shooting,
    "gradient matching (default)": default_matching,
    "adjoint": through_solver("adjoint"),
    "reversible Heun, adjoint": through_sde("adjoint"),
    "checkpointed": through_solver("checkpoint"),
    "direct through rk4": through_solver("direct"),
    "reversible Heun, direct": through_sde("direct"),
}


def gather_lerp(times: Tensor, codes: Tensor, t: Tensor) -> Tensor:
    """Linear interpolation as one would write it."""
    right = torch.searchsorted(times, t).clamp(1, len(times) - 1)
    share = ((t - times[right - 1]) / (times[right] - times[right - 1])).to(codes.dtype)
    return torch.lerp(codes[right - 1], codes[right], share.reshape(-1, *[1] * (codes.ndim - 1)))


def reading(times: Tensor, codes: Tensor, repeats: int, chosen: Trajectory) -> dict[str, dict[str, float]]:
    """Milliseconds, and ratios to gather and lerp; `chosen` is what `auto` made of the same codes."""
    kinds = {
        "linear": LinearDynamics(LinearDynamics.Options(), Context()),
        "spline": SplineDynamics(SplineDynamics.Options(), Context()),
        "gp": GaussianProcessDynamics(GaussianProcessDynamics.Options(), Context()),
        "ode, 5 components and the rest": OdeDynamics(
            OdeDynamics.Options(mode="gradient-matching", base="none"), Context()
        ),
        "ode, all components": OdeDynamics(
            OdeDynamics.Options(mode="gradient-matching", base="none", components=10, variance=1.0), Context()
        ),
    }
    curves = {name: kind.fit(times, codes) for name, kind in kinds.items()}
    curves[f"auto ({chosen.report().method})"] = chosen
    table: dict[str, dict[str, float]] = {}
    for count in (240, 2400):
        t = torch.linspace(float(times[0]), float(times[-1]), count, dtype=torch.float64)
        works = {"gather + lerp": lambda t=t: gather_lerp(times, codes, t)}
        works |= {name: lambda curve=curve, t=t: curve.evaluate(t) for name, curve in curves.items()}
        spent: dict[str, list[float]] = {name: [] for name in works}
        for number in range(repeats + 3):
            for name, work in works.items():
                started = time.perf_counter()
                work()
                if number >= 3:
                    spent[name].append(1e3 * (time.perf_counter() - started))
        base = statistics.median(spent["gather + lerp"])
        for name, values in spent.items():
            ms = statistics.median(values)
            table.setdefault(name, {}).update({f"ms at {count}": ms, f"ratio at {count}": ms / base})
    return table


def main() -> None:
    """Measure all three and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=Path, help="code file; default: a random walk of 11 codes of 18 x 512")
    parser.add_argument("--output", "-o", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.codes:
        loaded = load_codes(arguments.codes)
        times, codes = loaded.times, loaded.codes
    else:
        codes = torch.randn(11, 18, 512, generator=torch.Generator().manual_seed(0)).cumsum(dim=0)
        times = torch.arange(11, dtype=torch.float64) * 0.16
    auto = AutoDynamics(AutoDynamics.Options(), Context())
    auto.fit(times[:7], codes[:7])
    started = time.process_time()
    chosen = auto.fit(times, codes)
    fit = time.process_time() - started
    report = chosen.report()
    print(f"fit of {len(codes)} codes of {tuple(codes.shape[1:])}: {fit:.2f} CPU s, {report.method} kept\n")
    read = reading(times, codes, arguments.repeats, chosen)
    print("| reading | ms, 240 times | of gather + lerp | ms, 2400 times | of gather + lerp |\n|---|---|---|---|---|")
    for name, row in read.items():
        print(f"| {name} | {' | '.join(f'{value:.2f}' for value in row.values())} |")
    memory = {name: {steps: peak(make(steps)) for steps in STEPS} for name, make in PATHS.items()}
    print("\n| peak live MB at solver steps | 40 | 160 | 640 | 640 / 40 |\n|---|---|---|---|---|")
    for name, row in memory.items():
        print(f"| {name} | {' | '.join(f'{v:.2f}' for v in row.values())} | {row[640] / row[40]:.2f} |")
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        result = {
            "environment": environment(arguments.threads),
            "fit_cpu_s": fit,
            "kept": report.method,
            "reading": read,
            "live_mb": memory,
        }
        arguments.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
