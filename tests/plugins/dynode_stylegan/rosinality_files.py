"""Random StyleGAN2 weights under the names of rosinality's state dicts."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


def kernel(gain: float = 1.0) -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    square = taps[:, None] * taps[None, :]
    return square / square.sum() * gain


def generator_state(
    channels: Mapping[int, int] | None = None, dim: int = 8, layers: int = 2, seed: int = 0
) -> dict[str, Tensor]:
    """State dict ``g_ema`` for resolutions 4, 8, ... of `channels`."""
    channels = channels or {4: 6, 8: 5, 16: 4}
    random = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random)

    state: dict[str, Tensor] = {}

    def convolution(name: str, inputs: int, outputs: int, size: int) -> None:
        state[f"{name}.conv.weight"] = normal(1, outputs, inputs, size, size)
        state[f"{name}.conv.modulation.weight"] = normal(inputs, dim)
        state[f"{name}.conv.modulation.bias"] = 1 + 0.2 * normal(inputs)

    def styled(name: str, inputs: int, outputs: int, up: bool = False) -> None:
        convolution(name, inputs, outputs, 3)
        if up:
            state[f"{name}.conv.blur.kernel"] = kernel(4.0)
        state[f"{name}.noise.weight"] = normal(1)
        state[f"{name}.activate.bias"] = normal(outputs)

    def colours(name: str, inputs: int, up: bool = True) -> None:
        if up:
            state[f"{name}.upsample.kernel"] = kernel(4.0)
        convolution(name, inputs, 3, 1)
        state[f"{name}.bias"] = normal(1, 3, 1, 1)

    for number in range(1, layers + 1):
        state[f"style.{number}.weight"] = normal(dim, dim) * 100
        state[f"style.{number}.bias"] = normal(dim) * 10
    first = channels[4]
    state["input.input"] = normal(1, first, 4, 4)
    styled("conv1", first, first)
    colours("to_rgb1", first, up=False)
    number = 0
    for index, size in enumerate(sorted(channels)[1:]):
        inputs, outputs = channels[size // 2], channels[size]
        styled(f"convs.{2 * index}", inputs, outputs, up=True)
        styled(f"convs.{2 * index + 1}", outputs, outputs)
        colours(f"to_rgbs.{index}", outputs)
    for size in sorted(channels):
        for _ in range(1 if size == 4 else 2):
            state[f"noises.noise_{number}"] = normal(1, 1, size, size)
            number += 1
    return state
