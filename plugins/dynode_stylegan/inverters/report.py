"""How well codes reproduce a clip, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from dynode_cli import Clip, Generator, UsageError
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.frames import batches
from dynode_stylegan.inverters.quality import psnr, ssim


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


@dataclass(frozen=True)
class Score:
    """PSNR (dB) and SSIM of each frame."""

    psnr: Tensor
    ssim: Tensor

    @classmethod
    def of(cls, clip: Clip, generator: GanGenerator, codes: Tensor) -> Self:
        """Render `codes` (N, *code_shape) and compare with `clip`, brought to the generator's size."""
        found: list[tuple[Tensor, Tensor]] = []
        for start, frames in batches(clip, generator.frame_size, generator.batch, generator.device):
            made = generator.synthesize(codes[start : start + len(frames)], clip.times[start : start + len(frames)])
            found.append((psnr(made, frames), ssim(made, frames)))
        return cls(torch.cat([p for p, _ in found]).cpu(), torch.cat([s for _, s in found]).cpu())

    def report(self) -> dict[str, Any]:
        """JSON-able: mean and every frame."""
        return {
            "psnr": round(float(self.psnr.mean()), 3),
            "ssim": round(float(self.ssim.mean()), 4),
            "psnr_frames": [round(value, 3) for value in self.psnr.tolist()],
            "ssim_frames": [round(value, 4) for value in self.ssim.tolist()],
        }
