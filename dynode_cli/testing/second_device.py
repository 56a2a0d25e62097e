"""A device that only claims to be one: finds code that mixes devices, on machines that have but a CPU.

Inside :func:`second_device`, tensors of :data:`DEVICE` hold their numbers on the CPU and behave like those of a GPU:
an operation on one of them and on a tensor of the CPU is an error, and so is to take one for an array. What works
there can still be wrong on a GPU, but not for want of a ``.to(device)``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter, tree_map

DEVICE = torch.device("meta")
"""Give its name as the device of a :class:`~dynode_cli.contracts.Context`."""
_MAY_MIX = ("aten._to_copy", "aten.copy_", "aten.index.", "aten.index_put", "aten._index_put")


class MixedDevicesError(AssertionError):
    """An operation on tensors of two devices."""


class _Held(Tensor):
    """A tensor of the second device."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> _Held:
        made: _Held = Tensor._make_wrapper_subclass(
            cls,
            held.shape,
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device=DEVICE,
        )
        made.held = held
        return made

    def __repr__(self) -> str:  # type: ignore[override]
        return f"second device: {self.held!r}"

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Constants(TorchFunctionMode):
    """Where numbers come from Python, or go there, no operation sees them: both happen on the CPU."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        if func is Tensor.tolist and isinstance(args[0], _Held):
            return args[0].cpu().tolist()
        return func(*args, **kwargs)


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    tensors = [value for value in tree_iter((args, kwargs)) if isinstance(value, Tensor)]
    held = [tensor for tensor in tensors if isinstance(tensor, _Held)]
    others = [tensor for tensor in tensors if not isinstance(tensor, _Held) and tensor.ndim > 0]
    if held and others and not str(func).startswith(_MAY_MIX):
        shapes = ", ".join(
            f"{tuple(tensor.shape)} on {'the second device' if isinstance(tensor, _Held) else 'the CPU'}"
            for tensor in tensors
        )
        raise MixedDevicesError(f"{func}: {shapes}")
    asked = kwargs.get("device")
    on_device = bool(held) if asked is None else torch.device(asked) == DEVICE
    if asked is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    same = {id(tensor.held): tensor for tensor in held}
    out = func(*tree_map(_inner, args), **tree_map(_inner, kwargs))

    def outer(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        # What was written in place is the tensor that it was.
        return same.get(id(value)) if id(value) in same else _Held(value) if on_device else value

    return tree_map(outer, out)


def _inner(value: Any) -> Any:
    return value.held if isinstance(value, _Held) else value


@contextmanager
def second_device() -> Iterator[torch.device]:
    """Make :data:`DEVICE` hold numbers, in this thread.

    Raises:
        MixedDevicesError: in the block, an operation on tensors of both devices.
    """
    with _Operations(), _Constants():  # type: ignore[no-untyped-call]
        yield DEVICE
