"""Inverter `optimize`: codes by gradient descent, all frames of a shot together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dynode_cli import Clip, Context, Generator, Inversion, Inverter, Progress, WeightsError, option, silent
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.descent import Descent, Settings
from dynode_stylegan.inverters.loss import PictureLoss
from dynode_stylegan.inverters.perceptual import Perceptual, load_perceptual
from dynode_stylegan.inverters.report import Fidelity, as_gan
from dynode_stylegan.inverters.start import START_CHOICES, start_codes
from dynode_stylegan.networks.face_network import load_face_network
from dynode_stylegan.weights import FACE_FEATURES


@dataclass(frozen=True)
class SearchOptions:
    """Options that `optimize` and `pti` share."""

    steps: int = option(300, help="steps of gradient descent on all frames", minimum=1, maximum=100000)
    learning_rate: float = option(
        0.05, help="largest step, as a share of the spread of codes", minimum=1e-6, maximum=10.0
    )
    start: str = option(
        "auto",
        help="where to begin: codes of an encoder in the checkpoint, one code for the whole shot, the frame before, "
        "or the mean code (w, w+); auto: encoder, else shared",
        choices=START_CHOICES,
    )
    l2: float = option(1.0, help="weight of the squared difference of pixels", minimum=0.0)
    ms_ssim: float = option(0.2, help="weight of 1 - MS-SSIM", minimum=0.0)
    perceptual: str = option(
        "auto",
        help="perceptual features: from the checkpoint's discriminator, else from its encoder, else from a backbone "
        "of the weights registry, else none",
        choices=("auto", "discriminator", "encoder", "backbone", "none"),
    )
    perceptual_weight: float = option(0.2, help="weight of the perceptual features", minimum=0.0)
    smooth: float = option(0.02, help="weight of the codes' acceleration over time", minimum=0.0)
    prior: float = option(0.001, help="weight of the distance from the mean code", minimum=0.0)


class OptimizeInverter(Inverter):
    """Codes whose pictures come closest to the frames; in the space of the generator (z, w or w+).

    Frames of another size than the generator's are brought to it (antialiased bilinear). Every frame's code moves
    in the same descent (Adam, step size rising at the start and falling at the end), and acceleration of the codes
    over true time costs, so that they form a curve. The codes of the least loss are kept.

    Source: Karras et al. 2020 (projection), Abdal et al. 2019 (W+), Xia et al. 2022 (video).
    """

    Options = SearchOptions

    def __init__(self, options: SearchOptions, context: Context) -> None:
        super().__init__(options, context)
        self.options: SearchOptions = options

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """
        Raises:
            UsageError: the generator is none of this plugin's.
            WeightsError: perceptual features or an encoder were asked for that the checkpoint does not have.
            ConvergenceError: the loss stopped being a number.
        """
        started = time.monotonic()
        gan = as_gan(generator, "optimize")
        fidelity = Fidelity(self.context)
        codes, facts = search(clip, gan, self.options, self.context, progress)
        quality = fidelity.report(clip, gan, codes)
        seconds = round(time.monotonic() - started, 3)
        report = {"inverter": "optimize", "space": gan.space, **facts, **quality, "seconds": seconds}
        return Inversion(clip.times, codes, generator, report)


def search(
    clip: Clip, generator: GanGenerator, options: SearchOptions, context: Context, progress: Progress
) -> tuple[Tensor, dict[str, Any]]:
    """Codes (N, *code_shape) of the frames of `clip`, and facts for the report."""
    loss = picture_loss(options, generator, context)
    settings = Settings(options.steps, options.learning_rate, options.smooth, options.prior)
    descent = Descent(clip, generator, loss, settings)
    start = start_codes(options.start, clip, generator, descent, context)
    codes = descent.run(start.codes, progress)
    facts = {"start": start.name, "steps": options.steps, **loss.report(), "final_loss": round(descent.least, 6)}
    return codes, facts


def picture_loss(options: SearchOptions, generator: GanGenerator, context: Context) -> PictureLoss:
    """The loss that the options ask for, with the features that the checkpoint has."""
    features = load_perceptual(context.weights, options.perceptual, generator.device)
    if features is None and options.perceptual in ("auto", "backbone"):
        features = _backbone(context, generator.device, must=options.perceptual == "backbone")
    return PictureLoss(options.l2, options.ms_ssim, features, options.perceptual_weight)


def _backbone(context: Context, device: torch.device, *, must: bool) -> Perceptual | None:
    """Features from the weights registry; None if they cannot be had and need not be."""
    if context.resolve_weights is None:
        if must:
            raise WeightsError("there is no weights registry to take perceptual features from")
        return None
    try:
        path = context.resolve_weights(FACE_FEATURES.name)
    except WeightsError:
        if must:
            raise
        # Offline, or the download failed: pixels alone will do, and the report says so.
        return None
    return Perceptual(f"backbone ({FACE_FEATURES.name})", load_face_network(path, device))
