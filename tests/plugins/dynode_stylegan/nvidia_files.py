"""Random networks pickled the way NVIDIA's repositories pickle them.

Every module's ``__reduce__`` is a call of ``torch_utils.persistence._reconstruct_persistent_obj`` with one dict:
type, version, module_src, class_name, state. The classes here carry only what the pickles are known to hold.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

SOURCE = "raise SystemExit('the source inside a pickle must not run')"


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    raise AssertionError("the name in the pickle must not be imported")


_reconstruct_persistent_obj.__module__ = "torch_utils.persistence"


class EasyDict(dict[str, Any]):
    """Pickles as ``dnnlib.util.EasyDict``."""


EasyDict.__module__ = "dnnlib.util"


@contextmanager
def nvidia_modules() -> Iterator[None]:
    """The modules that pickle looks up while it writes."""
    persistence, dnnlib = ModuleType("torch_utils.persistence"), ModuleType("dnnlib.util")
    persistence._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    dnnlib.EasyDict = EasyDict  # type: ignore[attr-defined]
    added = {
        "torch_utils": ModuleType("torch_utils"),
        "torch_utils.persistence": persistence,
        "dnnlib": ModuleType("dnnlib"),
        "dnnlib.util": dnnlib,
    }
    sys.modules.update(added)
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]


class Persistent(nn.Module):
    """A module that pickles as NVIDIA's persistent classes do."""

    def __init__(self, class_name: str, **attributes: Any) -> None:
        super().__init__()
        self._class_name = class_name
        self.__dict__.update(attributes)
        self._init_args = ()
        self._init_kwargs = EasyDict()

    def __reduce__(self) -> Any:
        state = {k: v for k, v in self.__dict__.items() if k != "_class_name"}
        meta = {
            "type": "class",
            "version": 6,
            "module_src": SOURCE,
            "class_name": self._class_name,
            "state": state,
        }
        return _reconstruct_persistent_obj, (meta,), None


def write(path: Path, protocol: int = 3, **networks: Any) -> Path:
    """Write ``{G, D, G_ema, training_set_kwargs, augment_pipe}``, as far as given."""
    with nvidia_modules():
        content = {**networks, "training_set_kwargs": EasyDict(path="x.zip"), "augment_pipe": None}
        path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


class Weights:
    """Random tensors."""

    def __init__(self, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._generator)

    def parameter(self, *shape: int) -> nn.Parameter:
        return nn.Parameter(self(*shape))


def fully_connected(
    make: Weights, inputs: int, outputs: int, *, activation: str = "linear", lr: float = 1.0, shift: float = 0.0
) -> Persistent:
    layer = Persistent(
        "FullyConnectedLayer",
        in_features=inputs,
        out_features=outputs,
        activation=activation,
        weight_gain=lr / inputs**0.5,
        bias_gain=lr,
    )
    layer.weight = nn.Parameter(make(outputs, inputs) / lr)
    layer.bias = nn.Parameter((make(outputs) * 0.2 + shift) / lr)
    return layer


def mapping(
    make: Weights, z_dim: int, c_dim: int, w_dim: int, num_ws: int, layers: int, lr: float = 0.01
) -> Persistent:
    network = Persistent("MappingNetwork", z_dim=z_dim, c_dim=c_dim, w_dim=w_dim, num_ws=num_ws, num_layers=layers)
    if c_dim:
        network.embed = fully_connected(make, c_dim, w_dim)
    for index in range(layers):
        inputs = z_dim + (w_dim if c_dim else 0) if index == 0 else w_dim
        setattr(network, f"fc{index}", fully_connected(make, inputs, w_dim, activation="lrelu", lr=lr))
    network.register_buffer("w_avg", make(w_dim) * 0.1)
    return network


def smoothing(taps: Sequence[float] = (1, 3, 3, 1)) -> Tensor:
    """The filter of `taps` as the pickles hold it: (k, k), or (k,) of eight taps and more."""
    line = torch.tensor(taps, dtype=torch.float32)
    line = line / line.sum()
    return line if len(line) >= 8 else line[:, None] * line[None, :]


def stylegan2(
    channels: Mapping[int, int] | None = None,
    *,
    c_dim: int = 0,
    layers: int = 2,
    architecture: str = "skip",
    clamp: float | None = None,
    colours: int = 3,
    flat: bool = False,
    taps: Sequence[float] = (1, 3, 3, 1),
    seed: int = 0,
) -> Persistent:
    """A ``Generator``; `flat` passes synthesis arguments as the stylegan3 repository does.

    Layers that resample have the filter `taps`; the others have the default one, and never use it.
    """
    channels = channels or {4: 6, 8: 5, 16: 4}
    make, w_dim, z_dim = Weights(seed), 8, 7
    last = max(channels)
    synthesis = Persistent("SynthesisNetwork", w_dim=w_dim, img_resolution=last, img_channels=colours)

    def layer(inputs: int, outputs: int, size: int, up: int) -> Persistent:
        module = Persistent(
            "SynthesisLayer", resolution=size, up=up, use_noise=True, activation="lrelu", conv_clamp=clamp, padding=1
        )
        module.affine = fully_connected(make, w_dim, inputs, shift=1.0)
        module.weight = make.parameter(outputs, inputs, 3, 3)
        module.register_buffer("resample_filter", smoothing(taps) if up == 2 else smoothing())
        module.register_buffer("noise_const", make(size, size))
        module.noise_strength = make.parameter()
        module.bias = make.parameter(outputs)
        return module

    for size in sorted(channels):
        inputs, outputs = channels.get(size // 2, 0), channels[size]
        block = Persistent(
            "SynthesisBlock", in_channels=inputs, resolution=size, is_last=size == last, architecture=architecture
        )
        block.register_buffer("resample_filter", smoothing(taps))
        if inputs:
            block.conv0 = layer(inputs, outputs, size, 2)
            if architecture == "resnet":
                block.skip = Persistent("Conv2dLayer", up=2, bias=None)
                block.skip.weight = make.parameter(outputs, inputs, 1, 1)
                block.skip.register_buffer("resample_filter", smoothing(taps))
        else:
            block.const = make.parameter(outputs, 4, 4)
        block.conv1 = layer(outputs, outputs, size, 1)
        if size == last or architecture == "skip":
            block.torgb = Persistent("ToRGBLayer", conv_clamp=clamp)
            block.torgb.affine = fully_connected(make, w_dim, outputs, shift=1.0)
            block.torgb.weight = make.parameter(colours, outputs, 1, 1)
            block.torgb.bias = make.parameter(colours)
        setattr(synthesis, f"b{size}", block)
    num_ws = 2 * len(channels)
    generator = Persistent("Generator", z_dim=z_dim, c_dim=c_dim, w_dim=w_dim, img_resolution=last, num_ws=num_ws)
    generator.synthesis = synthesis
    generator.mapping = mapping(make, z_dim, c_dim, w_dim, num_ws, layers)
    passed = EasyDict(channel_base=32768, channel_max=512, conv_clamp=clamp)
    generator._init_kwargs = EasyDict(passed) if flat else EasyDict(synthesis_kwargs=passed)
    return generator.eval()


def discriminator(
    channels: Mapping[int, int] | None = None,
    *,
    clamp: float | None = None,
    taps: Sequence[float] = (1, 3, 3, 1),
    seed: int = 1,
) -> Persistent:
    """A residual ``Discriminator``."""
    channels = channels or {4: 6, 8: 5, 16: 4}
    make, largest = Weights(seed), max(channels)
    network = Persistent("Discriminator", img_resolution=largest, c_dim=0)

    def convolution(
        inputs: int, outputs: int, kernel: int, active: bool = True, taps: Sequence[float] = (1, 3, 3, 1)
    ) -> Persistent:
        layer = Persistent("Conv2dLayer", activation="lrelu" if active else "linear", conv_clamp=clamp, bias=None)
        layer.weight = make.parameter(outputs, inputs, kernel, kernel)
        layer.__dict__.pop("bias")
        layer.bias = make.parameter(outputs) if active else None
        layer.register_buffer("resample_filter", smoothing(taps))
        return layer

    for size in sorted(channels, reverse=True)[:-1]:
        inputs, outputs = channels[size], channels[size // 2]
        block = Persistent("DiscriminatorBlock", resolution=size, architecture="resnet")
        block.register_buffer("resample_filter", smoothing(taps))
        if size == largest:
            block.fromrgb = convolution(3, inputs, 1)
        block.conv0 = convolution(inputs, inputs, 3)
        block.conv1 = convolution(inputs, outputs, 3, taps=taps)
        block.skip = convolution(inputs, outputs, 1, active=False, taps=taps)
        setattr(network, f"b{size}", block)
    network.b4 = Persistent("DiscriminatorEpilogue")
    network.b4.conv = convolution(channels[4] + 1, channels[4], 3)
    return network.eval()
