"""What the suites are made of: requirements that explain themselves, and measurements of side effects."""

from __future__ import annotations

import gc
import json
import random
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dynode_cli.errors import DynodeError


def require(condition: bool, sentence: str) -> None:
    """Fail with `sentence` unless `condition` holds."""
    if not condition:
        raise AssertionError(sentence)


def require_shape(what: str, tensor: object, shape: tuple[int, ...]) -> None:
    """`tensor` is one, and has `shape`."""
    require(isinstance(tensor, Tensor), f"{what} is {type(tensor).__name__}, not a torch tensor")
    assert isinstance(tensor, Tensor)
    require(tuple(tensor.shape) == tuple(shape), f"{what} has shape {tuple(tensor.shape)}, expected {tuple(shape)}")


def require_finite(what: str, tensor: Tensor) -> None:
    """No NaN and no infinity."""
    bad = int((~torch.isfinite(tensor)).sum())
    require(bad == 0, f"{what} has {bad} values that are not finite")


def require_dtype(what: str, tensor: Tensor, dtype: torch.dtype) -> None:
    """`tensor` has `dtype`."""
    require(tensor.dtype == dtype, f"{what} is {tensor.dtype}, expected {dtype}")


def require_device(what: str, tensor: Tensor, device: str) -> None:
    """`tensor` is on `device`."""
    found = tensor.device.type
    require(found == torch.device(device).type, f"{what} is on {found}, but the context's device is {device}")


def require_close(what: str, found: Tensor, expected: Tensor, tolerance: float) -> None:
    """Largest difference at most `tolerance` of the largest expected magnitude (at least of 1e-3)."""
    require_shape(what, found, tuple(expected.shape))
    require_finite(what, found)
    if expected.numel() == 0:
        return
    one, other = found.detach().to("cpu", torch.float64), expected.detach().to("cpu", torch.float64)
    scale = max(float(other.abs().max()), 1e-3)
    worst = float((one - other).abs().max()) / scale
    require(worst <= tolerance, f"{what} differs by {worst:.3g} of its magnitude; at most {tolerance:g} is allowed")


def require_same(what: str, found: Mapping[str, Tensor], expected: Mapping[str, Tensor], tolerance: float) -> None:
    """Results of two runs agree."""
    require(found.keys() == expected.keys(), f"{what}: one run gave {sorted(found)}, the other {sorted(expected)}")
    for name, tensor in found.items():
        require_close(f"{what}: {name}", tensor, expected[name], tolerance)


def require_json(what: str, value: Any) -> None:
    """`value` can be written as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{what} cannot be written as JSON: {error}") from error


def through_safetensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors` as they come back from a safetensors file: what cannot be kept without pickle fails here."""
    for name, tensor in tensors.items():
        require(isinstance(tensor, Tensor), f"state '{name}' is {type(tensor).__name__}; only tensors can be saved")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.safetensors"
        save_file({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, path)
        return {name: tensor.clone() for name, tensor in load_file(path).items()}


def devices() -> list[str]:
    """Devices of this machine that a plugin is tested on."""
    return ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@contextmanager
def only_typed_errors(doing: str) -> Iterator[None]:
    """What goes wrong inside is a :class:`~dynode_cli.errors.DynodeError`; anything else fails."""
    try:
        yield
    except DynodeError as error:
        require(bool(str(error).strip()), f"{doing} raised {type(error).__name__} without a message")
    except Exception as error:  # whatever it is, it is named
        raise AssertionError(
            f"{doing} raised {type(error).__name__} ({error}); raise one of dynode_cli's errors, with a hint"
        ) from error


@contextmanager
def must_raise(expected: type[DynodeError], doing: str) -> Iterator[None]:
    """`expected` is raised inside."""
    try:
        yield
    except expected as error:
        require(bool(str(error).strip()), f"{doing} raised {type(error).__name__} without a message")
        return
    except Exception as error:  # whatever it is, it is named
        raise AssertionError(
            f"{doing} raised {type(error).__name__} ({error}), expected {expected.__name__}"
        ) from error
    raise AssertionError(f"{doing} was accepted, expected {expected.__name__}")


@contextmanager
def global_random_state(seed: int) -> Iterator[dict[str, bytes]]:
    """The global random generators are seeded with `seed` inside, and are as before afterwards.

    What comes is filled with the states that they were left in.
    """
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    left: dict[str, bytes] = {}
    try:
        yield left
        left["random"] = repr(random.getstate()).encode()
        left["numpy"] = repr(np.random.get_state(legacy=False)).encode()
        left["torch"] = torch.get_rng_state().numpy().tobytes()
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])


def require_not_seeded(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> None:
    """The global random generators, seeded differently before, were left in different states."""
    seeded = [name for name, state in one.items() if state == other[name]]
    require(
        not seeded,
        f"it seeds the global random generator of {', '.join(seeded)}, which is not its own; "
        "make a generator of your own from context.seed",
    )


def held_bytes() -> int:
    """Bytes that tensors, arrays and Python objects hold now; arrays and objects only while tracemalloc runs."""
    gc.collect()
    storages: dict[int, int] = {}
    for found in gc.get_objects():
        # By type: isinstance would wake lazily imported modules.
        if issubclass(type(found), Tensor) and found.layout == torch.strided:
            storage = found.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    traced = tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0
    return sum(storages.values()) + traced


@contextmanager
def traced_memory() -> Iterator[None]:
    """:func:`held_bytes` sees arrays and Python objects made inside."""
    ours = not tracemalloc.is_tracing()
    if ours:
        tracemalloc.start()
    try:
        yield
    finally:
        if ours:
            tracemalloc.stop()
