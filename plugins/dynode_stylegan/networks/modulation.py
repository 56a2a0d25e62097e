"""Layers whose weights a style scales (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").

A style scales the input channels of a convolution; demodulation then brings the expected output variance back to
one. Scaling the weights of each sample needs a grouped convolution over the batch, which is slow. The same
numbers come from scaling the input before, and the output after, one convolution that the batch shares.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dynode_stylegan.networks.resampling import smooth_upsampled

EPSILON = 1e-8


class FullyConnected(nn.Module):
    """Linear layer with an equalised learning rate: stored weights are scaled when used.

    Arguments:
        activation: ``linear`` or ``lrelu`` (slope 0.2, gain sqrt 2).
        lr_multiplier: further scale of weight and bias; 0.01 in mapping networks.
    """

    def __init__(self, inputs: int, outputs: int, *, activation: str = "linear", lr_multiplier: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.weight_gain = lr_multiplier / math.sqrt(inputs)
        self.bias_gain = lr_multiplier
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x * self.weight_gain, self.weight, self.bias * self.bias_gain)
        return F.leaky_relu(y, 0.2) * math.sqrt(2.0) if self.activation == "lrelu" else y


def normalise(x: Tensor) -> Tensor:
    """`x` (N, D) divided by the root of its mean square, row by row."""
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + EPSILON)


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """(N, O) factors that normalise the outputs of `weight` (O, I, k, k) scaled by `style` (N, I)."""
    power = weight.square().sum((2, 3))
    return torch.rsqrt(F.linear(style.square(), power) + EPSILON)


def modulated_conv(
    x: Tensor,
    weight: Tensor,
    style: Tensor,
    bias: Tensor,
    *,
    gain: float | Tensor = 1.0,
    demodulate: bool = True,
    upsampling: Tensor | None = None,
    padding: int | None = None,
) -> Tensor:
    """`gain` times (`x` convolved by scaled weights, plus `bias`).

    A positive gain of the leaky ReLU that follows may be given here, where it costs nothing.

    Arguments:
        x: (N, I, H, W).
        weight: (O, I, k, k), scaled by `style` (N, I).
        bias: (O,).
        demodulate: normalise the outputs before the bias is added.
        upsampling: filter with which to double the size, or None to keep it.
        padding: zeros around `x`, without `upsampling`; default: as many as keep the size.

    Returns:
        (N, O, H, W), or (N, O, 2H, 2W) with `upsampling`, of the dtype of `x`.
    """
    if x.dtype == torch.float16 and demodulate:
        # Demodulation makes scales irrelevant; bring both near one, so that float16 does not overflow.
        fan_in = weight[0].numel()
        weight = weight / (weight.abs().amax((1, 2, 3), keepdim=True) * math.sqrt(fan_in))
        style = style / style.abs().amax(1, keepdim=True)
    factors = demodulation(weight, style) if demodulate else torch.ones_like(bias).expand(len(x), -1)
    factors, bias = factors * gain, bias * gain
    if len(x) == 1 and x.shape[2] * x.shape[3] > weight[0].numel():
        # Fewer weights than pixels: cheaper to scale the weights of the one sample.
        weight = weight * style[:, :, None, None] * factors[0, :, None, None, None]
        return _convolve(x, weight.to(x.dtype), bias.to(x.dtype), upsampling, padding)
    y = _convolve(x * style[:, :, None, None].to(x.dtype), weight.to(x.dtype), None, upsampling, padding)
    return torch.addcmul(bias[:, None, None].to(x.dtype), y, factors[:, :, None, None].to(x.dtype))


def _convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, upsampling: Tensor | None, padding: int | None
) -> Tensor:
    if upsampling is None:
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2 if padding is None else padding)
    transposed = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last)
    return smooth_upsampled(F.conv_transpose2d(x, transposed, stride=2), upsampling, bias)
