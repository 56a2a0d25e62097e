"""Code files: latent codes and their times, as safetensors with a JSON header.

Tensors ``codes`` (N, *shape) float32 and ``times`` (N,) float64 in seconds; metadata ``format: dynode-codes/1``
and whatever else the writer knew (generator, space, source), each value a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from dynode_cli.errors import InputError

FORMAT = "dynode-codes/1"


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
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            missing = {"codes", "times"} - set(file.keys())
            if missing:
                raise InputError(
                    f"{path}: tensor {' and '.join(sorted(missing))} missing; found {', '.join(sorted(file.keys()))}"
                )
            codes, times = file.get_tensor("codes"), file.get_tensor("times")
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file ({error})") from error
    declared = metadata.get("format", FORMAT)
    if declared != FORMAT:
        raise InputError(f"{path}: format '{declared}' is not known; this version reads {FORMAT}")
    if times.ndim != 1 or codes.ndim < 1 or len(codes) != len(times) or len(times) == 0:
        raise InputError(
            f"{path}: codes {tuple(codes.shape)} and times {tuple(times.shape)} do not fit; "
            "expected (N, ...) and (N,) with N >= 1"
        )
    times = times.to(torch.float64)
    if not bool(torch.isfinite(times).all()) or not bool((times.diff() > 0).all()):
        raise InputError(f"{path}: times must be finite and strictly increasing")
    if not bool(torch.isfinite(codes).all()):
        raise InputError(f"{path}: codes must be finite; {int((~torch.isfinite(codes)).sum())} values are not")
    return Codes(codes.to(torch.float32), times, metadata)


def save_codes(path: str | Path, codes: Codes) -> None:
    """Write `codes` to `path`; a file there is replaced only once the new one is complete."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    tensors = {
        "codes": codes.codes.detach().to("cpu", torch.float32).contiguous(),
        "times": codes.times.detach().to("cpu", torch.float64).contiguous(),
    }
    try:
        save_file(tensors, part, metadata={**codes.metadata, "format": FORMAT})
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
