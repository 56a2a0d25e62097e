"""How well does each dynamics predict codes that it was not shown?

    python benchmarks/dynamics_quality.py --codes CODES.safetensors -o benchmarks/results/dynamics_quality.json

Error: mean of |z_hat - z| / |z - mean| over held-out codes (the clean curve's, for synthetic families). Splits: `2x`
keeps the even codes, `2x odd` the odd ones, `3x` every third, `loo` leaves out each inner code once (every 13th,
for synthetic families), `ex` predicts the last two. Nothing of a held-out code is seen by any fit.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from environment import environment

from dynode_cli import Context, ConvergenceError, Dynamics, load_codes
from dynode_cli.benchmark.problems.families import FAMILIES, Truth
from dynode_dynamics.curves.curve import ExtrapolationWarning
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.gp import GaussianProcessDynamics, NaturalCubicDynamics, PowerKernelDynamics
from dynode_dynamics.methods.leading import LeadingProcessDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.slerp import SlerpDynamics
from dynode_dynamics.methods.spline import SplineDynamics

SHOOT = {"mode": "multiple-shooting", "base": "none"}
MATCH = {"mode": "gradient-matching", "base": "none"}
LEAD = {"variance": 0.5, "rest": "linear"}


def made(kind: type[Dynamics], **options: object) -> Callable[[int], Dynamics]:
    """Builds `kind` for a seed."""
    return lambda seed: kind(kind.Options(**options), Context(seed=seed))


METHODS: dict[str, Callable[[int], Dynamics]] = {
    "linear": made(LinearDynamics),
    "slerp": made(SlerpDynamics),
    "spline": made(SplineDynamics),
    "natural": made(NaturalCubicDynamics),
    "kernel": made(PowerKernelDynamics),
    "gp": made(GaussianProcessDynamics),
    "gp matern32": made(GaussianProcessDynamics, kernel="matern32"),
    "gp matern52": made(GaussianProcessDynamics, kernel="matern52"),
    "gp-leading": made(LeadingProcessDynamics),
    "ode gradient-matching": made(OdeDynamics, **MATCH),
    "ode multiple-shooting": made(OdeDynamics, **SHOOT),
    "ode second-order": made(OdeDynamics, order=2, **SHOOT),
    "ode-leading gradient-matching": made(OdeDynamics, **MATCH, **LEAD),
    "ode-leading multiple-shooting": made(OdeDynamics, **SHOOT, **LEAD),
    "ode spline + correction": made(OdeDynamics, base="spline"),
    "ode roll-out (anchor=none)": made(OdeDynamics, anchor="none", **SHOOT),
    "cde": made(CdeDynamics),
    "cde hermite": made(CdeDynamics, control="hermite"),
    "cde natural": made(CdeDynamics, control="natural"),
    "sde": made(SdeDynamics),
    "auto": made(AutoDynamics),
}


Row = dict[str, Any]
"""A method's errors on one family and seed."""


@dataclass(frozen=True)
class Split:
    """Codes that are kept, and those that are predicted."""

    name: str
    kept: list[int]
    left: list[int]


def splits(count: int, every: int) -> Iterator[Split]:
    """All splits of `count` codes; of the leave-one-out folds, one in `every`."""
    even, odd = list(range(0, count, 2)), list(range(1, count, 2))
    third = list(range(0, count, 3))
    yield Split("2x", even, [i for i in odd if i < even[-1]])
    yield Split("2x odd", odd, [i for i in even if odd[0] < i < odd[-1]])
    yield Split("3x", third, [i for i in range(third[-1]) if i % 3])
    for left in range(1, count - 1, every):
        yield Split("loo", [i for i in range(count) if i != left], [left])
    yield Split("ex", list(range(count - 2)), [count - 2, count - 1])


def errors(truth: Truth, split: Split, dynamics: Dynamics) -> tuple[list[float], str]:
    """Relative errors of the held-out codes, and what was chosen."""
    shape = truth.clean.flatten(1)
    radius = (shape[split.left] - shape.mean(dim=0)).norm(dim=1)
    try:
        curve = dynamics.fit(truth.times[split.kept], truth.codes[split.kept])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExtrapolationWarning)
            found = curve.evaluate(truth.times[split.left]).flatten(1)
    except ConvergenceError:
        return [math.inf] * len(split.left), "diverged"
    return ((found - shape[split.left]).norm(dim=1) / radius).tolist(), curve.report_so_far.method


def main() -> None:
    """Run all methods and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=Path, help="code file of a real clip")
    parser.add_argument("--output", "-o", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", help="comma list; default all")
    parser.add_argument("--families", help="comma list; default all")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = arguments.methods.split(",") if arguments.methods else list(METHODS)
    families = arguments.families.split(",") if arguments.families else ["real", *FAMILIES]
    rows: list[Row] = []
    if arguments.output and arguments.output.exists():
        # The whole table takes a while: what a file holds already is not run again.
        rows = _read(arguments.output)
    present = {(row["family"], row["seed"], row["method"]) for row in rows}
    for family in families:
        if family == "real" and arguments.codes is None:
            continue
        for seed in range(arguments.seeds):
            truth = _real(arguments.codes) if family == "real" else FAMILIES[family](seed)
            for name in names:
                if (family, seed, name) in present:
                    continue
                started, found, chosen = time.process_time(), {}, {}
                for split in splits(len(truth.times), 1 if family == "real" else 13):
                    values, method = errors(truth, split, METHODS[name](seed))
                    found.setdefault(split.name, []).extend(values)
                    chosen.setdefault(split.name, []).append(method)
                mean = {split: statistics.fmean(values) for split, values in found.items()}
                row = {"family": family, "seed": seed, "method": name, "cpu_s": time.process_time() - started}
                rows.append({**row, "error": mean, "chosen": {k: sorted(set(v)) for k, v in chosen.items()}})
                _write(arguments.output, rows)
    _show(rows)


def _write(path: Path | None, rows: list[Row]) -> None:
    """An error of a method that diverged, which is infinite, is written as null."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = [{**row, "error": {k: v if v < math.inf else None for k, v in row["error"].items()}} for row in rows]
        report = {"environment": environment(1), "bars": bars(rows), "rows": known}
        path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _read(path: Path) -> list[Row]:
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    for row in rows:
        row["error"] = {k: math.inf if v is None else v for k, v in row["error"].items()}
    return rows


def bars(rows: list[Row]) -> dict[str, dict[str, float | bool]]:
    """What was promised, what was found (the worst of all seeds), and whether it holds."""
    errors = {(row["family"], row["seed"], row["method"]): row["error"] for row in rows}
    found: dict[str, tuple[float, float]] = {}

    def worst(name: str, most: float, values: list[float]) -> None:
        if values:
            found[name] = (most, max(values))

    def both(one: str, other: str) -> Iterator[tuple[str, dict[str, float], dict[str, float]]]:
        for (family, seed, method), error in errors.items():
            if method == one and (family, seed, other) in errors:
                yield family, error, errors[family, seed, other]

    shooting = list(both("ode multiple-shooting", "linear"))
    auto = list(both("auto", "linear"))
    inner = [error[split] / line[split] for _, error, line in auto for split in line if split != "ex"]
    worst("auto / linear, any family, seed and split", 1.02, inner)
    worst("multiple shooting on the limit cycle, 2x", 0.06, [e["2x"] for f, e, _ in shooting if f == "limit cycle"])
    worst(
        "multiple shooting / linear on accelerating motion, 3x",
        0.6,
        [error["3x"] / line["3x"] for family, error, line in shooting if family == "accelerating"],
    )
    worst("auto on the real codes, 2x", 0.69, [error["2x"] for family, error, _ in auto if family == "real"])
    return {name: {"most": most, "found": value, "holds": value <= most} for name, (most, value) in found.items()}


def _real(path: Path) -> Truth:
    codes = load_codes(path)
    return Truth(codes.times, codes.codes, codes.codes)


def _show(rows: list[Row]) -> None:
    """A table a family: mean over the seeds, with their spread where it is above .0005; then the bars."""
    for family in dict.fromkeys(str(row["family"]) for row in rows):
        here = [row for row in rows if row["family"] == family]
        columns = list(here[0]["error"])
        print(f"\n| {family} | {' | '.join(columns)} | CPU s |\n|---|{'---|' * (len(columns) + 1)}")
        for method in dict.fromkeys(row["method"] for row in here):
            mine = [row for row in here if row["method"] == method]
            cells = []
            for column in columns:
                values = [row["error"][column] for row in mine]
                spread = max(values) - min(values) if max(values) < math.inf else 0.0
                cells.append(f"{statistics.fmean(values):.3f}" + (f" ±{spread / 2:.3f}" if spread > 5e-4 else ""))
            print(f"| {method} | {' | '.join(cells)} | {statistics.fmean(r['cpu_s'] for r in mine):.1f} |")
    print("\n| bar | at most | found | |\n|---|---|---|---|")
    for name, bar in bars(rows).items():
        print(f"| {name} | {bar['most']} | {bar['found']:.4f} | {'holds' if bar['holds'] else 'MISSED'} |")


if __name__ == "__main__":
    main()
