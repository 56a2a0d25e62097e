"""Direction files: our own, and the kinds that are found in the wild.

Our own are safetensors with a tensor ``direction`` ((D,) or (L, D) float32) and metadata ``format``, ``name``,
``space`` and ``provenance`` (JSON). In the wild there are bare vectors as ``.pt`` and ``.npy`` (InterFaceGAN,
e4e) and dictionaries of principal components (GANSpace).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dynode_cli.directions.latent import LatentDirection
from dynode_cli.errors import InputError, UsageError, WeightsError
from dynode_cli.files.safe_loading import load_torch
from dynode_cli.files.tensors import load_tensors, save_tensors
from dynode_cli.values.words import short

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
    if not isinstance(content, Mapping) or "comp" not in content:
        return None
    return len(_components(path, content["comp"]))


def _own(path: Path, space: str | None) -> LatentDirection:
    file = load_tensors(path)
    metadata = file.metadata
    if "direction" not in file.tensors:
        raise InputError(f"{path}: holds no direction, but {', '.join(sorted(file.tensors))}")
    vector = _vector(path, file.tensors["direction"])
    if metadata.get("format") != FORMAT:
        raise InputError(f"{path}: format '{metadata.get('format')}' is not known; this version reads {FORMAT}")
    stated = metadata.get("space", "")
    if space is not None and space != stated:
        raise UsageError(f"{path} says that it is of space {stated}, not {space}")
    provenance = _provenance(path, metadata.get("provenance", "{}"))
    return LatentDirection(metadata.get("name", path.stem), stated, vector, None, provenance)


def _provenance(path: Path, written: str) -> dict[str, Any]:
    try:
        facts = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: its provenance is no JSON ({error})") from error
    if not isinstance(facts, dict):
        raise InputError(f"{path}: its provenance is no JSON object, but {short(facts)}")
    return facts


def _bare(path: Path) -> Any:
    if path.suffix.lower() in PICTURES:
        raise InputError(
            f"{path}: a picture is no direction", hint=f"for a frame that was painted on: --image {path}"
        )
    try:
        if path.suffix == ".npy":
            return _numpy(path)
        return load_torch(path)
    except WeightsError as error:
        raise InputError(str(error), hint=error.hint) from error


def _numpy(path: Path) -> Any:
    # numpy reads the header as Python would, so a damaged one fails in any of the ways of Python's parser. Mapped into
    # memory first, so that no memory is taken for numbers that a header promises and the file does not have.
    try:
        return np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, TypeError, LookupError, SyntaxError, TokenError, RecursionError, EOFError, OSError) as error:
        raise InputError(f"{path}: not a .npy file of numbers, or a damaged one ({error})") from error


def _principal(path: Path, content: Mapping[Any, Any], component: int | None, space: str | None) -> LatentDirection:
    missing = [name for name in ("comp", "std") if name not in content]
    if missing:
        raise InputError(
            f"{path}: neither a vector nor principal components: found {', '.join(map(str, content)) or 'nothing'}"
        )
    components = _components(path, content["comp"])
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


def _components(path: Path, content: Any) -> Tensor:
    """(K, D)."""
    # Files of GANSpace have a transposed layout behind their shape; reshaping must not rely on strides.
    components = _array(path, content)
    if components.ndim < 2:
        raise InputError(f"{path}: {tuple(components.shape)} are no components; expected (K, D) or (K, 1, D) numbers")
    return components.reshape(len(components), -1)


def _refuse_component(path: Path, component: int | None) -> None:
    if component is not None:
        raise UsageError(f"{path} is a single direction, without components", hint=f"leave out :{component}")


def _array(path: Path, content: Any) -> Tensor:
    if isinstance(content, np.ndarray):
        if content.dtype.kind not in "fiu":
            raise InputError(f"{path}: {content.dtype} is no type of numbers")
        with np.errstate(over="ignore"):
            content = torch.from_numpy(content.astype(np.float32))
    if not isinstance(content, Tensor):
        raise InputError(f"{path}: holds {type(content).__name__} where numbers are expected")
    if content.layout != torch.strided or content.is_complex() or content.is_quantized:
        raise InputError(f"{path}: {content.dtype}, {content.layout}: not plain real numbers")
    if content.numel() == 0:
        raise InputError(f"{path}: {tuple(content.shape)}: there are no numbers in it")
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
