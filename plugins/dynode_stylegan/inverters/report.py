"""Reconstruction quality, PSNR and SSIM: how well codes reproduce a clip, frame by frame."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from torch import Tensor

from dynode_cli import Clip, Context, Generator, UsageError, make_metric
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.frames import batches

_DIGITS = {"psnr": 3, "ssim": 4}
"""Digits after the point that are reported."""


def as_gan(generator: Generator, inverter: str) -> GanGenerator:
    """`generator`, if it is one that this plugin's inverters understand.

    Raises:
        UsageError: it is none.
    """
    if not isinstance(generator, GanGenerator):
        raise UsageError(
            f"inverter '{inverter}' finds codes of GANs, not of {type(generator).__name__}",
            hint="use it with --generator stylegan2, stylegan3 or dcgan",
        )
    return generator


class Fidelity:
    """PSNR (dB) and SSIM of each frame, by the metrics of those names.

    Raises:
        PluginError: there are none.
    """

    def __init__(self, context: Context) -> None:
        self._metrics = {name: make_metric(name, {}, context) for name in _DIGITS}

    def report(self, clip: Clip, generator: GanGenerator, codes: Tensor) -> dict[str, Any]:
        """Render `codes` (N, *code_shape) and compare with `clip`, brought to the generator's size.

        JSON-able: mean and every frame.
        """
        found: dict[str, list[float]] = {name: [] for name in _DIGITS}
        for start, frames in batches(clip, generator.frame_size, generator.batch, generator.device):
            made = generator.synthesize(codes[start : start + len(frames)], clip.times[start : start + len(frames)])
            for name, measure in self._metrics.items():
                found[name] += [measure(real[None], one[None]) for real, one in zip(frames, made, strict=True)]
        means = {name: round(fmean(found[name]), digits) for name, digits in _DIGITS.items()}
        every = {f"{name}_frames": [round(x, digits) for x in found[name]] for name, digits in _DIGITS.items()}
        return {**means, **every}
