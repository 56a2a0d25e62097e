"""Do neural dynamics keep the quality of the spline in the motion generator?

    python benchmarks/motion_dynamics.py -o benchmarks/results/motion_dynamics.json

The cases, frames and scores of `interpolation_quality.py`, on the part of the held-out frames that the reference
figures were taken on. A shot is inverted once; each dynamics is fitted to its codes and renders the same frames.
ODE, CDE and SDE are the spline's velocity and a correction that begins at zero. Where a curve is the spline to
rounding (a correction that did not help on codes that it had not seen), its frames are the spline's.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np
import torch
from environment import environment
from interpolation_quality import RATE, READERS, Frame, KeptClip, Task, shots_of, task_of

from dynode_cli import Context, Dynamics, Inversion
from dynode_dynamics.methods.auto import AutoDynamics
from dynode_dynamics.methods.cde import CdeDynamics
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.ode import OdeDynamics
from dynode_dynamics.methods.sde import SdeDynamics
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_metrics.psnr import psnr
from dynode_metrics.ssim import ssim
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter
from dynode_motion.options import FlowOptions, MotionOptions

BAR = 0.02
"""Most that a dynamics may be below the spline, dB."""
SAME = 1e-4
"""Codes that differ by less than this make the same frame: a thousandth of a pixel in the fastest motion."""

METHODS: dict[str, tuple[type[Dynamics], dict[str, object]]] = {
    "spline": (SplineDynamics, {}),
    "linear": (LinearDynamics, {}),
    "ode": (OdeDynamics, {"base": "spline"}),
    "cde": (CdeDynamics, {}),
    "sde": (SdeDynamics, {}),
    "auto": (AutoDynamics, dict(MotionGenerator.dynamics_options["auto"])),
}


def rendered(task: Task, inversion: Inversion, code: torch.Tensor, number: int) -> Frame:
    """The held-out frame `number` of a task, from its code (D,)."""
    held_out = task.held_out[number]
    time = torch.tensor([(held_out.interval + held_out.share) * (task.factor / RATE)], dtype=torch.float64)
    frame = next(iter(inversion.generator.synthesize(code[None], time)))
    made: Frame = frame.permute(1, 2, 0).mul(255).round().to("cpu", torch.uint8).numpy()
    return made


def shot_scores(task: Task) -> dict[str, list[tuple[float, float, float]]]:
    """PSNR, SSIM and distance of the code from the spline's, of every frame of the subset, by method."""
    context = Context()
    inversion = FlowInverter(FlowOptions(), context).invert(KeptClip(task), MotionGenerator(MotionOptions(), context))
    scored = [number for number, held_out in enumerate(task.held_out) if held_out.in_subset]
    places = [task.held_out[number].interval + task.held_out[number].share for number in scored]
    times = torch.tensor(places, dtype=torch.float64) * (task.factor / RATE)
    codes = {}
    for label, (kind, options) in METHODS.items():
        curve = kind(kind.Options(**options), context).fit(inversion.times, inversion.codes)
        codes[label] = curve.evaluate(times)
    scores: dict[str, list[tuple[float, float, float]]] = {label: [] for label in METHODS}
    for row, number in enumerate(scored):
        real, own = task.held_out[number].real, codes["spline"][row]
        first: tuple[float, float] | None = None
        for label in METHODS:
            far = float((codes[label][row] - own).abs().max())
            if first is None or far > SAME:
                frame = rendered(task, inversion, codes[label][row], number)
                pair = (psnr(real, frame), ssim(real, frame))
                first = first or pair
            else:
                pair = first
            scores[label].append((*pair, far))
    return scores


def case(name: str, factor: int, reader: str) -> dict[str, Any]:
    """Means over all frames of the subset of a clip at a factor."""
    tasks = [task for shot in shots_of(name, reader) if (task := task_of(name, shot, factor)) is not None]
    found: dict[str, list[tuple[float, float, float]]] = {label: [] for label in METHODS}
    for task in tasks:
        if any(held_out.in_subset for held_out in task.held_out):
            for label, rows in shot_scores(task).items():
                found[label].extend(rows)
    spline = fmean(row[0] for row in found["spline"])
    methods = {}
    for label, rows in found.items():
        mean = fmean(row[0] for row in rows)
        methods[label] = {
            "psnr": round(mean, 4),
            "ssim": round(fmean(row[1] for row in rows), 5),
            "over_spline_db": round(mean - spline, 4),
            "frames_unlike_spline": int(np.sum([row[2] > SAME for row in rows])),
        }
    return {"frames": len(found["spline"]), "methods": methods}


def main() -> None:
    """Score all cases and say which dynamics keep the bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", nargs="*", default=["carphone_pristine", "bigbuckbunny", "bikes"])
    parser.add_argument("--factors", nargs="*", type=int, default=[2, 4, 8])
    parser.add_argument("--reader", choices=sorted(READERS), default="dynode", help="what makes RGB of the video")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    results: dict[str, Any] = {}
    if arguments.output and arguments.output.exists():
        # Cases can be run one by one: a file keeps those that were scored before.
        results = json.loads(arguments.output.read_text(encoding="utf-8"))["results"]
    print(f"| case (frames) | {' | '.join(METHODS)} |\n|---|{'---|' * len(METHODS)}")
    for name in arguments.clips:
        for factor in arguments.factors:
            key = f"{name} {factor}x"
            results[key] = result = case(name, factor, arguments.reader)
            cells = [f"{row['psnr']:.3f} ({row['over_spline_db']:+.3f})" for row in result["methods"].values()]
            print(f"| {key} ({result['frames']}) | {' | '.join(cells)} |", flush=True)
            if arguments.output:
                report = {"environment": environment(arguments.threads), "results": results}
                arguments.output.parent.mkdir(parents=True, exist_ok=True)
                arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for label in ("ode", "cde", "sde"):
        least, key = min((row["methods"][label]["over_spline_db"], key) for key, row in results.items())
        print(
            f"{label}: least over spline {least:+.4f} dB ({key}); bar -{BAR}: {'holds' if least >= -BAR else 'MISSED'}"
        )


if __name__ == "__main__":
    main()
