"""Encoders of pSp, e4e and ReStyle: an IR-SE50 backbone and one small network a style.

Names, and the depth and strides of the backbone, are those of the published checkpoints; widths are read from
the tensors. Source: Richardson et al. 2021 (pSp), Tov et al. 2021 (e4e), Alaluf et al. 2021 (ReStyle).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dynode_cli import WeightsError, load_torch
from dynode_stylegan.checkpoints.tensors import fill, mean_w_rows, shape_of
from dynode_stylegan.networks.modulation import FullyConnected

UNITS = 24
_HALVING = {0, 3, 7, 21}
"""Units of the backbone with stride 2."""
_FINE, _MIDDLE = 6, 20
"""Units after which the maps for fine and middle styles are taken; coarse styles use the last one."""
_COARSE_STYLES, _MIDDLE_STYLES = 3, 7
"""First style that is middle, and first that is fine."""

KINDS = {
    "GradualStyleEncoder": (True, False),
    "Encoder4Editing": (True, True),
    "BackboneEncoder": (False, False),
    "ProgressiveBackboneEncoder": (False, True),
}
"""``encoder_type`` of a checkpoint: whether it has a feature pyramid, and whether styles add to the first one."""


@dataclass(frozen=True)
class EncoderConfig:
    """What a checkpoint says of its encoder."""

    channels: int
    """Of the input: 3, or 6 with ReStyle, which also sees its last result."""
    widths: tuple[tuple[int, int, int], ...]
    """Input, output and squeezed width of each unit of the backbone."""
    styles: tuple[int, ...]
    """How many convolutions each style network has."""
    style_width: int
    pyramid: bool
    residual: bool
    """Styles after the first one are differences from it (e4e)."""


class SqueezeExcite(nn.Module):
    """Channels weighted by what the whole picture holds."""

    def __init__(self, width: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, squeezed, 1, bias=False)
        self.fc2 = nn.Conv2d(squeezed, width, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        return x * torch.sigmoid(weights)


class Unit(nn.Module):
    """Residual unit of the backbone."""

    def __init__(self, inputs: int, outputs: int, squeezed: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.shortcut_layer: nn.Module | None = None
        if inputs != outputs:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcite(outputs, squeezed),
        )

    def forward(self, x: Tensor) -> Tensor:
        around = x[:, :, :: self.stride, :: self.stride] if self.shortcut_layer is None else self.shortcut_layer(x)
        result: Tensor = around + self.res_layer(x)
        return result


class Style(nn.Module):
    """Halves a map until one pixel is left: (N, C, S, S) to (N, D)."""

    def __init__(self, inputs: int, width: int, convolutions: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for index in range(convolutions):
            layers += [nn.Conv2d(inputs if index == 0 else width, width, 3, 2, 1), nn.LeakyReLU(0.01)]
        self.convs = nn.Sequential(*layers)
        self.linear = FullyConnected(width, width)

    def forward(self, x: Tensor) -> Tensor:
        style: Tensor = self.linear(self.convs(x).flatten(1))
        return style


class FaceEncoder(nn.Module):
    """(N, 3 or 6, 256, 256) in [-1, 1] to styles (N, L, D), relative to the mean of w."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        first, last = config.widths[0][0], config.widths[-1][1]
        self.input_layer = nn.Sequential(
            nn.Conv2d(config.channels, first, 3, 1, 1, bias=False), nn.BatchNorm2d(first), nn.PReLU(first)
        )
        self.body = nn.Sequential(
            *(Unit(*widths, stride=2 if i in _HALVING else 1) for i, widths in enumerate(config.widths))
        )
        self.styles = nn.ModuleList(Style(last, config.style_width, count) for count in config.styles)
        if config.pyramid:
            self.latlayer1 = nn.Conv2d(config.widths[_MIDDLE][1], last, 1)
            self.latlayer2 = nn.Conv2d(config.widths[_FINE][1], last, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.input_layer(x)
        taken = {}
        for index, unit in enumerate(self.body):
            x = unit(x)
            if index in (_FINE, _MIDDLE):
                taken[index] = x
        maps = [x, x, x]
        if self.config.pyramid:
            maps[1] = _enlarge(x, self.latlayer1(taken[_MIDDLE]))
            maps[2] = _enlarge(maps[1], self.latlayer2(taken[_FINE]))
        styles = [
            style(maps[(index >= _COARSE_STYLES) + (index >= _MIDDLE_STYLES)])
            for index, style in enumerate(self.styles)
        ]
        if self.config.residual:
            styles[1:] = [styles[0] + style for style in styles[1:]]
        return torch.stack(styles, 1)


def _enlarge(x: Tensor, lateral: Tensor) -> Tensor:
    size = (lateral.shape[2], lateral.shape[3])
    return F.interpolate(x, size=size, mode="bilinear", align_corners=True) + lateral


@dataclass(frozen=True)
class EncoderCheckpoint:
    """An encoder, and what is added to its styles."""

    network: FaceEncoder
    kind: str
    average: Tensor
    """(L, D): the mean of w, or zeros where the encoder was trained without it."""

    @property
    def iterative(self) -> bool:
        """ReStyle: the encoder sees its last result beside the picture."""
        return self.network.config.channels == 6


def load_encoder(path: Path, kind: str | None = None) -> EncoderCheckpoint:
    """The encoder of a pSp, e4e or ReStyle checkpoint, on the CPU.

    Arguments:
        kind: its ``encoder_type``; None: what the checkpoint says.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or no such encoder in it.
    """
    content = load_torch(path)
    state = content.get("state_dict") if isinstance(content, Mapping) else None
    prefix = "encoder."
    tensors = {k.removeprefix(prefix): v for k, v in (state or {}).items() if k.startswith(prefix)}
    if not tensors:
        keys = ", ".join(map(str, list(content)[:8])) if isinstance(content, Mapping) else type(content).__name__
        raise WeightsError(
            f"{path} holds no encoder: expected state_dict with encoder.*, found {keys}",
            hint="name a pSp, e4e or ReStyle checkpoint with --weights, or with -I weights=FILE",
        )
    opts = _settings(content.get("opts"))
    kind = kind or opts.get("encoder_type")
    if kind not in KINDS:
        raise WeightsError(
            f"{path}: encoder type {kind or 'unknown'} is not one of {', '.join(KINDS)}",
            hint="if the checkpoint does not tell its type, say it with -I encoder_type=...",
        )
    network = FaceEncoder(_config(tensors, kind, path))
    fill(network, tensors, path, {name: prefix + name for name in network.state_dict()})
    count, width = len(network.config.styles), network.config.style_width
    average = content.get("latent_avg")
    if isinstance(average, Tensor) and (opts.get("start_from_latent_avg", True) or network.config.channels == 6):
        average = mean_w_rows(average, width, path)
        if len(average) not in (1, count):
            raise WeightsError(f"{path}: latent_avg is for {len(average)} layers, but the encoder finds {count}")
        average = average.expand(count, width).clone()
    else:
        average = torch.zeros(count, width)
    return EncoderCheckpoint(network.eval().requires_grad_(False), kind, average)


def _config(tensors: Mapping[str, Tensor], kind: str, path: Path) -> EncoderConfig:
    units = {name.split(".")[1] for name in tensors if name.startswith("body.")}
    if len(units) != UNITS or "body.0.res_layer.5.fc1.weight" not in tensors:
        backbone = "IR-SE50" if "input_layer.0.weight" in tensors else "ResNet34 or other"
        raise WeightsError(
            f"{path}: the encoder's backbone ({backbone}) has {len(units)} units, expected the {UNITS} of IR-SE50"
        )
    widths = []
    for index in range(UNITS):
        outputs, inputs, _, _ = shape_of(tensors, f"body.{index}.res_layer.1.weight", 4, path)
        squeezed = shape_of(tensors, f"body.{index}.res_layer.5.fc1.weight", 4, path)[0]
        widths.append((inputs, outputs, squeezed))
    count = len({name.split(".")[1] for name in tensors if name.startswith("styles.")})
    styles = [
        sum(name.startswith(f"styles.{index}.convs.") and name.endswith(".weight") for name in tensors)
        for index in range(count)
    ]
    pyramid, residual = KINDS[kind]
    return EncoderConfig(
        channels=shape_of(tensors, "input_layer.0.weight", 4, path)[1],
        widths=tuple(widths),
        styles=tuple(styles),
        style_width=shape_of(tensors, "styles.0.linear.weight", 2, path)[0],
        pyramid=pyramid,
        residual=residual,
    )


def _settings(opts: Any) -> Mapping[str, Any]:
    """The training options beside the weights: a dict, or what a namespace became."""
    return opts if isinstance(opts, Mapping) else getattr(opts, "__dict__", {})
