"""Held-out scores: drop frames of the user's own clip, rebuild them, compare with the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli.contracts import Metric, Progress, silent
from dynode_cli.errors import InputError
from dynode_cli.pipeline.shots import Shot, without_rests

Frame = NDArray[np.float32]
Rebuild = Callable[[Sequence[Shot], Sequence[Fraction]], Iterator[Frame]]
"""Given shots of which only the kept frames are observations, yields frames (H, W, 3) in [0, 1] at rising times."""


@dataclass(frozen=True)
class Score:
    """How well a method rebuilds held-out frames."""

    method: str
    figures: Mapping[str, float]
    """By the names of the metrics, over the held-out frames."""
    milliseconds: float
    """Wall time for a rebuilt frame."""

    @property
    def psnr(self) -> float:
        """dB, mean over the held-out frames (8-bit scale)."""
        return self.figures["psnr"]

    @property
    def ssim(self) -> float:
        """Mean over the held-out frames."""
        return self.figures["ssim"]

    @property
    def temporal_error(self) -> float:
        """Flicker: RMS difference between the frame-to-frame changes of the rebuilt and the true video, 8-bit levels."""
        return self.figures["flicker"]

    def to_json(self) -> dict[str, Any]:
        """Plain values: the standard figures under their own keys, and all of them by metric."""
        return {
            "method": self.method,
            "psnr": self.psnr,
            "ssim": self.ssim,
            "temporal_error": self.temporal_error,
            "milliseconds": self.milliseconds,
            "figures": {name: value if math.isfinite(value) else None for name, value in self.figures.items()},
        }


@dataclass(frozen=True)
class HeldOut:
    """Which frames were kept and which have to be rebuilt."""

    shots: Sequence[Shot]
    """The source's shots with the kept frames as their only observations."""
    indices: Sequence[int]
    """Positions in the source of the frames to rebuild, ascending."""
    times: Sequence[Fraction]
    """Their times."""

    def up_to(self, count: int) -> HeldOut:
        """At most `count` frames to rebuild: the first ones."""
        return replace(self, indices=self.indices[:count], times=self.times[:count])


def hold_out(shots: Sequence[Shot], keep_every: int, source: str) -> HeldOut:
    """Keep every `keep_every`-th observation of each shot; the ones between two kept ones are to be rebuilt.

    Raises:
        InputError: no frame is left to rebuild.
    """
    kept, indices, times = [], [], []
    for shot in map(without_rests, shots):
        last = (len(shot) - 1) // keep_every * keep_every
        kept.append(
            replace(shot, indices=shot.indices[: last + 1 : keep_every], times=shot.times[: last + 1 : keep_every])
        )
        for n in range(last):
            if n % keep_every:
                indices.append(shot.indices[n])
                times.append(shot.times[n])
    if not indices:
        raise InputError(
            f"{source}: every shot is shorter than {keep_every + 1} frames, so none can be held out",
            hint="give a longer clip or a smaller --keep-every",
        )
    return HeldOut(kept, indices, times)


def score(
    method: str,
    rebuild: Rebuild,
    held_out: HeldOut,
    truth: Callable[[int], Frame],
    metrics: Mapping[str, Metric],
    progress: Progress = silent,
) -> Score:
    """Score of one method; `truth` gives the frame (H, W, 3) in [0, 1] at a position in the source."""
    measurements = {name: metric.begin() for name, metric in metrics.items()}
    spent = 0.0
    before: int | None = None
    rebuilt = rebuild(held_out.shots, held_out.times)
    for number, index in enumerate(held_out.indices):
        started = perf_counter()
        frame = next(rebuilt)
        spent += perf_counter() - started
        pair = _channels_first(truth(index)), _channels_first(frame)
        for measurement in measurements.values():
            # The frames between two rebuilt ones that do not follow each other are the truth itself.
            measurement.add(*pair, follows=before == index - 1)
        before = index
        progress(number + 1, len(held_out.indices))
    figures = {name: measurement.value() for name, measurement in measurements.items()}
    return Score(method, figures, 1000 * spent / len(held_out.indices))


def _channels_first(frame: Frame) -> Tensor:
    return torch.from_numpy(frame).permute(2, 0, 1)


def verdict(scores: Sequence[Score], ours: Sequence[str]) -> str:
    """In words: was interpolation worth it on this clip?

    Arguments:
        scores: of all methods.
        ours: names of those that follow motion; the others are what they are measured against.
    """
    by_name = {s.method: s for s in scores}
    candidates = [by_name[name] for name in ours if name in by_name]
    others = [s for s in scores if s.method not in ours]
    if not candidates or not others:
        best = max(scores, key=lambda s: s.psnr)
        return f"{best.method} rebuilds the held-out frames best: {best.psnr:.2f} dB."
    best, rival = max(candidates, key=lambda s: s.psnr), max(others, key=lambda s: s.psnr)
    gain = best.psnr - rival.psnr
    told = _comparison(best, by_name)
    if gain > 0.1:
        return f"Worth it: dynode ({best.method}) is {told}."
    if gain >= -0.1:
        return (
            f"No difference: dynode ({best.method}) and {_plain(rival.method)} rebuild the left-out frames equally "
            f"well ({best.psnr:.1f} and {rival.psnr:.1f} dB)."
        )
    return (
        f"Not worth it: {_plain(rival.method)} is {-gain:.1f} dB better than dynode ({best.method}) on this clip; "
        "the motion between the kept frames is too large or too irregular."
    )


def _comparison(best: Score, scores: Mapping[str, Score]) -> str:
    parts = []
    for name in ("blend", "minterpolate", "hold"):
        if name in scores and name != best.method:
            gain = best.psnr - scores[name].psnr
            parts.append(f"{abs(gain):.1f} dB {'better' if gain >= 0 else 'worse'} than {_plain(name)}")
    return ", ".join(parts) or "the best of all methods"


def _plain(method: str) -> str:
    """What a rival does, for those who do not know its name."""
    return {
        "hold": "repeating the last frame",
        "blend": "blending two frames",
        "minterpolate": "FFmpeg's minterpolate",
    }.get(method, method)
