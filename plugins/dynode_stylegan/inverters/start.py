"""Where a search for codes begins."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_cli import Clip, Context, UsageError, WeightsError, is_torch_file, load_torch
from dynode_stylegan.generators.gan import GanGenerator
from dynode_stylegan.inverters.descent import Descent
from dynode_stylegan.inverters.encoder import encode
from dynode_stylegan.networks.face_encoder import load_encoder

START_CHOICES = ("auto", "encoder", "shared", "previous", "mean")
_CANDIDATES = 128
_ITERATIONS = 5


@dataclass(frozen=True)
class Start:
    """Codes (N, *code_shape) to begin with, and how they came about."""

    name: str
    codes: Tensor


def start_codes(choice: str, clip: Clip, generator: GanGenerator, descent: Descent, context: Context) -> Start:
    """
    Raises:
        UsageError: the mean code of space z was asked for.
        WeightsError: an encoder was asked for, and the checkpoint has none that fits.
    """
    count = len(clip)
    if choice in ("auto", "encoder"):
        codes = _encoded(clip, generator, context)
        if codes is not None:
            return Start("encoder", codes)
        if choice == "encoder":
            raise WeightsError(
                f"the checkpoint has no encoder for codes {generator.code_shape} in {generator.space}",
                hint="-I start=shared needs none",
            )
        choice = "shared"
    if choice == "mean" and generator.space == "z":
        raise UsageError(
            "the mean of space z is zero, where networks have no gradient to begin with", hint="use -I start=shared"
        )
    if choice == "mean":
        return Start("mean", _repeated(generator.mean_code(), count))
    shared = _shared(generator, descent, context.seed)
    if choice == "shared":
        return Start("shared", _repeated(shared, count))
    found = [shared[None]]
    steps = max(1, descent.settings.steps // 4)
    for index in range(count):
        frame, _ = descent.targets.part(index, index + 1)
        found.append(descent.towards(frame, found[-1], steps))
    return Start("previous", torch.cat(found[1:]))


def _repeated(code: Tensor, count: int) -> Tensor:
    return code.expand(count, *code.shape).clone()


def _encoded(clip: Clip, generator: GanGenerator, context: Context) -> Tensor | None:
    """Codes of the encoder that the checkpoint holds beside its generator, if it fits."""
    path = context.weights
    if path is None or not is_torch_file(path):
        return None
    content = load_torch(path)
    state = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(state, dict) or not any(name.startswith("encoder.") for name in state):
        return None
    encoder = load_encoder(path)
    if tuple(encoder.average.shape) != generator.code_shape:
        return None
    encoder.network.to(generator.device)
    return encode(encoder, generator, clip, _ITERATIONS, context.memory)


def _shared(generator: GanGenerator, descent: Descent, seed: int) -> Tensor:
    """One code for the whole shot: the best of random ones and the mean for the mean frame, then improved on it."""
    frame = descent.targets.mean(descent.batch)
    candidates = generator.random_codes(_CANDIDATES, seed)
    if generator.space != "z":
        candidates = torch.cat([generator.mean_code()[None], candidates])
    best, least = candidates[:1], float("inf")
    with torch.no_grad():
        target = descent.loss.target(frame)
        for codes in torch.split(candidates, generator.batch):
            wide = [part.expand(len(codes), -1, -1, -1) for part in target]
            losses = descent.loss(generator.draw(codes), frame.expand(len(codes), -1, -1, -1), wide)
            if float(losses.min()) < least:
                least, best = float(losses.min()), codes[losses.argmin()][None]
    return descent.towards(frame, best, max(1, descent.settings.steps // 3))[0]
