"""StyleGAN2 once more, in the plainest form: loops over samples, zeros put between pixels by hand.

Two ways to the same picture: :func:`rosinality` follows the layout of its state dict (transposed convolution,
then blur), :func:`nvidia` that of NVIDIA's modules (upsample by zeros and filter, then convolve).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

State = Mapping[str, Tensor]


def zeros_between(x: Tensor, factor: int) -> Tensor:
    n, c, h, w = x.shape
    out = torch.zeros(n, c, h * factor, w * factor, dtype=x.dtype)
    out[:, :, ::factor, ::factor] = x
    return out


def fir(x: Tensor, kernel: Tensor, before: int, after: int, up: int = 1, down: int = 1) -> Tensor:
    """Zeros between pixels, pad or crop, convolve each channel, keep every `down`-th pixel."""
    if kernel.ndim == 1:
        kernel = kernel[:, None] * kernel[None, :]
    x = zeros_between(x, up) if up > 1 else x
    n, c, h, w = F.pad(x, (before, after, before, after)).shape
    x = F.pad(x, (before, after, before, after)).reshape(n * c, 1, h, w)
    x = F.conv2d(x, kernel.flip(0, 1)[None, None])
    return x.reshape(n, c, *x.shape[2:])[:, :, ::down, ::down]


def dense(x: Tensor, weight: Tensor, bias: Tensor, lr: float = 1.0, active: bool = False) -> Tensor:
    y = x @ (weight * (lr / math.sqrt(weight.shape[1]))).T + bias * lr
    return torch.where(y > 0, y, 0.2 * y) * math.sqrt(2) if active else y


def unit(x: Tensor) -> Tensor:
    return x / torch.sqrt((x**2).mean(1, keepdim=True) + 1e-8)


def each_sample(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool, convolve: object) -> Tensor:
    out = []
    for i in range(len(x)):
        w = weight * style[i][None, :, None, None]
        if demodulate:
            w = w / torch.sqrt((w**2).sum((1, 2, 3), keepdim=True) + 1e-8)
        out.append(convolve(x[i : i + 1], w))  # type: ignore[operator]
    return torch.cat(out)


def active(x: Tensor, bias: Tensor, gain: float = 1.0, clamp: float | None = None) -> Tensor:
    x = x + bias.reshape(1, -1, 1, 1)
    x = torch.where(x > 0, x, 0.2 * x) * (math.sqrt(2) * gain)
    return x if clamp is None else x.clamp(-clamp * gain, clamp * gain)


# --- rosinality -------------------------------------------------------------------------------------------------


def rosinality_mapping(state: State, z: Tensor) -> Tensor:
    x = unit(z)
    number = 1
    while f"style.{number}.weight" in state:
        x = dense(x, state[f"style.{number}.weight"], state[f"style.{number}.bias"], 0.01, True)
        number += 1
    return x


def _rosinality_conv(state: State, name: str, x: Tensor, w: Tensor, demodulate: bool, up: bool) -> Tensor:
    weight = state[f"{name}.weight"][0]
    weight = weight / math.sqrt(weight[0].numel())
    style = dense(w, state[f"{name}.modulation.weight"], state[f"{name}.modulation.bias"])
    if not up:
        return each_sample(x, weight, style, demodulate, lambda a, b: F.conv2d(a, b, padding=b.shape[-1] // 2))

    def transposed(a: Tensor, b: Tensor) -> Tensor:
        # A transposed convolution of stride 2 is a full convolution of the picture with zeros between its pixels.
        spread = zeros_between(a, 2)[:, :, :-1, :-1]
        return F.conv2d(F.pad(spread, (2, 2, 2, 2)), b.flip(2, 3))

    y = each_sample(x, weight, style, demodulate, transposed)
    return fir(y, state[f"{name}.blur.kernel"], 1, 1)


def rosinality(state: State, ws: Tensor, noise: bool = True) -> Tensor:
    """Picture of `ws` (N, L, D)."""

    def styled(name: str, number: int, x: Tensor, w: Tensor, up: bool = False) -> Tensor:
        x = _rosinality_conv(state, f"{name}.conv", x, w, True, up)
        if noise:
            x = x + state[f"{name}.noise.weight"] * state[f"noises.noise_{number}"]
        return active(x, state[f"{name}.activate.bias"])

    def colours(name: str, x: Tensor, w: Tensor, skip: Tensor | None) -> Tensor:
        y = _rosinality_conv(state, f"{name}.conv", x, w, False, False) + state[f"{name}.bias"]
        return y if skip is None else y + fir(skip, state[f"{name}.upsample.kernel"], 2, 1, up=2)

    x = state["input.input"].repeat(len(ws), 1, 1, 1)
    x = styled("conv1", 0, x, ws[:, 0])
    image = colours("to_rgb1", x, ws[:, 1], None)
    index = 0
    while f"to_rgbs.{index}.bias" in state:
        x = styled(f"convs.{2 * index}", 2 * index + 1, x, ws[:, 2 * index + 1], up=True)
        x = styled(f"convs.{2 * index + 1}", 2 * index + 2, x, ws[:, 2 * index + 2])
        image = colours(f"to_rgbs.{index}", x, ws[:, 2 * index + 3], image)
        index += 1
    return image


# --- NVIDIA -----------------------------------------------------------------------------------------------------


def nvidia_mapping(state: State, z: Tensor, classes: Tensor | None = None, lr: float = 0.01) -> Tensor:
    x = unit(z)
    if classes is not None:
        x = torch.cat([x, unit(dense(classes, state["mapping.embed.weight"], state["mapping.embed.bias"]))], 1)
    number = 0
    while f"mapping.fc{number}.weight" in state:
        x = dense(x, state[f"mapping.fc{number}.weight"], state[f"mapping.fc{number}.bias"], lr, True)
        number += 1
    return x


def nvidia(
    state: State, ws: Tensor, architecture: str = "skip", clamp: float | None = None, noise: bool = True
) -> Tensor:
    """Picture of `ws` (N, L, D)."""
    kernel = state["synthesis.b8.resample_filter"]
    kernel = 4 * (kernel[:, None] * kernel[None, :] if kernel.ndim == 1 else kernel)
    before, after = (len(kernel) + 1) // 2, (len(kernel) - 2) // 2

    def up_conv(a: Tensor, b: Tensor) -> Tensor:
        return F.conv2d(fir(a, kernel, before + 1, after + 1, up=2), b.flip(2, 3))

    def layer(name: str, x: Tensor, w: Tensor, up: bool, gain: float = 1.0) -> Tensor:
        style = dense(w, state[f"{name}.affine.weight"], state[f"{name}.affine.bias"])
        convolve = up_conv if up else lambda a, b: F.conv2d(a, b, padding=1)
        x = each_sample(x, state[f"{name}.weight"], style, True, convolve)
        if noise and f"{name}.noise_const" in state:
            x = x + state[f"{name}.noise_const"] * state[f"{name}.noise_strength"]
        return active(x, state[f"{name}.bias"], gain, clamp)

    image = None
    x = state["synthesis.b4.const"][None].repeat(len(ws), 1, 1, 1)
    resolution, used = 4, 0
    while f"synthesis.b{resolution}.conv1.weight" in state:
        block = f"synthesis.b{resolution}"
        last = f"synthesis.b{2 * resolution}.conv1.weight" not in state
        half = 1.0
        around: Tensor | float = 0.0
        if resolution > 4:
            if architecture == "resnet":
                weight = state[f"{block}.skip.weight"] / math.sqrt(x.shape[1])
                around = F.conv2d(fir(x, kernel, before, after, up=2), weight) * math.sqrt(0.5)
                half = math.sqrt(0.5)
            x = layer(f"{block}.conv0", x, ws[:, used], True)
            used += 1
        x = around + layer(f"{block}.conv1", x, ws[:, used], False, half)
        used += 1
        if image is not None:
            image = fir(image, kernel, before, after, up=2)
        if last or architecture == "skip":
            style = dense(ws[:, used], state[f"{block}.torgb.affine.weight"], state[f"{block}.torgb.affine.bias"])
            style = style / math.sqrt(x.shape[1])
            y = each_sample(x, state[f"{block}.torgb.weight"], style, False, F.conv2d)
            y = y + state[f"{block}.torgb.bias"].reshape(1, -1, 1, 1)
            y = y if clamp is None else y.clamp(-clamp, clamp)
            image = y if image is None else image + y
        resolution *= 2
    assert image is not None
    return image
