"""The discriminator of a checkpoint, up to the maps that serve as perceptual features.

Residual StyleGAN2 discriminators, as NVIDIA's pickles (``D``) and rosinality's training checkpoints (``d``) hold
them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dynode_stylegan.checkpoints.nvidia_pickle import Module
from dynode_stylegan.checkpoints.tensors import fill, shape_of
from dynode_stylegan.networks.resampling import downsample_input, leaky_relu, square

SQRT2 = math.sqrt(2.0)


class Conv(nn.Module):
    """Convolution with an equalised learning rate, perhaps halving, perhaps with bias and leaky ReLU."""

    resample_filter: Tensor

    def __init__(self, inputs: int, outputs: int, kernel: int, filter_size: int, *, down: bool, active: bool) -> None:
        super().__init__()
        self.down = down
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if active else None
        self.gain = 1.0 / math.sqrt(inputs * kernel * kernel)
        if down:
            self.register_buffer("resample_filter", torch.zeros(filter_size, filter_size))

    def forward(self, x: Tensor, gain: float, clamp: float | None) -> Tensor:
        kernel = self.weight.shape[-1]
        weight = self.weight * self.gain
        if self.down:
            x = F.conv2d(downsample_input(x, self.resample_filter, kernel), weight, stride=2)
        else:
            x = F.conv2d(x, weight, padding=kernel // 2)
        if self.bias is None:
            return x * gain
        x = (x + self.bias[:, None, None]) * (SQRT2 * gain)
        return leaky_relu(x, None if clamp is None else clamp * gain)


class Block(nn.Module):
    """Residual block that halves its input."""

    def __init__(self, colours: int, inputs: int, outputs: int, filter_size: int) -> None:
        super().__init__()
        self.fromrgb = Conv(colours, inputs, 1, filter_size, down=False, active=True) if colours else None
        self.conv0 = Conv(inputs, inputs, 3, filter_size, down=False, active=True)
        self.conv1 = Conv(inputs, outputs, 3, filter_size, down=True, active=True)
        self.skip = Conv(inputs, outputs, 1, filter_size, down=True, active=False)

    def forward(self, x: Tensor, clamp: float | None) -> Tensor:
        if self.fromrgb is not None:
            x = self.fromrgb(x, 1.0, clamp)
        around = self.skip(x, math.sqrt(0.5), None)
        result: Tensor = around + self.conv1(self.conv0(x, 1.0, clamp), math.sqrt(0.5), clamp)
        return result


class DiscriminatorFeatures(nn.Module):
    """Pictures (N, C, R, R) in [-1, 1] to the outputs of the blocks, the highest resolution first."""

    def __init__(self, channels: Mapping[int, int], colours: int, filter_size: int, clamp: float | None) -> None:
        super().__init__()
        self.clamp = clamp
        self.colours = colours
        self.resolutions = sorted((size for size in channels if size > 4), reverse=True)
        for index, size in enumerate(self.resolutions):
            block = Block(0 if index else colours, channels[size], channels[size // 2], filter_size)
            setattr(self, f"b{size}", block)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        x = pictures[:, : self.colours]
        maps = []
        for size in self.resolutions:
            x = getattr(self, f"b{size}")(x, self.clamp)
            maps.append(x)
        return maps


def from_nvidia(record: Module, path: Path) -> DiscriminatorFeatures | None:
    """The features of a pickled ``D``; None if it is of another architecture than residual."""
    tensors = {k: square(v) if k.endswith("resample_filter") else v for k, v in record.tensors().items()}
    sizes = sorted(int(name[1:]) for name in record.modules if name[1:].isdigit() and name != "b4")
    if not sizes or any(f"b{size}.skip.weight" not in tensors for size in sizes):
        return None
    channels = {size // 2: shape_of(tensors, f"b{size}.conv1.weight", 4, path)[0] for size in sizes}
    channels[sizes[-1]], colours = shape_of(tensors, f"b{sizes[-1]}.fromrgb.weight", 4, path)[:2]
    clamp = record.modules[f"b{sizes[-1]}"].modules["conv0"].setting("conv_clamp", None)
    filter_size = shape_of(tensors, f"b{sizes[-1]}.conv1.resample_filter", 2, path)[0]
    network = DiscriminatorFeatures(channels, colours, filter_size, None if clamp is None else float(clamp))
    wanted = network.state_dict()
    fill(network, {name: tensor for name, tensor in tensors.items() if name in wanted}, path)
    return network.eval().requires_grad_(False)


def from_rosinality(state: Mapping[str, Any], path: Path) -> DiscriminatorFeatures:
    """The features of a state dict ``d``."""
    count = len({name.split(".")[1] for name in state if name.startswith("convs.")}) - 1
    first, colours = shape_of(state, "convs.0.0.weight", 4, path)[:2]
    largest = 4 << count
    channels = {largest: first}
    names = {f"b{largest}.fromrgb.weight": "convs.0.0.weight", f"b{largest}.fromrgb.bias": "convs.0.1.bias"}
    for number in range(1, count + 1):
        size = largest >> (number - 1)
        channels[size // 2] = shape_of(state, f"convs.{number}.conv2.1.weight", 4, path)[0]
        for ours, theirs in {
            "conv0.weight": "conv1.0.weight",
            "conv0.bias": "conv1.1.bias",
            "conv1.weight": "conv2.1.weight",
            "conv1.bias": "conv2.2.bias",
            "conv1.resample_filter": "conv2.0.kernel",
            "skip.weight": "skip.1.weight",
            "skip.resample_filter": "skip.0.kernel",
        }.items():
            names[f"b{size}.{ours}"] = f"convs.{number}.{theirs}"
    filter_size = shape_of(state, "convs.1.conv2.0.kernel", 2, path)[0]
    network = DiscriminatorFeatures(channels, colours, filter_size, None)
    tensors = {name: state[source] for name, source in names.items() if source in state}
    tensors |= {name: bias.reshape(-1) for name, bias in tensors.items() if name.endswith(".bias")}
    fill(network, tensors, path, names)
    return network.eval().requires_grad_(False)
