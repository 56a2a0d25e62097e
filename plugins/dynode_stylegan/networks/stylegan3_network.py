"""StyleGAN3 synthesis, configurations T and R (Karras et al. 2021), with NVIDIA's parameter names."""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dynode_stylegan.networks.filtered import filtered_leaky_relu
from dynode_stylegan.networks.mapping import Mapping, MappingConfig, StyledNetwork
from dynode_stylegan.networks.modulation import FullyConnected, modulated_conv


@dataclass(frozen=True)
class InputConfig:
    """The Fourier features at the start."""

    channels: int
    size: tuple[int, int]
    """(W, H)."""
    sampling_rate: float
    bandwidth: float


@dataclass(frozen=True)
class LayerConfig:
    """One layer: its sizes, and how it changes the sampling rate around the leaky ReLU."""

    inputs: int
    outputs: int
    kernel: int
    to_rgb: bool
    up: int
    down: int
    up_filter: tuple[int, ...] | None
    """Shape of the filter; None: there is none."""
    down_filter: tuple[int, ...] | None
    padding: tuple[int, int, int, int]
    clamp: float | None
    half: bool
    """Whether the checkpoint means this layer to work with short numbers, where they are used."""
    pixels: int
    """Values of a channel where the layer is largest."""


@dataclass(frozen=True)
class StyleGAN3Config:
    """What a checkpoint says of its network."""

    mapping: MappingConfig
    input: InputConfig
    layers: MappingType[str, LayerConfig]
    resolution: int
    output_scale: float

    @property
    def num_ws(self) -> int:
        return len(self.layers) + 1


class FourierInput(nn.Module):
    """A grid of sines whose frequencies and phases w turns and shifts."""

    transform: Tensor
    freqs: Tensor
    phases: Tensor

    def __init__(self, config: InputConfig, w_dim: int) -> None:
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.channels, config.channels))
        self.affine = FullyConnected(w_dim, 4)
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", torch.zeros(config.channels, 2))
        self.register_buffer("phases", torch.zeros(config.channels))

    def forward(self, w: Tensor) -> Tensor:
        config = self.config
        motion = self.affine(w)
        motion = motion / motion[:, :2].norm(dim=1, keepdim=True)
        cosine, sine, shift_x, shift_y = motion.unbind(1)
        zero, one = torch.zeros_like(cosine), torch.ones_like(cosine)
        turn = torch.stack([cosine, -sine, zero, sine, cosine, zero, zero, zero, one], 1).reshape(-1, 3, 3)
        shift = torch.stack([one, zero, -shift_x, zero, one, -shift_y, zero, zero, one], 1).reshape(-1, 3, 3)
        transform = turn @ shift @ self.transform
        phases = self.phases + (self.freqs @ transform[:, :2, 2:]).squeeze(2)
        freqs = self.freqs @ transform[:, :2, :2]
        # Frequencies that the transform moves beyond the band fade out.
        beyond = (freqs.norm(dim=2) - config.bandwidth) / (config.sampling_rate / 2 - config.bandwidth)
        amplitudes = (1 - beyond).clamp(0, 1)
        width, height = config.size
        x = self._axis(width)
        y = self._axis(height)
        angles = (
            x[None, None, :, None] * freqs[:, None, None, :, 0]
            + y[None, :, None, None] * freqs[:, None, None, :, 1]
            + phases[:, None, None, :]
        )
        features = torch.sin(angles * (2 * math.pi)) * amplitudes[:, None, None, :]
        mixed: Tensor = features @ (self.weight.T / math.sqrt(config.channels))
        return mixed.permute(0, 3, 1, 2)

    def _axis(self, size: int) -> Tensor:
        """Positions of pixel centres; the picture, without its margin, spans [-0.5, 0.5]."""
        centres = (torch.arange(size, device=self.freqs.device, dtype=torch.float32) + 0.5) / size
        return (2 * centres - 1) * (0.5 * size / self.config.sampling_rate)


class Layer(nn.Module):
    """Modulated convolution, bias, filtered leaky ReLU."""

    up_filter: Tensor | None
    down_filter: Tensor | None
    magnitude_ema: Tensor

    def __init__(self, config: LayerConfig, w_dim: int) -> None:
        super().__init__()
        self.config = config
        self.affine = FullyConnected(w_dim, config.inputs)
        self.weight = nn.Parameter(torch.zeros(config.outputs, config.inputs, config.kernel, config.kernel))
        self.bias = nn.Parameter(torch.zeros(config.outputs))
        self.register_buffer("magnitude_ema", torch.ones(()))
        for name, shape in (("up_filter", config.up_filter), ("down_filter", config.down_filter)):
            self.register_buffer(name, None if shape is None else torch.zeros(shape))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        config = self.config
        style = self.affine(w)
        input_gain = self.magnitude_ema.rsqrt()
        weight: Tensor = self.weight
        gain = 1.0
        if config.to_rgb:
            style = style / math.sqrt(weight[0].numel())
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            style = style * style.square().mean(1, keepdim=True).rsqrt()
            gain = math.sqrt(2.0)
        # The gain of the leaky ReLU passes through the filters, which are linear, to the convolution.
        x = modulated_conv(
            x,
            weight,
            style * input_gain if config.to_rgb else style,
            self.bias if config.to_rgb else self.bias / input_gain,
            gain=gain if config.to_rgb else gain * input_gain,
            demodulate=not config.to_rgb,
            padding=config.kernel - 1,
        )
        return filtered_leaky_relu(
            x,
            up=config.up,
            down=config.down,
            up_filter=self.up_filter,
            down_filter=self.down_filter,
            padding=config.padding,
            clamp=config.clamp,
            linear=config.to_rgb,
        )


class Synthesis(nn.Module):
    """w of every layer (N, num_ws, w_dim) to pictures (N, colours, R, R), about [-1, 1]."""

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.input = FourierInput(config.input, config.mapping.w_dim)
        for name, layer in config.layers.items():
            setattr(self, name, Layer(layer, config.mapping.w_dim))

    def forward(self, ws: Tensor, half: torch.dtype | None = None) -> Tensor:
        """`half`: dtype of the layers that the checkpoint means to be short; None: float32 everywhere."""
        x = self.input(ws[:, 0])
        for index, (name, layer) in enumerate(self.config.layers.items()):
            x = x.to(half if half is not None and layer.half else torch.float32)
            x = getattr(self, name)(x, ws[:, index + 1])
        picture: Tensor = x.float() * self.config.output_scale
        return picture


class StyleGAN3(StyledNetwork):
    """Mapping and synthesis."""

    synthesis: Synthesis

    def __init__(self, config: StyleGAN3Config) -> None:
        super().__init__()
        self.config = config
        self.mapping = Mapping(config.mapping)
        self.synthesis = Synthesis(config)
