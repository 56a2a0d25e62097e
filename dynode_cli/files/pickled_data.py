"""Names that a pickle of weights may hold, and what answers in their place.

The pickle chooses the arguments of every call and may try to set attributes of whatever it was given, so each
answer is either an immutable built-in type or an object that refuses to be changed. numpy's own reconstruction
is not among them: a made-up dtype state can corrupt memory. Its data become plain Python values instead.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import _utils as torch_utils

_ORDERS = {"<", ">", "=", "|"}


class Constructor:
    """A callable that a pickle may call but not change."""

    __slots__ = ("_build",)
    _build: Callable[..., Any]

    def __init__(self, build: Callable[..., Any]) -> None:
        object.__setattr__(self, "_build", build)

    def __call__(self, *args: Any) -> Any:
        return self._build(*args)

    def __setattr__(self, name: str, value: object) -> None:
        raise pickle.UnpicklingError(f"it sets '{name}' of a function")

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("it gives a state to a function")


class NumpyDtype:
    """Stands in for ``numpy.dtype`` of a number or truth value."""

    __slots__ = ("dtype",)

    def __init__(self, name: str, *flags: object) -> None:
        self.dtype = np.dtype(name)
        if self.dtype.kind not in "biuf":
            raise pickle.UnpicklingError(f"it has numpy data of type {name!r}, which is no number")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order not in _ORDERS or any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("it has numpy data that are no plain numbers")
        self.dtype = self.dtype.newbyteorder(order)


class NumpyArray:
    """Stands in for ``numpy.ndarray``; `values` is the array as nested lists."""

    __slots__ = ("values",)

    def __init__(self) -> None:
        self.values: Any = []

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, data = state
        flat = np.frombuffer(data, dtype=dtype.dtype)
        self.values = flat.reshape(shape, order="F" if fortran else "C").tolist()


def numpy_scalar(dtype: NumpyDtype, data: bytes | str) -> Any:
    """Stands in for numpy's ``scalar``: a Python number."""
    raw = data.encode("latin1") if isinstance(data, str) else data
    return np.frombuffer(raw, dtype=dtype.dtype, count=1)[0].item()


def path_text(*parts: str) -> str:
    """Stands in for a path: its parts, joined."""
    return "/".join(str(part) for part in parts)


def _from_buffer(data: bytes, dtype: NumpyDtype, shape: tuple[int, ...], order: str) -> NumpyArray:
    array = NumpyArray()
    array.__setstate__((1, shape, dtype, order == "F", bytes(data)))
    return array


def _latin1(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"it encodes text as {encoding}")
    return text.encode("latin1")


PLAIN_NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("__builtin__", "set"): set,
    ("_codecs", "encode"): Constructor(_latin1),
    ("argparse", "Namespace"): SimpleNamespace,
    ("pathlib", "PosixPath"): Constructor(path_text),
    # As Python 3.13 names it.
    ("pathlib._local", "PosixPath"): Constructor(path_text),
    ("numpy", "ndarray"): "numpy.ndarray",
    ("numpy", "dtype"): Constructor(NumpyDtype),
    ("torch", "device"): torch.device,
    ("torch", "Size"): torch.Size,
    ("torch._utils", "_rebuild_tensor_v2"): Constructor(torch_utils._rebuild_tensor_v2),
    ("torch._utils", "_rebuild_parameter"): Constructor(torch_utils._rebuild_parameter),
    **{
        (f"numpy.{core}.multiarray", name): Constructor(stand_in)
        for core in ("core", "_core")
        for name, stand_in in {
            "_reconstruct": lambda *_: NumpyArray(),
            "scalar": numpy_scalar,
        }.items()
    },
    **{(f"numpy.{core}.numeric", "_frombuffer"): Constructor(_from_buffer) for core in ("core", "_core")},
    **{
        ("torch", name): getattr(torch, name)
        for name in ("float16", "bfloat16", "float32", "float64", "uint8", "int32", "int64", "bool")
    },
}
"""``(module, name)`` as pickles spell it, and what answers."""
