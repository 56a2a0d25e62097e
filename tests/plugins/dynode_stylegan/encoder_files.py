"""Random encoders of pSp, e4e and ReStyle, and what they compute, plainly.

`plain` follows the published description: BatchNorm by its formula, max-pooling shortcuts, a loop over styles.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.plugins.dynode_stylegan.nvidia_files import Weights

WIDTHS = [4] * 4 + [6] * 4 + [7] * 14 + [8] * 3
"""Of the input layer, then of each of the 24 units."""
STRIDES = [2 if i in (0, 3, 7, 21) else 1 for i in range(24)]
DIM = 8


def encoder_state(styles: int, *, pyramid: bool = True, channels: int = 3, seed: int = 0) -> dict[str, Tensor]:
    make = Weights(seed)
    state: dict[str, Tensor] = {}

    def convolution(name: str, inputs: int, outputs: int, size: int, bias: bool = False) -> None:
        state[f"{name}.weight"] = make(outputs, inputs, size, size) / (inputs * size**2) ** 0.5
        if bias:
            state[f"{name}.bias"] = make(outputs) * 0.1

    def norm(name: str, width: int) -> None:
        state[f"{name}.weight"] = 1 + 0.2 * make(width)
        state[f"{name}.bias"] = 0.2 * make(width)
        state[f"{name}.running_mean"] = 0.2 * make(width)
        state[f"{name}.running_var"] = make(width).exp()
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    convolution("input_layer.0", channels, WIDTHS[0], 3)
    norm("input_layer.1", WIDTHS[0])
    state["input_layer.2.weight"] = 0.25 + 0.1 * make(WIDTHS[0])
    for index in range(24):
        inputs, outputs, name = WIDTHS[index], WIDTHS[index + 1], f"body.{index}"
        if inputs != outputs:
            convolution(f"{name}.shortcut_layer.0", inputs, outputs, 1)
            norm(f"{name}.shortcut_layer.1", outputs)
        norm(f"{name}.res_layer.0", inputs)
        convolution(f"{name}.res_layer.1", inputs, outputs, 3)
        state[f"{name}.res_layer.2.weight"] = 0.25 + 0.1 * make(outputs)
        convolution(f"{name}.res_layer.3", outputs, outputs, 3)
        norm(f"{name}.res_layer.4", outputs)
        convolution(f"{name}.res_layer.5.fc1", outputs, 2, 1)
        convolution(f"{name}.res_layer.5.fc2", 2, outputs, 1)
    for index in range(styles):
        count = 4 + (0 if index < 3 or not pyramid else 1 if index < 7 else 2)
        for number in range(count):
            convolution(f"styles.{index}.convs.{2 * number}", WIDTHS[-1] if number == 0 else DIM, DIM, 3, bias=True)
        state[f"styles.{index}.linear.weight"] = make(DIM, DIM)
        state[f"styles.{index}.linear.bias"] = make(DIM) * 0.1
    if pyramid:
        convolution("latlayer1", WIDTHS[21], WIDTHS[-1], 1, bias=True)
        convolution("latlayer2", WIDTHS[7], WIDTHS[-1], 1, bias=True)
    return state


def plain(state: Mapping[str, Tensor], x: Tensor, *, residual: bool) -> Tensor:
    """Styles (N, L, D) of pictures in [-1, 1]."""

    def norm(name: str, y: Tensor) -> Tensor:
        mean, variance, weight, bias = (
            state[f"{name}.{key}"][:, None, None] for key in ("running_mean", "running_var", "weight", "bias")
        )
        return (y - mean) / torch.sqrt(variance + 1e-5) * weight + bias

    def prelu(name: str, y: Tensor) -> Tensor:
        return torch.where(y > 0, y, state[f"{name}.weight"][:, None, None] * y)

    x = prelu("input_layer.2", norm("input_layer.1", F.conv2d(x, state["input_layer.0.weight"], padding=1)))
    maps = []
    for index, stride in enumerate(STRIDES):
        name = f"body.{index}"
        if f"{name}.shortcut_layer.0.weight" in state:
            around = F.conv2d(x, state[f"{name}.shortcut_layer.0.weight"], stride=stride)
            around = norm(f"{name}.shortcut_layer.1", around)
        else:
            around = F.max_pool2d(x, 1, stride)
        y = F.conv2d(norm(f"{name}.res_layer.0", x), state[f"{name}.res_layer.1.weight"], padding=1)
        y = F.conv2d(prelu(f"{name}.res_layer.2", y), state[f"{name}.res_layer.3.weight"], stride=stride, padding=1)
        y = norm(f"{name}.res_layer.4", y)
        weights = F.relu(F.conv2d(F.adaptive_avg_pool2d(y, 1), state[f"{name}.res_layer.5.fc1.weight"]))
        y = y * torch.sigmoid(F.conv2d(weights, state[f"{name}.res_layer.5.fc2.weight"]))
        x = around + y
        maps.append(x)
    coarse = maps[23]
    middle = fine = coarse
    if "latlayer1.weight" in state:
        lateral = F.conv2d(maps[20], state["latlayer1.weight"], state["latlayer1.bias"])
        middle = F.interpolate(coarse, lateral.shape[2:], mode="bilinear", align_corners=True) + lateral
        lateral = F.conv2d(maps[6], state["latlayer2.weight"], state["latlayer2.bias"])
        fine = F.interpolate(middle, lateral.shape[2:], mode="bilinear", align_corners=True) + lateral
    styles: list[Tensor] = []
    while f"styles.{len(styles)}.linear.weight" in state:
        index = len(styles)
        y = coarse if index < 3 else middle if index < 7 else fine
        number = 0
        while f"styles.{index}.convs.{number}.weight" in state:
            y = F.conv2d(
                y,
                state[f"styles.{index}.convs.{number}.weight"],
                state[f"styles.{index}.convs.{number}.bias"],
                stride=2,
                padding=1,
            )
            y = torch.where(y > 0, y, 0.01 * y)
            number += 2
        y = y[:, :, 0, 0] @ (state[f"styles.{index}.linear.weight"] / DIM**0.5).T
        y = y + state[f"styles.{index}.linear.bias"]
        styles.append(y + styles[0] if residual and index else y)
    return torch.stack(styles, 1)
