"""AutoencoderTiny, built after the tensors of its file.

The architecture of TAESD (O. Boer Bohan, 2023): residual blocks of three convolutions without normalisation;
latents are squashed by 3 tanh(z / 3) before they are decoded.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

State = Mapping[str, Tensor]


class Block(nn.Module):
    """relu(three convolutions + the input)."""

    def __init__(self, inner: int, outer: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inner, outer, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, padding=1),
        )
        self.skip = nn.Identity() if inner == outer else nn.Conv2d(inner, outer, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv(x) + self.skip(x))


def layers(state: State, side: str) -> nn.Sequential:
    """The layers of ``encoder`` or ``decoder``: what a layer is shows in the tensors it has."""
    prefix = f"{side}.layers."
    numbers = {int(name.removeprefix(prefix).split(".")[0]) for name in state if name.startswith(prefix)}
    made: list[nn.Module] = []
    for number in range(max(numbers) + 1):
        block, plain = state.get(f"{prefix}{number}.conv.0.weight"), state.get(f"{prefix}{number}.weight")
        if block is not None:
            made.append(Block(int(block.shape[1]), int(block.shape[0])))
        elif plain is not None:
            bias = f"{prefix}{number}.bias" in state
            # Downsampling convolutions are those of the encoder without a bias.
            stride = 2 if side == "encoder" and not bias else 1
            made.append(nn.Conv2d(int(plain.shape[1]), int(plain.shape[0]), 3, stride, 1, bias=bias))
        else:
            # What has no tensors: the activation after the decoder's first convolution, and upsampling.
            made.append(nn.ReLU() if number == 1 else nn.Upsample(scale_factor=2))
    return nn.Sequential(*made)


class Tiny(nn.Module):
    """Frames (N, 3, H, W) in [0, 1] to latents (N, C, H / 8, W / 8) and back."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict({"layers": layers(state, "encoder")})
        self.decoder = nn.ModuleDict({"layers": layers(state, "decoder")})
        convolutions = [m for m in self.encoder["layers"].children() if isinstance(m, nn.Conv2d)]
        self.factor = 2 ** [convolution.stride[0] for convolution in convolutions].count(2)
        self.channels = convolutions[-1].out_channels

    def encode(self, frames: Tensor) -> Tensor:
        """Latents of `frames`."""
        latents: Tensor = self.encoder["layers"](frames)
        return latents

    def decode(self, latents: Tensor) -> Tensor:
        """Frames of `latents`; a little outside [0, 1] at times."""
        frames: Tensor = self.decoder["layers"](3 * torch.tanh(latents / 3))
        return frames
