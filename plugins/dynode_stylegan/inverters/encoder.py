"""Inverter `encoder`: one pass, or a few, of a network that was trained to find codes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from dynode_cli import Clip, Context, Generator, Inversion, Inverter, Progress, UsageError, option, silent
from dynode_stylegan.generators.gan import GanGenerator, required_weights
from dynode_stylegan.inverters.frames import batches
from dynode_stylegan.inverters.report import Fidelity, as_gan
from dynode_stylegan.networks.face_encoder import KINDS, EncoderCheckpoint, load_encoder

SIZE = (256, 256)
_BYTES_PER_FRAME = 192 << 20


@dataclass(frozen=True)
class EncoderOptions:
    """Options of inverter `encoder`."""

    weights: str | None = option(None, help="pSp, e4e or ReStyle checkpoint; default: the one of --weights")
    iterations: int = option(5, help="passes of a ReStyle encoder; others take one", minimum=1, maximum=50)
    encoder_type: str = option(
        "auto", help="kind of encoder, if the checkpoint does not tell", choices=("auto", *KINDS)
    )


class EncoderInverter(Inverter):
    """Codes in W+ by the encoder of a pSp, e4e or ReStyle checkpoint.

    Frames are brought to 256 x 256 (antialiased bilinear). ReStyle encoders start from the picture of the mean of
    w and correct their own result `iterations` times.

    Source: Richardson et al. 2021 (pSp), Tov et al. 2021 (e4e), Alaluf et al. 2021 (ReStyle).
    """

    Options = EncoderOptions
    context_frames = 0

    def __init__(self, options: EncoderOptions, context: Context) -> None:
        super().__init__(options, context)
        self.options: EncoderOptions = options

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """
        Raises:
            UsageError: the generator is no StyleGAN2 with codes in W+ of the encoder's size.
            WeightsError: no encoder in the checkpoint.
        """
        started = time.monotonic()
        gan = as_gan(generator, "encoder")
        fidelity = Fidelity(self.context)
        path = Path(self.options.weights) if self.options.weights else required_weights(self.context, "encoder")
        kind = None if self.options.encoder_type == "auto" else self.options.encoder_type
        encoder = load_encoder(path, kind)
        encoder.network.to(gan.device)
        if gan.code_shape != tuple(encoder.average.shape):
            raise UsageError(
                f"the encoder finds codes {tuple(encoder.average.shape)} in W+, but {gan.name} takes "
                f"{gan.code_shape} in {gan.space}",
                hint="use it with -G space=w+ and the generator it was trained for",
            )
        codes = encode(encoder, gan, clip, self.options.iterations, self.context.memory, progress)
        quality = fidelity.report(clip, gan, codes)
        report = {"inverter": "encoder", "encoder": encoder.kind, "iterations": _passes(encoder, self.options)}
        seconds = time.monotonic() - started
        return Inversion(clip.times, codes, generator, {**report, **quality, "seconds": round(seconds, 3)})


def encode(
    encoder: EncoderCheckpoint,
    generator: GanGenerator,
    clip: Clip,
    iterations: int,
    memory: int,
    progress: Progress = silent,
) -> Tensor:
    """Codes (N, L, D) of every frame of `clip`, on the generator's device."""
    batch = max(1, min(16, memory // _BYTES_PER_FRAME))
    average = encoder.average.to(generator.device)
    codes = torch.empty(len(clip), *average.shape, device=generator.device)
    with torch.no_grad():
        mean_picture = _pooled(generator.draw(average[None])) if encoder.iterative else None
        for start, frames in batches(clip, SIZE, batch, generator.device):
            pictures = frames * 2 - 1
            if mean_picture is None:
                found = encoder.network(pictures) + average
            else:
                seen = mean_picture.expand(len(pictures), -1, -1, -1)
                found = average.expand(len(pictures), -1, -1)
                for number in range(iterations):
                    found = encoder.network(torch.cat([pictures, seen], 1)) + found
                    if number + 1 < iterations:
                        seen = _pooled(_drawn(generator, found))
            codes[start : start + len(pictures)] = found
            progress(start + len(pictures), len(clip))
    return codes


def _drawn(generator: GanGenerator, codes: Tensor) -> Tensor:
    return torch.cat([generator.draw(part) for part in torch.split(codes, generator.batch)])


def _pooled(pictures: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(pictures, SIZE)


def _passes(encoder: EncoderCheckpoint, options: EncoderOptions) -> int:
    return options.iterations if encoder.iterative else 1
