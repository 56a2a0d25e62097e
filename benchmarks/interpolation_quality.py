"""How near do made frames come to frames that were held out of real clips?

    python benchmarks/interpolation_quality.py -o benchmarks/results/interpolation_quality.json --sheets sheets

Every k-th frame of a shot is kept (2x, 4x, 8x), the dropped ones are rebuilt by each method, rounded to 8 bits, and
compared with the real ones: RGB PSNR and SSIM, means over frames. No pair crosses a cut; repeated frames are left out.
`subset` is the part of the held-out frames on which the reference figures of the README were taken.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Any

import av
import cv2
import numpy as np
import torch
from environment import environment, sample_clip
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli import Context, Dynamics
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_dynamics.methods.linear import LinearDynamics
from dynode_dynamics.methods.spline import SplineDynamics
from dynode_metrics.psnr import psnr
from dynode_metrics.ssim import ssim
from dynode_motion.generator import MotionGenerator
from dynode_motion.inverter import FlowInverter
from dynode_motion.options import FlowOptions, MotionOptions

Frame = NDArray[np.uint8]
RATE = 25
SHOT_LENGTHS = {"bikes": (30, 46, 61, 50, 55, 8)}
REPEATS = (7, 32, 57, 82, 107)
"""Frames of bigbuckbunny that repeat the one before: 24 frames a second, padded to 25."""
STRIDES = {
    ("bikes", 2): 2,
    ("bikes", 4): 3,
    ("bigbuckbunny", 2): 2,
    ("bigbuckbunny", 4): 4,
    ("bigbuckbunny", 8): 3,
}
"""Every how many intervals of a shot belong to the subset, counted from its first."""


@dataclass(frozen=True)
class HeldOut:
    """A frame to rebuild."""

    interval: int
    """Number of the kept frame before it."""
    share: float
    """Where between the kept frames, 0 < share < 1."""
    real: Frame
    in_subset: bool


@dataclass(frozen=True)
class Task:
    """What is left of a shot, and what is to be rebuilt."""

    kept: Sequence[Frame]
    held_out: Sequence[HeldOut]
    factor: int


def read_as_dynode(path: Path) -> list[Frame]:
    """All frames, converted as the program converts them: the clip's own matrix and range, chroma interpolated."""
    with open_source(str(path)) as source:
        scanned = scan(source, detect_cuts=False)
        with FrameReader(source, scanned) as reader:
            return [reader.frame(index) for index in range(len(reader))]


def read_as_pyav(path: Path) -> list[Frame]:
    """All frames, converted as PyAV does by default."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


READERS = {"dynode": read_as_dynode, "pyav": read_as_pyav}


def shots_of(name: str, reader: str) -> list[list[Frame]]:
    """The shots of a clip that are used."""
    frames = READERS[reader](sample_clip(name))
    if name == "bigbuckbunny":
        frames = [frame for k, frame in enumerate(frames) if k not in REPEATS]
        return [frames[0:65], frames[94:127]]
    lengths = SHOT_LENGTHS.get(name, (len(frames),))
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    return [frames[a : a + n] for a, n in zip(starts, lengths, strict=True)]


def task_of(name: str, shot: Sequence[Frame], factor: int) -> Task | None:
    """The task of a shot; None if no frame of it lies between two kept ones."""
    kept = shot[::factor]
    if len(kept) < 2:
        return None
    stride = STRIDES.get((name, factor), 1)
    # The reference figures of bikes at 4x leave out the last shot, which has a single interval.
    whole = not (name == "bikes" and factor == 4 and len(kept) == 2)
    held_out = [
        HeldOut(k, j / factor, shot[k * factor + j], whole and k % stride == 0)
        for k in range(len(kept) - 1)
        for j in range(1, factor)
    ]
    return Task(kept, held_out, factor)


def hold(task: Task) -> Iterator[Frame]:
    """The frame before."""
    yield from (task.kept[h.interval] for h in task.held_out)


def blend(task: Task) -> Iterator[Frame]:
    """The mean of both frames by nearness."""
    for h in task.held_out:
        before, after = (task.kept[h.interval + k].astype(np.float32) for k in (0, 1))
        yield np.rint((1 - h.share) * before + h.share * after).astype(np.uint8)


def minterpolate(task: Task) -> Iterator[Frame]:
    """FFmpeg's motion-compensated filter at its best settings."""
    height, width, _ = task.kept[0].shape
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=Fraction(1, RATE))
    made = graph.add("minterpolate", f"fps={RATE * task.factor}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1")
    sink = graph.add("buffersink")
    source.link_to(made)
    made.link_to(sink)
    graph.configure()
    found: dict[int, Frame] = {}

    def collect() -> None:
        while True:
            try:
                out = graph.pull()
            except (BlockingIOError, av.error.EOFError):
                return
            assert isinstance(out, av.VideoFrame) and out.pts is not None
            found[round(out.pts * out.time_base * RATE * task.factor)] = out.to_ndarray(format="rgb24")

    # The filter looks ahead: two more frames flush the last pair out.
    for k, array in enumerate([*task.kept, task.kept[-1], task.kept[-1]]):
        frame = av.VideoFrame.from_ndarray(array, format="rgb24")
        frame.pts, frame.time_base = k, Fraction(1, RATE)
        graph.push(frame)
        collect()
    graph.push(None)
    collect()
    for h in task.held_out:
        yield found[round((h.interval + h.share) * task.factor)]


class KeptClip:
    """The kept frames as a clip."""

    def __init__(self, task: Task) -> None:
        self._frames = [torch.tensor(frame) for frame in task.kept]
        self.times = torch.arange(len(task.kept), dtype=torch.float64) * (task.factor / RATE)
        self.numbers = range(len(task.kept))
        self.source = object()
        self.size = task.kept[0].shape[:2]

    def __len__(self) -> int:
        return len(self._frames)

    def frame(self, index: int) -> Tensor:
        """See :class:`dynode_cli.Clip`."""
        return self._frames[index].permute(2, 0, 1).to(torch.float32) / 255


def motion(dynamics: type[Dynamics], device: str) -> Callable[[Task], Iterator[Frame]]:
    """The generator `motion` with some dynamics."""

    def method(task: Task) -> Iterator[Frame]:
        context = Context(device=device)
        clip = KeptClip(task)
        generator = MotionGenerator(MotionOptions(), context)
        inversion = FlowInverter(FlowOptions(), context).invert(clip, generator)
        trajectory = dynamics(dynamics.Options(), context).fit(inversion.times, inversion.codes)
        for k in range(len(task.kept) - 1):
            shares = [h.share for h in task.held_out if h.interval == k]
            times = (k + torch.tensor(shares, dtype=torch.float64)) * (task.factor / RATE)
            for frame in inversion.generator.synthesize(trajectory.evaluate(times), times):
                yield frame.permute(1, 2, 0).mul(255).round().to("cpu", torch.uint8).numpy()

    return method


def sheet(real: Frame, made: dict[str, Frame], path: Path) -> None:
    """Writes a contact sheet: a row a method, the frame and five times its error."""
    rows = [np.concatenate((real, np.zeros_like(real)), axis=1)]
    for frame in made.values():
        error = np.abs(frame.astype(np.int16) - real.astype(np.int16)) * 5
        rows.append(np.concatenate((frame, error.clip(0, 255).astype(np.uint8)), axis=1))
    for row, label in zip(rows, ["real", *made], strict=True):
        for colour, width in (((0, 0, 0), 4), ((255, 255, 255), 1)):
            cv2.putText(row, label, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, width)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(path), np.concatenate(rows)[:, :, ::-1]):
        raise SystemExit(f"cannot write {path}")


def score(
    name: str, factor: int, reader: str, methods: dict[str, Callable[[Task], Iterator[Frame]]], sheets: Path | None
) -> Any:
    """Figures of all methods on one clip at one factor."""
    tasks = [task for shot in shots_of(name, reader) if (task := task_of(name, shot, factor)) is not None]
    held_out = [h for task in tasks for h in task.held_out]
    in_subset = [h.in_subset for h in held_out]
    result: dict[str, Any] = {"frames": len(held_out), "subset_frames": sum(in_subset), "methods": {}}
    shown: dict[str, Frame] = {}
    middle = next(k for k in range(len(held_out) // 3, len(held_out)) if held_out[k].share == 0.5)
    for label, method in methods.items():
        wall, cpu = time.perf_counter(), time.process_time()
        frames = [frame for task in tasks for frame in method(task)]
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        psnrs = [psnr(h.real, f) for h, f in zip(held_out, frames, strict=True)]
        ssims = [ssim(h.real, f) for h, f in zip(held_out, frames, strict=True)]
        shown[label] = frames[middle]
        result["methods"][label] = {
            "psnr": round(fmean(psnrs), 3),
            "ssim": round(fmean(ssims), 4),
            "subset_psnr": round(fmean(p for p, s in zip(psnrs, in_subset, strict=True) if s), 3),
            "subset_ssim": round(fmean(p for p, s in zip(ssims, in_subset, strict=True) if s), 4),
            "wall_ms_per_frame": round(1e3 * wall / len(frames), 1),
            "cpu_ms_per_frame": round(1e3 * cpu / len(frames), 1),
        }
    if sheets is not None:
        sheet(held_out[middle].real, shown, sheets / f"{name}_{factor}x.png")
    return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", nargs="*", default=["carphone_pristine", "bigbuckbunny", "bikes"])
    parser.add_argument("--factors", nargs="*", type=int, default=[2, 4, 8])
    parser.add_argument("--reader", choices=sorted(READERS), default="dynode", help="what makes RGB of the video")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("-o", "--json", type=Path, help="where to write the figures")
    parser.add_argument("--sheets", type=Path, help="folder for contact sheets")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    methods: dict[str, Callable[[Task], Iterator[Frame]]] = {
        "hold": hold,
        "blend": blend,
        "minterpolate": minterpolate,
        "motion linear": motion(LinearDynamics, arguments.device),
        "motion spline": motion(SplineDynamics, arguments.device),
    }
    results: dict[str, Any] = {}
    for name in arguments.clips:
        for factor in arguments.factors:
            key = f"{name} {factor}x"
            results[key] = score(name, factor, arguments.reader, methods, arguments.sheets)
            for label, figures in results[key]["methods"].items():
                print(f"{key:22} {label:14} {figures}", flush=True)
            if arguments.json is not None:
                report = {
                    "environment": environment(arguments.threads),
                    "reader": arguments.reader,
                    "results": results,
                }
                arguments.json.parent.mkdir(parents=True, exist_ok=True)
                arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
