"""IFNet: flow from a moment between two frames to both of them, from coarse to fine.

Z. Huang, T. Zhang, W. Heng, B. Shi, S. Zhou: Real-time intermediate flow estimation for video frame interpolation
(ECCV 2022); the five-block network of its fourth series, built after the tensors of its file.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

State = Mapping[str, Tensor]
STEPS = (16, 8, 4, 2, 1)
"""Each block works at one over this of the size of the frames."""
MULTIPLE = 64
"""Sides of the frames are multiples of this: two halvings within the coarsest block."""
_SLOPE = 0.2
_FLOWS = 4


class Encoder(nn.Module):
    """Four features of every pixel."""

    def __init__(self, state: State) -> None:
        super().__init__()
        width, features = int(state["encode.cnn0.weight"].shape[0]), int(state["encode.cnn3.weight"].shape[1])
        self.cnn0 = nn.Conv2d(3, width, 3, 2, 1)
        self.cnn1 = nn.Conv2d(width, width, 3, 1, 1)
        self.cnn2 = nn.Conv2d(width, width, 3, 1, 1)
        self.cnn3 = nn.ConvTranspose2d(width, features, 4, 2, 1)

    def forward(self, frames: Tensor) -> Tensor:
        x = frames
        for layer in (self.cnn0, self.cnn1, self.cnn2):
            x = functional.leaky_relu(layer(x), _SLOPE)
        features: Tensor = self.cnn3(x)
        return features


class Residual(nn.Module):
    """A convolution, weighted by channel, beside its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1)
        self.beta = nn.Parameter(torch.ones(1, width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(self.conv(x) * self.beta + x, _SLOPE)


class Block(nn.Module):
    """Corrections of flow, mask and features at one scale."""

    def __init__(self, state: State, prefix: str) -> None:
        super().__init__()
        first, second = state[f"{prefix}.conv0.0.0.weight"], state[f"{prefix}.conv0.1.0.weight"]
        half, width = int(first.shape[0]), int(second.shape[0])
        self.conv0 = nn.Sequential(
            nn.Sequential(nn.Conv2d(int(first.shape[1]), half, 3, 2, 1), nn.LeakyReLU(_SLOPE)),
            nn.Sequential(nn.Conv2d(half, width, 3, 2, 1), nn.LeakyReLU(_SLOPE)),
        )
        count = sum(1 for name in state if name.startswith(f"{prefix}.convblock.") and name.endswith(".beta"))
        self.convblock = nn.Sequential(*(Residual(width) for _ in range(count)))
        given = int(state[f"{prefix}.lastconv.0.weight"].shape[1])
        self.lastconv = nn.Sequential(nn.ConvTranspose2d(width, given, 4, 2, 1), nn.PixelShuffle(2))

    def forward(self, x: Tensor, flow: Tensor | None, step: int) -> tuple[Tensor, Tensor, Tensor]:
        x = _resized(x, 1 / step)
        if flow is not None:
            x = torch.cat((x, _resized(flow, 1 / step) / step), dim=1)
        made = _resized(self.lastconv(self.convblock(self.conv0(x))), step)
        return made[:, :_FLOWS] * step, made[:, _FLOWS : _FLOWS + 1], made[:, _FLOWS + 1 :]


class IFNet(nn.Module):
    """The network that `state` has the tensors of; names that only training needs are left out beforehand."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.encode = Encoder(state)
        for number in range(len(STEPS)):
            self.add_module(f"block{number}", Block(state, f"block{number}"))

    def forward(self, frames0: Tensor, frames1: Tensor, time: float) -> Tensor:
        """Flow (N, 4, H, W) of the pixels of a moment: x and y to the first frame, x and y to the second.

        Arguments:
            frames0, frames1: (N, 3, H, W) in [0, 1]; H and W are multiples of :data:`MULTIPLE`.
            time: the moment, 0 < time < 1 of the way from the first to the second.
        """
        sources = torch.cat((frames0, self.encode(frames0)), 1), torch.cat((frames1, self.encode(frames1)), 1)
        moment = torch.full_like(frames0[:, :1], time)
        flow: Tensor | None = None
        mask = features = torch.empty(0)
        for number, step in enumerate(STEPS):
            block = self.get_submodule(f"block{number}")
            if flow is None:
                flow, mask, features = block(_inputs(*sources, moment), None, step)
            else:
                seen = warped(sources[0], flow[:, :2]), warped(sources[1], flow[:, 2:])
                change, mask, features = block(_inputs(*seen, moment, mask, features), flow, step)
                flow = flow + change
        assert flow is not None
        return flow


def warped(planes: Tensor, flow: Tensor) -> Tensor:
    """`planes` (N, C, H, W) at every pixel + `flow` (N, 2, H, W) pixels; borders are continued."""
    height, width = planes.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, dtype=flow.dtype, device=flow.device),
        torch.arange(width, dtype=flow.dtype, device=flow.device),
        indexing="ij",
    )
    places = torch.stack(((x + flow[:, 0]) * 2 / (width - 1) - 1, (y + flow[:, 1]) * 2 / (height - 1) - 1), dim=-1)
    return functional.grid_sample(planes, places, mode="bilinear", padding_mode="border", align_corners=True)


def _inputs(one: Tensor, other: Tensor, *rest: Tensor) -> Tensor:
    """Both pictures, the features of both, and the rest: the order that the weights were trained with."""
    return torch.cat((one[:, :3], other[:, :3], one[:, 3:], other[:, 3:], *rest), dim=1)


def _resized(planes: Tensor, factor: float) -> Tensor:
    if factor == 1:
        return planes
    return functional.interpolate(planes, scale_factor=factor, mode="bilinear", align_corners=False)
