"""Tensors in safetensors files: read with an error that names the file, and there only once they are complete.

The library's own `save_file` makes and renames a file of its own, and `save` holds a copy of everything. The format is
simple: the length of the header (8 bytes, little-endian), the header as JSON, the bytes of the tensors in a row.

Reference: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dynode_cli.errors import DeviceError, InputError
from dynode_cli.saving.failures import write_failure
from dynode_cli.saving.whole import write_chunks

_DTYPES = {
    torch.float64: "F64", torch.int64: "I64", torch.float32: "F32", torch.int32: "I32", torch.float16: "F16",
    torch.bfloat16: "BF16", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
_ALIGNMENT = 8
"""Bytes of which the header has a whole number, so that numbers lie where processors want them."""


@dataclass(frozen=True)
class TensorFile:
    """What a safetensors file holds."""

    tensors: Mapping[str, Tensor]
    """By name."""
    metadata: Mapping[str, str]


def load_tensors(path: str | Path) -> TensorFile:
    """Read the safetensors file `path`.

    Raises:
        InputError: no such file, or it is damaged, or of another kind.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
            return TensorFile(tensors, dict(file.metadata() or {}))
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not a safetensors file, or a damaged one ({error})") from error


def save_tensors(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    metadata: Mapping[str, str] | None = None,
    *,
    replace: bool = True,
    durable: bool = True,
) -> None:
    """Write `tensors` by name to the safetensors file (or named pipe) `path`; it is there only once it is complete.

    Arguments:
        replace: whether a file that is there may be replaced.
        durable: wait until it would outlast a loss of power.

    Raises:
        DeviceError: it cannot be written.
        DynodeError: its place was taken meanwhile.
    """
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # The widest numbers first: each then begins at a multiple of its width.
    order = sorted(content, key=lambda name: (-content[name].element_size(), name))
    try:
        write_chunks(
            path, _encoded({name: content[name] for name in order}, metadata), replace=replace, durable=durable
        )
    except OSError as error:
        told = write_failure(str(path), error)
        if isinstance(told, DeviceError):
            raise told from error
        raise DeviceError(f"{path}: cannot be written ({error.strerror})") from error


def _encoded(tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None) -> Iterator[bytes | memoryview]:
    """The bytes of a file, piece by piece."""
    header: dict[str, object] = {} if metadata is None else {"__metadata__": dict(metadata)}
    at = 0
    for name, tensor in tensors.items():
        end = at + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    yield len(text).to_bytes(8, "little") + text
    for tensor in tensors.values():
        if tensor.numel():
            yield tensor.reshape(-1).view(torch.uint8).numpy().data
