"""How well are held-out frames rebuilt, beside holding, blending and ffmpeg's minterpolate?

    python benchmarks/interpolation_quality.py [--cases carphone:2 bikes:4] [--threads 2] [--json OUT] [--sheets DIR]

Every k-th frame of a shot is kept and the others are rebuilt; PSNR and SSIM are means over the rebuilt frames, on
8-bit RGB. All methods see the same frames in the same run. See benchmarks/README.md for the clips and the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from environment import environment, sample_clip

from dynode_cli.contracts import Context
from dynode_cli.media.clip import ShotClip
from dynode_cli.media.minterpolate import minterpolate
from dynode_cli.media.reader import FrameReader
from dynode_cli.media.scan import scan
from dynode_cli.media.source import open_source
from dynode_cli.pipeline import baselines
from dynode_cli.pipeline.methods import MethodChoice, build_methods
from dynode_cli.pipeline.render import Renderer
from dynode_cli.pipeline.scoring import Frame, HeldOut, Score, score
from dynode_cli.pipeline.shots import Shot
from dynode_cli.plugin_manager import load_host

METHODS = ("hold", "blend", "minterpolate", "linear", "spline")
CLIPS = {"carphone": "carphone_pristine", "bikes": "bikes", "bunny": "bigbuckbunny"}
FACTORS = (2, 4, 8)
STRIDE = {("bikes", 2): 2, ("bikes", 4): 3, ("bunny", 2): 2, ("bunny", 4): 4, ("bunny", 8): 3}
"""Of the gaps between kept frames, every so many-th is scored: 61 and 63 frames of bikes, 24, 18 and 35 of bunny."""
BARS = {
    ("carphone", 2): 34.6, ("carphone", 4): 31.7, ("carphone", 8): 29.9,
    ("bunny", 2): 38.1, ("bunny", 4): 32.8, ("bunny", 8): 28.8,
    ("bikes", 2): 34.2, ("bikes", 4): 29.9,
}  # fmt: skip
RATE = 25


@dataclass(frozen=True)
class Case:
    """The scores of one clip at one factor."""

    clip: str
    factor: int
    frames: int
    scores: Sequence[Score]

    def psnr(self, method: str) -> float:
        return next(s.psnr for s in self.scores if s.method == method)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    every = [f"{clip}:{factor}" for clip in CLIPS for factor in FACTORS]
    parser.add_argument("--cases", nargs="*", default=every, metavar="CLIP:FACTOR")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheets", type=Path, help="folder for a picture of each clip, to look at")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    cases = []
    for name in arguments.cases:
        clip, factor = name.split(":")
        case = measure(clip, int(factor), arguments.methods, arguments.sheets)
        cases.append(case)
        told = "  ".join(f"{s.method} {s.psnr:.2f}/{s.ssim:.4f} ({s.milliseconds:.0f} ms)" for s in case.scores)
        bar = BARS.get((clip, int(factor)))
        print(f"{clip} {factor}x ({case.frames}): {told}" + (f"  bar {bar}" if bar else ""), flush=True)
    if arguments.json:
        result = {"environment": environment(arguments.threads), "cases": [asdict(case) for case in cases]}
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def measure(clip: str, factor: int, methods: Sequence[str], sheets: Path | None) -> Case:
    """Score `methods` on one clip at one factor."""
    with open_source(str(sample_clip(CLIPS[clip]))) as source, FrameReader(source, scan(source)) as reader:

        def read(index: int) -> Frame:
            return reader.frame(index).astype(np.float32) / np.float32(255)

        held_out = hold_out(shots_of(clip, reader), factor, STRIDE.get((clip, factor), 1))
        scores = [score(name, rebuilder(name, reader, read), held_out, read) for name in methods]
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            picture = sheet(
                held_out, read, [rebuilder(name, reader, read) for name in ("blend", "minterpolate", "spline")]
            )
            cv2.imwrite(str(sheets / f"{clip}-{factor}x.png"), picture)
    return Case(clip, factor, len(held_out.indices), scores)


def shots_of(clip: str, reader: FrameReader) -> list[list[int]]:
    """Frames of each shot, repeats left out."""
    if clip == "bunny":
        # 24 fps padded to 25: without the repeats the frames are evenly spaced. Two stretches are used.
        kept = [i for i in range(len(reader)) if i not in reader.scan.duplicates]
        return [kept[0:65], kept[94:127]]
    return [list(shot) for shot in reader.scan.shots]


def hold_out(shots: Sequence[list[int]], factor: int, stride: int) -> HeldOut:
    """Keep every `factor`-th frame of each shot; rebuild those in every `stride`-th gap.

    Shots follow each other on an even clock of their own.
    """
    kept, indices, times = [], [], []
    clock = Fraction(0)
    for frames in shots:
        knots = frames[::factor]
        start, clock = clock, clock + Fraction(len(frames), RATE)
        # With a stride, a shot of fewer than three kept frames has no gap that the study scored.
        if len(knots) < 2 or (factor == 4 and stride == 3 and len(knots) < 3):
            continue
        moments = [start + Fraction(n, RATE) for n in range(len(frames))]
        kept.append(Shot(knots, moments[::factor], start, clock))
        for gap in range(0, len(knots) - 1, stride):
            for n in range(gap * factor + 1, (gap + 1) * factor):
                indices.append(frames[n])
                times.append(moments[n])
    return HeldOut(kept, indices, times)


def rebuilder(
    name: str, reader: FrameReader, read: Callable[[int], Frame]
) -> Callable[[Sequence[Shot], Sequence[Fraction]], Iterator[Frame]]:
    """What rebuilds frames by method `name`."""
    peers = {"hold": baselines.hold, "blend": baselines.blend, "minterpolate": minterpolate}
    return partial(peers[name], read) if name in peers else partial(ours, name, reader)


def ours(dynamics: str, reader: FrameReader, shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
    """The motion generator with `dynamics`."""
    methods = build_methods(load_host(), MethodChoice(dynamics=dynamics), Context())

    def open_clip(shot: Shot, numbers: Sequence[int]) -> ShotClip:
        indices, moments = [shot.indices[n] for n in numbers], [shot.times[n] for n in numbers]
        return ShotClip(reader, indices, numbers, times=moments)

    for frame in Renderer(methods, shots, open_clip, frame_bytes=1, memory=1 << 28).frames(times):
        # As it would be written: 8 bits.
        yield np.rint(frame.permute(1, 2, 0).numpy() * 255) / np.float32(255)


def sheet(held_out: HeldOut, read: Callable[[int], Frame], methods: Sequence[object]) -> np.ndarray:
    """Real frames (first column) and what each of `methods` made of them, for four that a blend does badly on."""
    rebuilt = [list(method(held_out.shots, held_out.times)) for method in methods]  # type: ignore[operator]
    errors = [float(np.mean((read(i) - made) ** 2)) for i, made in zip(held_out.indices, rebuilt[0], strict=True)]
    worst = sorted(np.argsort(errors)[::-1][:: max(1, len(errors) // 8)][:4])
    rows = [np.hstack([read(held_out.indices[n]), *(made[n] for made in rebuilt)]) for n in worst]
    picture = (np.clip(np.vstack(rows), 0, 1) * 255).astype(np.uint8)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)


if __name__ == "__main__":
    main()
