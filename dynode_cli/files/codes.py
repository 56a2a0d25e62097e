"""Code files: latent codes and their times, as safetensors with a JSON header.

Tensors ``codes`` (N, *shape) float32 and ``times`` (N,) float64 in seconds; metadata ``format: dynode-codes/1``
and whatever else the writer knew (generator, space, source), each value a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from dynode_cli.errors import InputError
from dynode_cli.files.tensors import load_tensors, save_tensors

FORMAT = "dynode-codes/1"
VARIANCE_FORMAT = "dynode-variance/1"


@dataclass(frozen=True)
class Codes:
    """Latent codes (N, *shape) float32 at times (N,) float64 seconds, strictly increasing."""

    codes: Tensor
    times: Tensor
    metadata: Mapping[str, str] = field(default_factory=dict)


def load_codes(path: str | Path) -> Codes:
    """Read a code file.

    Raises:
        InputError: the file is missing, is no code file, or its codes and times do not fit together.
    """
    file = load_tensors(path)
    tensors, metadata = file.tensors, file.metadata
    missing = {"codes", "times"} - set(tensors)
    if missing:
        raise InputError(
            f"{path}: tensor {' and '.join(sorted(missing))} missing; found {', '.join(sorted(tensors))}"
        )
    codes, times = tensors["codes"], tensors["times"]
    declared = metadata.get("format", FORMAT)
    if declared != FORMAT:
        raise InputError(f"{path}: format '{declared}' is not known; this version reads {FORMAT}")
    if times.ndim != 1 or codes.ndim < 1 or len(codes) != len(times) or len(times) == 0:
        raise InputError(
            f"{path}: codes {tuple(codes.shape)} and times {tuple(times.shape)} do not fit; "
            "expected (N, ...) and (N,) with N >= 1"
        )
    if codes.is_complex() or times.is_complex():
        raise InputError(f"{path}: codes and times must be real numbers")
    codes, times = codes.to(torch.float32), times.to(torch.float64)
    if not bool(torch.isfinite(times).all()) or not bool((times.diff() > 0).all()):
        raise InputError(f"{path}: times must be finite and strictly increasing")
    if not bool(torch.isfinite(codes).all()):
        raise InputError(f"{path}: codes must be finite; {int((~torch.isfinite(codes)).sum())} values are not")
    return Codes(codes, times, metadata)


def save_codes(path: str | Path, codes: Codes, *, replace: bool = True) -> None:
    """Write `codes` to `path`; a file there is replaced only once the new one is complete.

    Arguments:
        replace: whether a file that is there may be replaced.

    Raises:
        DeviceError: it cannot be written.
        DynodeError: a file that may not be replaced came meanwhile.
    """
    tensors = {"codes": codes.codes.to(torch.float32), "times": codes.times.to(torch.float64)}
    save_tensors(path, tensors, {**codes.metadata, "format": FORMAT}, replace=replace)


def save_variance(path: str | Path, variance: Tensor, times: Tensor, *, replace: bool = True) -> None:
    """Write the `variance` (T, *shape) that codes have at `times` (T,), seconds, as tensors of these names.

    Arguments:
        replace: whether a file that is there may be replaced.

    Raises:
        DeviceError: it cannot be written.
        DynodeError: a file that may not be replaced came meanwhile.
    """
    tensors = {"variance": variance.to(torch.float32), "times": times.to(torch.float64)}
    save_tensors(path, tensors, {"format": VARIANCE_FORMAT}, replace=replace)
