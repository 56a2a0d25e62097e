"""Pickles of NVIDIA's ``stylegan2-ada-pytorch`` and ``stylegan3`` repositories, read without their code.

Such a file holds a dict of networks (``G_ema``, ``D``, ...). Every module in it is pickled as a call of
``torch_utils.persistence._reconstruct_persistent_obj`` with its class name, its state and the source of its
class; here the call makes a :class:`Module` from the first two, and the source is dropped unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode_cli import Constructor, WeightsError, load_pickle

_STRUCTURE = ("_parameters", "_buffers", "_modules")


@dataclass(frozen=True)
class Module:
    """One module of a pickled network."""

    class_name: str
    attributes: Mapping[str, Any]
    """Whatever it stored that is no parameter, buffer or module."""
    own: Mapping[str, Tensor]
    """Its parameters and buffers."""
    modules: Mapping[str, Module]

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, by dotted name."""
        yield prefix, self
        for name, module in self.modules.items():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by dotted name, like a state dict."""
        return {
            f"{path}.{name}" if path else name: tensor.detach()
            for path, module in self.named_modules()
            for name, tensor in module.own.items()
        }

    def setting(self, name: str, default: Any, *groups: str) -> Any:
        """An attribute, else an argument that the module was made with, else one inside `groups`."""
        arguments = self.attributes.get("_init_kwargs") or {}
        places = [self.attributes, arguments, *(arguments.get(group) or {} for group in groups)]
        return next((place[name] for place in places if name in place), default)


def load_networks(path: Path) -> dict[str, Module]:
    """The networks of `path` by name: ``G``, ``D``, ``G_ema``.

    Raises:
        InputError: no such file.
        WeightsError: the file names anything but tensors and persistent modules, is truncated, comes from
            TensorFlow, or holds no network.
    """

    class TensorFlowNetwork:
        """Made for each load, so that nothing a pickle does to it outlives the load."""

        def __new__(cls, *arguments: object) -> TensorFlowNetwork:
            raise WeightsError(
                f"{path} is a pickle of TensorFlow's StyleGAN (dnnlib.tflib), which has no PyTorch weights",
                hint="convert it with legacy.py of NVIDIA's stylegan2-ada-pytorch or stylegan3 repository",
            )

    names = {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): Constructor(_module),
        ("dnnlib.util", "EasyDict"): dict,
        ("dnnlib.tflib.network", "Network"): TensorFlowNetwork,
    }
    content = load_pickle(path, names)
    networks = {k: v for k, v in content.items() if isinstance(v, Module)} if isinstance(content, dict) else {}
    if not networks:
        found = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
        raise WeightsError(f"{path} holds no network: expected a dict with G_ema, found {found or 'nothing'}")
    return networks


def generator_record(networks: Mapping[str, Module], path: Path) -> Module:
    """``G_ema`` of `networks`, in which the layers of mapping and synthesis must be found.

    Raises:
        WeightsError: there is none, or it has no mapping and synthesis.
    """
    if "G_ema" not in networks:
        raise WeightsError(f"{path} has no G_ema; found {', '.join(networks)}")
    generator = networks["G_ema"]
    missing = {"mapping", "synthesis"} - set(generator.modules)
    if missing:
        raise WeightsError(
            f"{path}: G_ema has no {' and no '.join(sorted(missing))}; it is a {generator.class_name} "
            f"with {', '.join(generator.modules) or 'no modules'}"
        )
    return generator


def _module(meta: Mapping[str, Any]) -> Module:
    state = dict(meta["state"])
    tensors = {
        name: tensor
        for group in ("_parameters", "_buffers")
        for name, tensor in dict(state.get(group) or {}).items()
        if isinstance(tensor, Tensor)
    }
    modules = {
        name: module for name, module in dict(state.get("_modules") or {}).items() if isinstance(module, Module)
    }
    attributes = {name: value for name, value in state.items() if name not in _STRUCTURE}
    return Module(str(meta["class_name"]), attributes, tensors, modules)
