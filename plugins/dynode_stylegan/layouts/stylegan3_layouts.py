"""NVIDIA's pickles of StyleGAN3 generators."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode_cli import WeightsError, is_torch_file
from dynode_stylegan.checkpoints.nvidia_pickle import Module, generator_record, load_networks
from dynode_stylegan.checkpoints.tensors import fill, shape_of
from dynode_stylegan.layouts.stylegan2_layouts import nvidia_mapping
from dynode_stylegan.networks.stylegan3_network import InputConfig, LayerConfig, StyleGAN3, StyleGAN3Config


def load_stylegan3(path: Path) -> StyleGAN3:
    """The StyleGAN3 generator of a checkpoint, on the CPU.

    Raises:
        InputError: no such file.
        WeightsError: unsafe or damaged file, or no StyleGAN3 generator in it.
    """
    if is_torch_file(path):
        raise WeightsError(
            f"{path} is a torch file, expected a StyleGAN3 pickle (.pkl)", hint="use --generator stylegan2 for .pt"
        )
    record = generator_record(load_networks(path), path)
    tensors = record.tensors()
    synthesis = record.modules["synthesis"]
    if "input" not in synthesis.modules:
        raise WeightsError(
            f"{path} holds no StyleGAN3 generator; its synthesis has {', '.join(list(synthesis.modules)[:4])}",
            hint="use --generator stylegan2",
        )
    named = {n: m for n, m in synthesis.modules.items() if n.startswith("L") and n[1:].split("_")[0].isdigit()}
    ordered = sorted(named.items(), key=lambda item: int(item[0][1:].split("_")[0]))
    layers = {name: _layer(name, module, tensors, path) for name, module in ordered}
    config = StyleGAN3Config(
        mapping=nvidia_mapping(record, tensors, path),
        input=_input(synthesis.modules["input"], tensors, path),
        layers=layers,
        resolution=int(_setting(record, "img_resolution", "G_ema", path)),
        output_scale=float(synthesis.setting("output_scale", 0.25)),
    )
    network = StyleGAN3(config)
    fill(network, tensors, path)
    return network.eval().requires_grad_(False)


def _input(module: Module, tensors: Mapping[str, Tensor], path: Path) -> InputConfig:
    width, height = _pair(_setting(module, "size", "synthesis.input", path))
    return InputConfig(
        channels=shape_of(tensors, "synthesis.input.freqs", 2, path)[0],
        size=(int(width), int(height)),
        sampling_rate=float(_setting(module, "sampling_rate", "synthesis.input", path)),
        bandwidth=float(_setting(module, "bandwidth", "synthesis.input", path)),
    )


def _layer(name: str, module: Module, tensors: Mapping[str, Tensor], path: Path) -> LayerConfig:
    prefix = f"synthesis.{name}"
    outputs, inputs, kernel, _ = shape_of(tensors, f"{prefix}.weight", 4, path)
    clamp = module.setting("conv_clamp", 256)
    up = int(_setting(module, "up_factor", prefix, path))
    left, right, above, below = _setting(module, "padding", prefix, path)
    filters = {key: tensors.get(f"{prefix}.{key}_filter") for key in ("up", "down")}
    width, height = _pair(_setting(module, "in_size", prefix, path))
    return LayerConfig(
        inputs=inputs,
        outputs=outputs,
        kernel=kernel,
        to_rgb=bool(_setting(module, "is_torgb", prefix, path)),
        up=up,
        down=int(_setting(module, "down_factor", prefix, path)),
        up_filter=None if filters["up"] is None else tuple(filters["up"].shape),
        down_filter=None if filters["down"] is None else tuple(filters["down"].shape),
        padding=(int(left), int(right), int(above), int(below)),
        clamp=None if clamp is None else float(clamp),
        half=bool(module.setting("use_fp16", False)),
        pixels=int(width * up) * int(height * up),
    )


def _pair(size: Any) -> tuple[int, int]:
    """(W, H) of a size that is an array, a list or one number."""
    values = getattr(size, "values", size)
    width, height = values if isinstance(values, (list, tuple)) else (values, values)
    return int(width), int(height)


def _setting(module: Module, name: str, where: str, path: Path) -> Any:
    value = module.setting(name, None)
    if value is None:
        raise WeightsError(f"{path}: {where} ({module.class_name}) does not tell its {name}")
    return value
