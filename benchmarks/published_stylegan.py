"""The published StyleGAN code and IR-SE50, fetched as wheels and run where they lie, with random weights.

draggan 1.1.6 holds NVIDIA's networks of StyleGAN2 and StyleGAN3 and their pickling (NVIDIA's licences allow research and
evaluation only: run, never copied or shipped) and rosinality's model (MIT); mmagic 1.2.0 (Apache 2.0) holds the backbone.

Made up here, for what neither wheel has or new versions dropped: `filtered_lrelu`, from the wheel's own `upfirdn2d` and
`bias_act` as its documentation defines it; the heads of pSp, e4e and ReStyle, as the papers describe them, on the
published backbone and linear layer; `distutils`. Extensions in C++ are not compiled: the published code then takes its
plain operations.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils import cpp_extension

WHEELS = ("draggan==1.1.6", "mmagic==1.2.0")


@dataclass(frozen=True)
class Published:
    """Modules of the published code."""

    stylegan2: Any
    stylegan3: Any
    legacy: Any
    rosinality: Any
    backbone: Any


def fetched(folder: Path) -> Path:
    """The unpacked wheels, in `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), *WHEELS]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit(f"the published code cannot be had: {' '.join(command)}")
    return folder


def published(wheels: Path) -> Published:
    """The published code in the unpacked `wheels`, with stand-ins for what is missing."""
    nvidia = wheels / "draggan" / "stylegan2"
    sys.path.insert(0, str(nvidia))
    if importlib.util.find_spec("distutils") is None:  # Python 3.12 and later
        module("distutils")
        module("distutils.util", strtobool=bool)
    # Packages are stood in for, so that their __init__ does not import the rest of the wheels.
    module("rosinality", __path__=[str(wheels / "draggan" / "deprecated" / "stylegan2")])
    module("arcface", __path__=[str(wheels / "mmagic" / "models" / "editors" / "arcface")])
    compile_extension = cpp_extension.load
    cpp_extension.load = not_compiled
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        upfirdn2d, bias_act = (
            importlib.import_module(f"torch_utils.ops.{name}") for name in ("upfirdn2d", "bias_act")
        )
        module(
            "torch_utils.ops.filtered_lrelu", filtered_lrelu=filtered_lrelu(upfirdn2d.upfirdn2d, bias_act.bias_act)
        )
        found = Published(
            importlib.import_module("training.networks"),
            importlib.import_module("training.networks_stylegan3"),
            importlib.import_module("legacy"),
            importlib.import_module("rosinality.model"),
            importlib.import_module("arcface.model_irse"),
        )
    cpp_extension.load = compile_extension
    return found


def module(name: str, **content: Any) -> None:
    """Put a module of `content` where imports find it."""
    made = types.ModuleType(name)
    made.__dict__.update(content)
    sys.modules[name] = made


def not_compiled(*_: Any, **__: Any) -> None:
    raise RuntimeError("not compiled here")


def filtered_lrelu(resample: Callable[..., Tensor], activate: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The operation of StyleGAN3 that the wheel lacks: bias, up, gain, leaky ReLU, clamp, down."""

    def operation(x: Tensor, *, fu: Any, fd: Any, b: Tensor, up: int, down: int, padding: Any, **act: Any) -> Tensor:
        x = resample(activate(x, b), fu, up=up, padding=padding, gain=up * up)
        slope = act.pop("slope")
        return resample(activate(x, act="lrelu", alpha=slope, **act), fd, down=down)

    return operation


def randomised(network: Any, seed: int = 0) -> Any:
    """`network` with random values wherever the published code begins with a constant."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if not tensor.is_floating_point():  # batch normalisation counts its batches
            continue
        kind = name.rsplit(".", 1)[-1]
        values = torch.randn(tensor.shape, generator=random)
        owner = network.get_submodule(name.rpartition(".")[0])
        with torch.no_grad():
            if kind in ("magnitude_ema", "running_var"):
                tensor *= (values * 0.3).exp()
            elif kind == "transform":
                tensor[:2] += values[:2] * 0.1
            elif kind in ("bias", "w_avg", "noise_strength", "running_mean") or name.endswith("noise.weight"):
                # Biases of the mapping are stored divided by their learning rate.
                rate = getattr(owner, "bias_gain", getattr(owner, "lr_mul", 1.0)) if kind == "bias" else 1.0
                tensor += values * 0.3 / rate
            elif name.endswith("synthesis.input.affine.weight") or isinstance(owner, nn.BatchNorm2d | nn.PReLU):
                tensor += values * 0.1
    return network.eval().requires_grad_(False)


def normal(*shape: int, seed: int = 7) -> Tensor:
    """Random numbers, the same at every call."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class Head(nn.Module):
    """Convolutions that halve a map to one pixel, and the published linear layer."""

    def __init__(self, linear: Any, width: int, halvings: int) -> None:
        super().__init__()
        steps = [(nn.Conv2d(512 if i == 0 else width, width, 3, 2, 1), nn.LeakyReLU()) for i in range(halvings)]
        self.convs = nn.Sequential(*(layer for step in steps for layer in step))
        self.linear = linear(width, width)

    def forward(self, x: Tensor) -> Any:
        return self.linear(self.convs(x).flatten(1))


class PublishedEncoder(nn.Module):
    """The published backbone with heads as the papers describe them.

    Arguments:
        pyramid: middle and fine styles come from larger maps (pSp, e4e); else all from the last one (ReStyle).
        additive: all styles but the first are differences from it (e4e).
    """

    def __init__(self, code: Published, channels: int, styles: int, width: int, *, pyramid: bool) -> None:
        super().__init__()
        self.pyramid, self.additive = pyramid, False
        whole = code.backbone.IR_SE_50(112)
        self.input_layer, self.body = whole.input_layer, whole.body
        if channels != 3:
            self.input_layer[0] = nn.Conv2d(channels, 64, 3, 1, 1, bias=False)
        halvings = [4 + pyramid * ((i >= 3) + (i >= 7)) for i in range(styles)]
        self.styles = nn.ModuleList(Head(code.rosinality.EqualLinear, width, count) for count in halvings)
        if pyramid:
            self.latlayer1, self.latlayer2 = nn.Conv2d(256, 512, 1), nn.Conv2d(128, 512, 1)

    def maps(self, x: Tensor) -> list[Tensor]:
        """After units 6, 20 and 23 of the backbone."""
        x, taken = self.input_layer(x), []
        for index, unit in enumerate(self.body):
            x = unit(x)
            if index in (6, 20, 23):
                taken.append(x)
        return taken

    def forward(self, x: Tensor) -> Tensor:
        fine, middle, coarse = self.maps(x)
        levels = [coarse] * 3
        if self.pyramid:
            levels[1] = self.latlayer1(middle)
            levels[1] = levels[1] + F.interpolate(coarse, levels[1].shape[2:], mode="bilinear", align_corners=True)
            levels[2] = self.latlayer2(fine)
            levels[2] = levels[2] + F.interpolate(levels[1], levels[2].shape[2:], mode="bilinear", align_corners=True)
        styles = [head(levels[(i >= 3) + (i >= 7)]) for i, head in enumerate(self.styles)]
        return torch.stack([s + styles[0] if self.additive and i else s for i, s in enumerate(styles)], 1)


def random_encoder(code: Published, channels: int, styles: int, width: int) -> PublishedEncoder:
    """An encoder through which the picture reaches the codes, with codes of a usual size.

    Where codes are large, those of a second pass change wholly when the picture changes in its last digit.
    """
    network = PublishedEncoder(code, channels, styles, width, pyramid=channels == 3)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, 0.2)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0
    picture = normal(1, channels, 256, 256, seed=11) * 0.5
    network.train()(picture)
    randomised(network)
    spread = network(picture).std((0, 2))
    for index, one in enumerate(spread):
        network.get_parameter(f"styles.{index}.linear.weight").div_(one)
    return network
