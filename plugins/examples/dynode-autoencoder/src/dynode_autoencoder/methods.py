"""The generator and the inverter `autoencoder`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_autoencoder.model import load_model, padded
from dynode_cli import (
    Clip,
    Context,
    Generator,
    InputError,
    Inversion,
    Inverter,
    PluginError,
    Progress,
    WeightsError,
    device_of,
    option,
    silent,
)

_SIZE = "frame_size"


@dataclass(frozen=True)
class Options:
    """Options of the generator `autoencoder`."""

    model: Path | None = option(None, help="Folder or safetensors file of the autoencoder; or use --weights.")
    size: tuple[int, int] = option(
        (256, 256), help="Width and height of frames made from codes alone.", unit="px", minimum=1, maximum=16384
    )


class AutoencoderGenerator(Generator):
    """Frames from latents (C, H / f, W / f); after an inversion, of the size of the clip.

    Raises:
        InputError: the file is missing.
        WeightsError: no model was named, or it is none.
    """

    Options: ClassVar[type] = Options
    default_inverter: ClassVar[str] = "autoencoder"
    default_dynamics: ClassVar[str] = "spline"
    full_frame: ClassVar[bool] = True

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        path = options.model or context.weights
        if path is None:
            raise WeightsError(
                "generator 'autoencoder' needs a model", hint="name one with --weights FILE or -G model=FOLDER"
            )
        self.model = load_model(path).to(device_of(context))
        self._state: dict[str, Tensor] = {}
        width, height = options.size
        self._resize((height, width))

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """(T, 3, H, W) of `codes` (T, C, h, w); each frame by itself, so that batches do not matter."""
        height, width = self.frame_size
        device = device_of(self.context)
        frames = [self.model.decode(code[None].to(device, torch.float32))[0] for code in codes]
        return torch.stack([frame[:, :height, :width].clamp(0, 1) for frame in frames])

    def sized(self, size: tuple[int, int]) -> AutoencoderGenerator:
        """This generator for frames of `size` (H, W)."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._state = {_SIZE: torch.tensor(size)}
        made._resize(size)
        return made

    def bound_state(self) -> Mapping[str, Tensor]:
        """The size of the clip's frames, once it is known."""
        return self._state

    def bound(self, state: Mapping[str, Tensor]) -> Generator:
        """This generator with the size that is in `state`.

        Raises:
            InputError: `state` holds something else.
        """
        if not state:
            return self
        if set(state) != {_SIZE} or state[_SIZE].shape != (2,):
            raise InputError(f"generator 'autoencoder' cannot use {', '.join(sorted(state))}")
        height, width = state[_SIZE].tolist()
        return self.sized((int(height), int(width)))

    def _resize(self, size: tuple[int, int]) -> None:
        self.frame_size = size
        factor = self.model.factor
        self.code_shape = (self.model.channels, -(-size[0] // factor), -(-size[1] // factor))


class AutoencoderInverter(Inverter):
    """The latents of every frame; of AutoencoderKL, their means."""

    context_frames: ClassVar[int | None] = 0

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """Codes (N, C, H / f, W / f) of the N frames of `clip`.

        Raises:
            PluginError: `generator` is not `autoencoder`.
        """
        if not isinstance(generator, AutoencoderGenerator):
            raise PluginError(
                f"inverter 'autoencoder' makes codes for its own generator, not for {type(generator).__name__}",
                hint="use --generator autoencoder",
            )
        device, model = device_of(self.context), generator.model
        codes = []
        for index in range(len(clip)):
            frame = padded(clip.frame(index).to(device), model.factor)
            codes.append(model.encode(frame[None])[0])
            progress(index + 1, len(clip))
        return Inversion(clip.times, torch.stack(codes), generator.sized(clip.size))
