"""Putting the tensors of a checkpoint into a network, or saying exactly why they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from dynode_cli import WeightsError

_SHOWN = 3


def fill(
    network: nn.Module, tensors: Mapping[str, Tensor], path: Path, names: Mapping[str, str] | None = None
) -> None:
    """Copy `tensors` into `network`, whose every parameter and buffer must be among them with the same shape.

    Arguments:
        names: what the file calls a tensor, where that is not what `network` calls it.

    Raises:
        WeightsError: tensors that are missing, of another shape, or not finite.
    """
    expected = network.state_dict()
    called = {name: (names or {}).get(name, name) for name in expected}
    missing = [called[name] for name in expected if name not in tensors]
    if missing:
        raise WeightsError(f"{path} lacks {len(missing)} of {len(expected)} tensors: {_first(missing)}")
    wrong = [
        f"{called[name]} is {tuple(tensors[name].shape)}, expected {tuple(value.shape)}"
        for name, value in expected.items()
        if tensors[name].shape != value.shape
    ]
    if wrong:
        raise WeightsError(f"{path}: {len(wrong)} tensors are of another shape: {_first(wrong)}")
    spoilt = [called[name] for name in expected if not bool(torch.isfinite(tensors[name]).all())]
    if spoilt:
        raise WeightsError(f"{path}: {len(spoilt)} tensors are not finite: {_first(spoilt)}")
    network.load_state_dict({name: tensors[name] for name in expected})


def shape_of(tensors: Mapping[str, Tensor], name: str, axes: int, path: Path) -> tuple[int, ...]:
    """Shape of a tensor that tells the size of a network.

    Raises:
        WeightsError: it is missing, or has not `axes` axes.
    """
    if name not in tensors:
        raise WeightsError(f"{path} has no tensor {name}; found {_first(sorted(tensors))}")
    shape = tuple(tensors[name].shape)
    if len(shape) != axes:
        raise WeightsError(f"{path}: {name} is {shape}, expected {axes} axes")
    return shape


def mean_w_rows(average: Tensor, width: int, path: Path) -> Tensor:
    """The mean of w that a file holds as ``latent_avg``: (1, D) for all layers, or (L, D).

    Raises:
        WeightsError: it is not `width` wide.
    """
    if average.ndim == 0 or average.shape[-1] != width:
        raise WeightsError(f"{path}: latent_avg is {tuple(average.shape)}, expected ({width},) or (layers, {width})")
    return average.reshape(-1, width)


def _first(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
