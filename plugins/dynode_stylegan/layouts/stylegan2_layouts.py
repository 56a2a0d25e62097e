"""The files that hold a StyleGAN2 generator, brought to one network.

* NVIDIA's pickles (``stylegan2-ada-pytorch``, ``stylegan3``): their names are the network's own.
* rosinality's ``stylegan2-pytorch`` state dicts: ``{g_ema, latent_avg}``, and the training form without
  ``latent_avg``. Its layers scale weights before demodulation, where NVIDIA's do not: the scale is put into them.
* pSp, e4e and ReStyle: such a generator under ``decoder.``, with ``latent_avg``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping as MappingType
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode_cli import WeightsError, is_torch_file, load_torch
from dynode_stylegan.checkpoints.nvidia_pickle import Module, generator_record, load_networks
from dynode_stylegan.checkpoints.tensors import fill, mean_w_rows, shape_of
from dynode_stylegan.networks.mapping import Mapping, MappingConfig
from dynode_stylegan.networks.resampling import square
from dynode_stylegan.networks.stylegan2_network import StyleGAN2, StyleGAN2Config

_AVERAGED = 8192
"""How many random z stand for the mean of w where a checkpoint does not tell it."""


def load_stylegan2(path: Path) -> StyleGAN2:
    """The StyleGAN2 generator of a checkpoint, on the CPU.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or no StyleGAN2 generator in it.
    """
    if not is_torch_file(path):
        return from_nvidia(generator_record(load_networks(path), path), path)
    content = load_torch(path)
    state, average = generator_state(content, path)
    return from_rosinality(state, average, path)


def generator_state(content: Any, path: Path) -> tuple[dict[str, Tensor], Tensor | None]:
    """The generator's tensors under rosinality's names, and the mean of w if the file has it."""
    if not isinstance(content, MappingType):
        raise WeightsError(f"{path} holds a {type(content).__name__}, expected a dict with g_ema or state_dict")
    average = content.get("latent_avg")
    average = average if isinstance(average, Tensor) else None
    for name in ("g_ema", "g"):
        if isinstance(content.get(name), MappingType):
            return dict(content[name]), average
    state = content.get("state_dict", content)
    decoder = {name.removeprefix("decoder."): value for name, value in state.items() if name.startswith("decoder.")}
    if decoder:
        return decoder, average
    if "style.1.weight" in state:
        return dict(state), average
    keys = ", ".join(map(str, list(content)[:8]))
    raise WeightsError(
        f"{path} holds no StyleGAN2 generator: expected g_ema, or state_dict with decoder.*; found {keys}",
        hint="--generator names the kind of generator that the file holds: stylegan2, stylegan3, dcgan",
    )


def from_nvidia(record: Module, path: Path) -> StyleGAN2:
    """The network of a pickled StyleGAN2 generator."""
    tensors = {k: square(v) if k.endswith("resample_filter") else v for k, v in record.tensors().items()}
    synthesis = record.modules["synthesis"]
    if "input" in synthesis.modules:
        raise WeightsError(
            f"{path} holds a StyleGAN3 generator, expected StyleGAN2", hint="use --generator stylegan3"
        )
    channels = {
        int(name[1:]): shape_of(tensors, f"synthesis.{name}.conv1.weight", 4, path)[0]
        for name in synthesis.modules
        if name.startswith("b") and name[1:].isdigit()
    }
    if sorted(channels) != [4 << i for i in range(len(channels))] or len(channels) < 2:
        raise WeightsError(f"{path}: synthesis has blocks {sorted(channels)}, expected 4, 8, 16, ...")
    last = synthesis.modules[f"b{max(channels)}"]
    layer = last.modules["conv1"]
    activation = layer.setting("activation", "lrelu")
    if activation != "lrelu":
        raise WeightsError(f"{path}: layers have activation {activation}, expected lrelu")
    flat = "synthesis_kwargs" not in (record.attributes.get("_init_kwargs") or {})
    default_clamp = record.setting("conv_clamp", 256 if flat else None, "synthesis_kwargs")
    clamp = layer.setting("conv_clamp", default_clamp)
    config = StyleGAN2Config(
        mapping=nvidia_mapping(record, tensors, path),
        channels=channels,
        colours=shape_of(tensors, f"synthesis.b{max(channels)}.torgb.weight", 4, path)[0],
        filter_size=shape_of(tensors, "synthesis.b8.resample_filter", 2, path)[0],
        architecture=last.setting("architecture", record.setting("architecture", "skip", "synthesis_kwargs")),
        clamp=None if clamp is None else float(clamp),
        noise="synthesis.b4.conv1.noise_const" in tensors,
    )
    network = StyleGAN2(config)
    fill(network, tensors, path)
    return network.eval().requires_grad_(False)


def nvidia_mapping(record: Module, tensors: MappingType[str, Tensor], path: Path) -> MappingConfig:
    """Sizes of the mapping network of a pickled generator, StyleGAN2 or StyleGAN3."""
    mapping = record.modules["mapping"]
    layers = sum(name.removeprefix("fc").isdigit() for name in mapping.modules)
    hidden, inputs = shape_of(tensors, "mapping.fc0.weight", 2, path)
    w_dim = shape_of(tensors, f"mapping.fc{layers - 1}.weight", 2, path)[0]
    embedding, c_dim = shape_of(tensors, "mapping.embed.weight", 2, path) if "embed" in mapping.modules else (0, 0)
    default = record.setting("lr_multiplier", 0.01, "mapping_kwargs")
    return MappingConfig(
        z_dim=inputs - embedding,
        c_dim=c_dim,
        w_dim=w_dim,
        layers=layers,
        hidden=hidden,
        embedding=embedding,
        lr_multiplier=float(mapping.modules["fc0"].setting("bias_gain", default)),
    )


def from_rosinality(state: MappingType[str, Tensor], average: Tensor | None, path: Path) -> StyleGAN2:
    """The network of a state dict with rosinality's names."""
    w_dim, z_dim = shape_of(state, "style.1.weight", 2, path)
    layers = sum(name.startswith("style.") and name.endswith(".weight") for name in state)
    blocks = len({name.split(".")[1] for name in state if name.startswith("to_rgbs.")})
    channels = {4: shape_of(state, "conv1.conv.weight", 5, path)[1]}
    for index in range(blocks):
        channels[8 << index] = shape_of(state, f"convs.{2 * index + 1}.conv.weight", 5, path)[1]
    config = StyleGAN2Config(
        mapping=MappingConfig(z_dim, 0, w_dim, layers, w_dim, 0, lr_multiplier=0.01),
        channels=channels,
        filter_size=shape_of(state, "convs.0.conv.blur.kernel", 2, path)[0],
        noise="conv1.noise.weight" in state,
    )
    network = StyleGAN2(config)
    names = _rosinality_names(config)
    tensors = {name: _converted(name, state[source]) for name, source in names.items() if source in state}
    for name, noise in _missing_noise(network).items():
        tensors.setdefault(name, noise)
    tensors["mapping.w_avg"] = torch.zeros(w_dim) if average is None else mean_w_rows(average, w_dim, path).mean(0)
    fill(network, tensors, path, names)
    if average is None:
        network.mapping.w_avg.copy_(mean_w(network.mapping))
    return network.eval().requires_grad_(False)


def mean_w(mapping: Mapping) -> Tensor:
    """Mean of w (w_dim,) over random z; the same at every call."""
    z = torch.randn(_AVERAGED, mapping.config.z_dim, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mean: Tensor = mapping(z).mean(0)
    return mean


def _missing_noise(network: StyleGAN2) -> dict[str, Tensor]:
    """Noise for the state dicts of early versions, which stored none: random, but always the same."""
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(value.shape, generator=generator)
        for name, value in network.state_dict().items()
        if name.endswith("noise_const")
    }


def _rosinality_names(config: StyleGAN2Config) -> dict[str, str]:
    """What rosinality calls each tensor of the network."""
    names = {
        f"mapping.fc{i}.{kind}": f"style.{i + 1}.{kind}"
        for i in range(config.mapping.layers)
        for kind in ("weight", "bias")
    }
    names["synthesis.b4.const"] = "input.input"
    convolutions = [("b4.conv1", "conv1")]
    colours = [("b4.torgb", "to_rgb1")]
    for index, resolution in enumerate(sorted(config.channels)[1:]):
        convolutions += [(f"b{resolution}.conv{i}", f"convs.{2 * index + i}") for i in (0, 1)]
        colours.append((f"b{resolution}.torgb", f"to_rgbs.{index}"))
        names[f"synthesis.b{resolution}.resample_filter"] = f"to_rgbs.{index}.upsample.kernel"
        names[f"synthesis.b{resolution}.conv0.resample_filter"] = f"convs.{2 * index}.conv.blur.kernel"
    for number, (ours, theirs) in enumerate(convolutions):
        names[f"synthesis.{ours}.weight"] = f"{theirs}.conv.weight"
        names[f"synthesis.{ours}.bias"] = f"{theirs}.activate.bias"
        names[f"synthesis.{ours}.noise_strength"] = f"{theirs}.noise.weight"
        names[f"synthesis.{ours}.noise_const"] = f"noises.noise_{number}"
    for ours, theirs in colours:
        names[f"synthesis.{ours}.weight"] = f"{theirs}.conv.weight"
        names[f"synthesis.{ours}.bias"] = f"{theirs}.bias"
    for ours, theirs in convolutions + colours:
        for kind in ("weight", "bias"):
            names[f"synthesis.{ours}.affine.{kind}"] = f"{theirs}.conv.modulation.{kind}"
    return names


def _converted(name: str, tensor: Tensor) -> Tensor:
    """A tensor of rosinality's, as the network holds it."""
    kind = name.rsplit(".", 1)[-1]
    if kind == "resample_filter":
        return tensor / 4.0
    if kind == "bias":  # (1, C, 1, 1) in ToRGB, and everywhere in early versions
        return tensor.reshape(-1)
    if kind in ("noise_const", "noise_strength"):
        return tensor.squeeze()
    if kind == "const":
        return tensor[0]
    if tensor.ndim == 5:
        scale = 1.0 if name.endswith("torgb.weight") else 1.0 / math.sqrt(tensor[0, 0].numel())
        return tensor[0] * scale
    return tensor
