"""A CUDA device that is none: tensors that compute on the CPU, say that they are on `cuda:0`, and refuse to be mixed.

What a real device would refuse is refused here too: arithmetic between devices, and in a captured graph whatever waits
for the host. A captured graph runs again, on the same memory, what was recorded.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

CUDA = torch.device("cuda:0")
_aten = torch.ops.aten
_CROSSING = {_aten.copy_, _aten._to_copy, _aten.set_}
_INDEXING = {_aten.index, _aten.index_put_, _aten.index_put, _aten._index_put_impl_}
_WAITING = {_aten._local_scalar_dense, _aten.nonzero, _aten.masked_select}


class OnDevice(Tensor):
    """`elem`, as if on the device."""

    elem: Tensor

    @staticmethod
    def __new__(cls, elem: Tensor) -> OnDevice:
        made = Tensor._make_wrapper_subclass(
            cls,
            elem.shape,
            strides=elem.stride(),
            storage_offset=elem.storage_offset(),
            dtype=elem.dtype,
            # Within torch it is a tensor of the device `meta`, for which nothing has to be linked.
            device=torch.device("meta"),
        )
        made.elem = elem
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return CUDA

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]
        return True

    def tolist(self) -> Any:
        if Graph.capturing is not None:
            raise RuntimeError("operation not permitted when stream is capturing: tolist")
        return self.elem.tolist()

    def numpy(self, **how: Any) -> Any:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        return _run(func, args, kwargs or {})


class Graph:
    """What ran while it was captured."""

    capturing: Graph | None = None

    def __init__(self) -> None:
        self.steps: list[tuple[Any, Any, Any, list[Tensor]]] = []
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1
        for func, args, kwargs, before in self.steps:
            for old, new in zip(before, _tensors(func(*args, **kwargs)), strict=True):
                if old is not new:
                    old.copy_(new)


class _Calls(TorchFunctionMode):
    """Calls that ask the library itself for the device, before any operation runs."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            device = _indexed(kwargs.pop("device"))
            wanted = kwargs.pop("requires_grad", False)
            return func(*args, **kwargs).to(device).requires_grad_(wanted)
        if func is Tensor.to:
            args = tuple(_indexed(value) for value in args)
            kwargs = {name: _indexed(value) for name, value in kwargs.items()}
        return func(*args, **kwargs)


def _indexed(value: Any) -> Any:
    """`cuda` as `cuda:0`: to find the current one takes the library."""
    return CUDA if isinstance(value, str | torch.device) and str(value) == "cuda" else value


class _Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Makes tensors on the device where a call names it."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _tensors(values: Any) -> list[Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, Tensor)]


def _run(func: Any, args: Any, kwargs: Any) -> Any:
    packet = func.overloadpacket
    given = _tensors((args, kwargs))
    on = [tensor for tensor in given if isinstance(tensor, OnDevice)]
    off = [tensor for tensor in given if not isinstance(tensor, OnDevice) and tensor.ndim]
    if on and off and packet not in _CROSSING and not (packet in _INDEXING and isinstance(args[0], OnDevice)):
        raise RuntimeError(f"Expected all tensors to be on the same device, but {func} was given cuda:0 and cpu")
    named = kwargs.get("device")
    device = torch.device(named) if named is not None else CUDA if on else torch.device("cpu")
    device = CUDA if device.type == "meta" else device
    graph = Graph.capturing
    if graph is not None and (packet in _WAITING or (packet in _CROSSING and on and (off or device.type == "cpu"))):
        raise RuntimeError(f"operation not permitted when stream is capturing: {func}")
    plain_args, plain = tree_map(_elem, args), tree_map(_elem, dict(kwargs))
    if named is not None:
        plain["device"] = torch.device("cpu")
    known = {id(tensor.elem): tensor for tensor in on}
    out = func(*plain_args, **plain)
    if packet is _aten._to_copy and any(out is _elem(tensor) for tensor in given):
        out = out.clone()
    if graph is not None:
        graph.steps.append((func, plain_args, plain, _tensors(out)))
    if device.type != "cuda":
        return out

    def moved(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return value
        return known[id(value)] if id(value) in known else OnDevice(value)

    return tree_map(moved, out)


def _elem(value: Any) -> Any:
    return value.elem if isinstance(value, OnDevice) else value


_REAL = torch.Generator


class _Generator:
    """Random numbers of the device are those of the CPU."""

    def __new__(cls, device: object = "cpu") -> Any:
        return _REAL()


class _Event:
    def __init__(self, enable_timing: bool = False) -> None:
        assert enable_timing
        self.at = 0.0

    def record(self) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, other: _Event) -> float:
        return 1e3 * (other.at - self.at)


class _Stream:
    def wait_stream(self, other: _Stream) -> None:
        assert other is not self


@contextmanager
def _capture(graph: Graph, **settings: object) -> Iterator[None]:
    Graph.capturing = graph
    try:
        yield
    finally:
        Graph.capturing = None


@contextmanager
def _on(stream: _Stream) -> Iterator[None]:
    yield


@contextmanager
def pretended_cuda() -> Iterator[list[Graph]]:
    """The device is there in the block; gives the graphs that are made on it."""
    graphs: list[Graph] = []
    main, allocated = _Stream(), itertools.count(1 << 20, 1 << 10)

    def new_graph() -> Graph:
        graphs.append(Graph())
        return graphs[-1]

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "_lazy_init": lambda: None,
            "is_available": lambda: True,
            "device_count": lambda: 1,
            "synchronize": lambda *given: None,
            "current_stream": lambda *given: main,
            "Stream": _Stream,
            "device": nullcontext,
            "set_device": lambda device: None,
            "stream": _on,
            "Event": _Event,
            "CUDAGraph": new_graph,
            "graph": _capture,
            "reset_peak_memory_stats": lambda *given: None,
            "memory_allocated": lambda *given: 1 << 20,
            "max_memory_allocated": lambda *given: next(allocated),
        }.items():
            patch.setattr(torch.cuda, name, value)
        patch.setattr(torch, "Generator", _Generator)
        # Optimisers of a CUDA build ask it for streams, which need a driver.
        patch.setattr(torch.optim.Optimizer, "_accelerator_graph_capture_health_check", lambda _: None, raising=False)
        with _Operations(), _Calls():  # type: ignore[no-untyped-call]
            yield graphs
