"""Direction files: our own, and the kinds that are found in the wild.

Our own are safetensors with a tensor ``direction`` ((D,) or (L, D) float32) and metadata ``format``, ``name``,
``space`` and ``provenance`` (JSON). In the wild there are bare vectors as ``.pt`` and ``.npy`` (InterFaceGAN,
e4e) and dictionaries of principal components (GANSpace).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dynode_cli.directions.latent import LatentDirection
from dynode_cli.errors import InputError, UsageError, WeightsError
from dynode_cli.files.safe_loading import load_torch
from dynode_cli.files.tensors import save_tensors

FORMAT = "dynode-direction/1"
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")


def load_direction(path: Path, component: int | None = None, space: str | None = None) -> LatentDirection:
    """Read a direction.

    Arguments:
        component: which principal component of a GANSpace file, from 0. Its strength counts standard deviations.
        space: that of a bare vector, which does not say. By default a single vector is one of w, and a vector for
            each layer one of w+.

    Raises:
        InputError: no such file, or none that holds a direction.
        UsageError: a component is asked for where there are none, or is missing, or the file says another space.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if path.suffix == ".safetensors":
        _refuse_component(path, component)
        return _own(path, space)
    content = _bare(path)
    if isinstance(content, Mapping):
        return _principal(path, content, component, space)
    _refuse_component(path, component)
    vector = _vector(path, content)
    return LatentDirection(path.stem, space or ("w" if vector.ndim == 1 else "w+"), vector, None, {"file": path.name})


def save_direction(path: Path, direction: LatentDirection, *, replace: bool = True) -> None:
    """Write our own kind of file; one that is there is replaced, if it may be, only once the new one is complete."""
    metadata = {
        "format": FORMAT,
        "name": direction.name,
        "space": direction.space,
        "provenance": json.dumps(direction.provenance),
    }
    save_tensors(path, {"direction": direction.vector.to(torch.float32)}, metadata, replace=replace)


def components_in(path: Path) -> int | None:
    """How many principal components a GANSpace file has; None for other files.

    Raises:
        InputError: it cannot be read.
    """
    if path.suffix == ".safetensors":
        return None
    content = _bare(path)
    return len(_array(path, content["comp"])) if isinstance(content, Mapping) and "comp" in content else None


def _own(path: Path, space: str | None) -> LatentDirection:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            if "direction" not in file.keys():  # noqa: SIM118  # not a mapping
                raise InputError(f"{path}: holds no direction, but {', '.join(sorted(file.keys()))}")
            vector = _vector(path, file.get_tensor("direction"))
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a safetensors file ({error})") from error
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: format '{metadata.get('format')}' is not known; this version reads {FORMAT}")
    stated = metadata.get("space", "")
    if space is not None and space != stated:
        raise UsageError(f"{path} says that it is of space {stated}, not {space}")
    provenance = json.loads(metadata.get("provenance", "{}"))
    return LatentDirection(metadata.get("name", path.stem), stated, vector, None, provenance)


def _bare(path: Path) -> Any:
    if path.suffix.lower() in PICTURES:
        raise InputError(
            f"{path}: a picture is no direction", hint=f"for a frame that was painted on: --image {path}"
        )
    try:
        if path.suffix == ".npy":
            return np.load(path, allow_pickle=False)
        return load_torch(path)
    except WeightsError as error:
        raise InputError(str(error), hint=error.hint) from error
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: not a .npy file of numbers ({error})") from error


def _principal(path: Path, content: Mapping[Any, Any], component: int | None, space: str | None) -> LatentDirection:
    missing = [name for name in ("comp", "std") if name not in content]
    if missing:
        raise InputError(
            f"{path}: neither a vector nor principal components: found {', '.join(map(str, content)) or 'nothing'}"
        )
    # Files of GANSpace have a transposed layout behind their shape; reshaping must not rely on strides.
    components = _array(path, content["comp"])
    components = components.reshape(len(components), -1)
    spread = _array(path, content["std"]).reshape(-1)
    if len(spread) != len(components):
        raise InputError(f"{path}: {len(components)} components, but {len(spread)} standard deviations")
    if component is None:
        raise UsageError(
            f"{path} holds {len(components)} principal components; say which",
            hint=f"{path}:0 is the strongest, {path}:{len(components) - 1} the weakest",
        )
    if not 0 <= component < len(components):
        raise UsageError(f"{path}: there is no component {component}; it has 0 to {len(components) - 1}")
    vector = _vector(path, components[component] * spread[component])
    return LatentDirection(
        f"{path.stem}:{component}", space or "w", vector, None, {"file": path.name, "method": "GANSpace"}
    )


def _refuse_component(path: Path, component: int | None) -> None:
    if component is not None:
        raise UsageError(f"{path} is a single direction, without components", hint=f"leave out :{component}")


def _array(path: Path, content: Any) -> Tensor:
    if isinstance(content, np.ndarray):
        if content.dtype.kind not in "fiu":
            raise InputError(f"{path}: {content.dtype} is no type of numbers")
        content = torch.from_numpy(content.astype(np.float32))
    if not isinstance(content, Tensor):
        raise InputError(f"{path}: holds {type(content).__name__} where numbers are expected")
    return content.detach().to("cpu", torch.float32).contiguous()


def _vector(path: Path, content: Any) -> Tensor:
    """(D,) or (L, D): dimensions of length 1 in front mean nothing."""
    vector = _array(path, content)
    while vector.ndim > 1 and vector.shape[0] == 1:
        vector = vector[0]
    if vector.ndim not in (1, 2) or vector.numel() < 2:
        raise InputError(
            f"{path}: {tuple(content.shape)} is no direction; expected (1, D), (L, D) or (1, L, D) numbers"
        )
    if not bool(torch.isfinite(vector).all()):
        raise InputError(f"{path}: the direction has numbers that are not finite")
    if not bool(vector.any()):
        raise InputError(f"{path}: the direction is zero, so it leads nowhere")
    return vector
