"""StyleGAN2 synthesis, config F (Karras et al. 2020), with the parameter names of NVIDIA's PyTorch checkpoints."""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dynode_stylegan.networks.mapping import Mapping, MappingConfig, StyledNetwork
from dynode_stylegan.networks.modulation import FullyConnected, modulated_conv
from dynode_stylegan.networks.resampling import leaky_relu, upsample

SQRT2 = math.sqrt(2.0)


@dataclass(frozen=True)
class StyleGAN2Config:
    """What the shapes and settings of a checkpoint say."""

    mapping: MappingConfig
    channels: MappingType[int, int]
    """Feature maps at each resolution 4, 8, ..., up to that of the picture."""
    colours: int = 3
    filter_size: int = 4
    architecture: str = "skip"
    """How blocks make the picture: ``skip``, ``orig`` or ``resnet``."""
    clamp: float | None = None
    """Bound of the outputs of convolutions; None: unbounded."""
    noise: bool = True

    @property
    def resolution(self) -> int:
        return max(self.channels)

    @property
    def num_ws(self) -> int:
        return 2 * len(self.channels)


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU."""

    resample_filter: Tensor

    def __init__(self, config: StyleGAN2Config, inputs: int, outputs: int, resolution: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.resolution = resolution
        self.noise = config.noise
        self.clamp = config.clamp
        self.affine = FullyConnected(config.mapping.w_dim, inputs)
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        if up:
            self.register_buffer("resample_filter", torch.zeros(config.filter_size, config.filter_size))
        if config.noise:
            self.noise_const: Tensor
            self.register_buffer("noise_const", torch.zeros(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None, gain: float = 1.0) -> Tensor:
        kernel = self.resample_filter if self.up else None
        gain *= SQRT2
        x = modulated_conv(x, self.weight, self.affine(w), self.bias, gain=gain, upsampling=kernel)
        if noise is not None:
            x = x + (noise * (self.noise_strength * gain)).to(x.dtype)
        return leaky_relu(x, None if self.clamp is None else self.clamp * gain / SQRT2)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to colours, without demodulation."""

    def __init__(self, config: StyleGAN2Config, inputs: int) -> None:
        super().__init__()
        self.clamp = config.clamp
        self.affine = FullyConnected(config.mapping.w_dim, inputs)
        self.weight = nn.Parameter(torch.zeros(config.colours, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(config.colours))
        self.gain = 1.0 / math.sqrt(inputs)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w) * self.gain
        y = modulated_conv(x, self.weight, style, self.bias, demodulate=False)
        return (y if self.clamp is None else y.clamp(-self.clamp, self.clamp)).float()


class SkipConv(nn.Module):
    """The 1x1 convolution around a residual block."""

    resample_filter: Tensor

    def __init__(self, config: StyleGAN2Config, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, 1, 1))
        self.register_buffer("resample_filter", torch.zeros(config.filter_size, config.filter_size))
        self.gain = 1.0 / math.sqrt(inputs)

    def forward(self, x: Tensor) -> Tensor:
        y = nn.functional.conv2d(x, (self.weight * (self.gain * math.sqrt(0.5))).to(x.dtype))
        return upsample(y, self.resample_filter)


class SynthesisBlock(nn.Module):
    """The layers of one resolution."""

    resample_filter: Tensor

    def __init__(self, config: StyleGAN2Config, resolution: int) -> None:
        super().__init__()
        outputs = config.channels[resolution]
        last = resolution == config.resolution
        self.residual = config.architecture == "resnet" and resolution > 4
        if resolution == 4:
            self.const = nn.Parameter(torch.zeros(outputs, 4, 4))
        else:
            inputs = config.channels[resolution // 2]
            self.register_buffer("resample_filter", torch.zeros(config.filter_size, config.filter_size))
            self.conv0 = SynthesisLayer(config, inputs, outputs, resolution, up=True)
            if self.residual:
                self.skip = SkipConv(config, inputs, outputs)
        self.conv1 = SynthesisLayer(config, outputs, outputs, resolution, up=False)
        self.torgb = ToRGB(config, outputs) if last or config.architecture == "skip" else None
        self.convolutions = 1 if resolution == 4 else 2

    def forward(
        self, x: Tensor, image: Tensor | None, ws: Tensor, noise: list[Tensor | None]
    ) -> tuple[Tensor, Tensor | None]:
        """`ws` (N, convolutions + 1, w_dim): one for each convolution, then one for the colours."""
        if self.convolutions == 1:
            x = self.conv1(x, ws[:, 0], noise[0])
        elif self.residual:
            around = self.skip(x)
            x = self.conv0(x, ws[:, 0], noise[0])
            x = around + self.conv1(x, ws[:, 1], noise[1], gain=math.sqrt(0.5))
        else:
            x = self.conv0(x, ws[:, 0], noise[0])
            x = self.conv1(x, ws[:, 1], noise[1])
        if image is not None:
            image = upsample(image, self.resample_filter)
        if self.torgb is not None:
            colours = self.torgb(x, ws[:, self.convolutions])
            image = colours if image is None else image + colours
        return x, image


class Synthesis(nn.Module):
    """w of every layer (N, num_ws, w_dim) to pictures (N, colours, R, R), about [-1, 1]."""

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.resolutions = sorted(config.channels)
        for resolution in self.resolutions:
            setattr(self, f"b{resolution}", SynthesisBlock(config, resolution))

    def block(self, resolution: int) -> SynthesisBlock:
        """The layers of one resolution."""
        block = getattr(self, f"b{resolution}")
        assert isinstance(block, SynthesisBlock)
        return block

    def layers(self) -> list[SynthesisLayer]:
        """The 3x3 convolutions, in order."""
        return [layer for layer in self.modules() if isinstance(layer, SynthesisLayer)]

    def forward(
        self, ws: Tensor, noise: list[Tensor | None], half: torch.dtype | None = None, half_resolutions: int = 4
    ) -> Tensor:
        """
        Arguments:
            noise: one (R, R) a convolution, or None for none.
            half: dtype of the highest `half_resolutions` resolutions; None: float32 everywhere.
        """
        x = self.block(4).const[None].expand(len(ws), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        image: Tensor | None = None
        used = 0
        lowest = self.resolutions[-min(half_resolutions, len(self.resolutions) - 1)]
        for resolution in self.resolutions:
            block = self.block(resolution)
            if half is not None and resolution >= lowest:
                x = x.to(half)
            count = block.convolutions
            x, image = block(x, image, ws[:, used : used + count + 1], noise[used : used + count])
            used += count
        assert image is not None
        return image


class StyleGAN2(StyledNetwork):
    """Mapping and synthesis."""

    synthesis: Synthesis

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config.mapping)
        self.synthesis = Synthesis(config)
