"""Tensors written to files that are there only once they are complete."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from dynode_cli.errors import DeviceError


def save_tensors(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write `tensors` by name to the safetensors file `path`; one that is there is replaced in the end.

    Raises:
        DeviceError: it cannot be written.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    content = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(content, part, metadata=None if metadata is None else dict(metadata))
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise DeviceError(f"{path}: cannot be written ({error})") from error
    finally:
        part.unlink(missing_ok=True)
