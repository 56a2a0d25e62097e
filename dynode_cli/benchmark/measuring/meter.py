"""Peak memory: bytes of tensors that live at once, the CUDA allocator's peak, or a fresh process."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from dynode_cli.benchmark.measuring import launcher
from dynode_cli.errors import DynodeError
from dynode_cli.saving.scratch import scratch_folder


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of tensor storages that are made in the block, while they live."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live: int = 0
        self.peak: int = 0
        self._seen: weakref.WeakSet[Any] = weakref.WeakSet()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Nothing is compiled in the block; being guarded against it would take longer than the count itself.
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        given: set[int] | None = None
        for tensor in _tensors(out):
            storage = tensor.untyped_storage()
            if storage in self._seen:
                continue
            if given is None:
                given = {id(t.untyped_storage()) for t in _tensors((*args, *(kwargs or {}).values()))}
            if id(storage) not in given:
                self._seen.add(storage)
                size = storage.nbytes()
                self.live += size
                self.peak = max(self.peak, self.live)
                weakref.finalize(storage, self._gone, size)
        return out

    def _gone(self, size: int) -> None:
        self.live -= size


def _tensors(value: object) -> Iterator[Tensor]:
    """Tensors that an operation is given or gives: alone, or in a list or tuple."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)


def peak_bytes(work: Callable[[], object], device: str = "cpu") -> int:
    """Most bytes of tensors that `work` holds at once, its result included, on top of what was there before.

    CPU: storages are counted one by one as torch makes and frees them; resident memory would show the allocator, and
    scratch space within an operation is not seen. CUDA: the allocator's own peak.
    """
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        work()
        torch.cuda.synchronize()
        return int(torch.cuda.max_memory_allocated() - before)
    with LiveBytes() as counter:
        work()
    peak: int = counter.peak
    return peak


@dataclass(frozen=True)
class ProcessCost:
    """What a process took."""

    wall: float
    """Seconds."""
    cpu: float | None
    """Seconds of all threads; None where the system does not tell (Windows)."""
    peak: int | None
    """Bytes of resident memory at its largest; None likewise."""
    output: str


def run_fresh(
    command: Sequence[str], *, variables: Mapping[str, str] | None = None, timeout: float = 600.0
) -> ProcessCost:
    """Run `command` in a process of its own, and say what it cost.

    Raises:
        DynodeError: it failed, or took longer than `timeout` seconds.
    """
    with scratch_folder() as folder:
        told = folder / "cost.json"
        # -I and -S: nothing of the environment is imported.
        launch = [sys.executable, "-I", "-S", launcher.__file__, str(told), f"{timeout:g}", *command]
        done = subprocess.run(
            launch,
            capture_output=True,
            check=False,
            encoding="utf-8",
            env={**os.environ, **(variables or {})},
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it said nothing"]
            # The program ends with a hint; what went wrong is in the line before.
            said = next((line for line in lines if line.startswith("error: ")), lines[-1]).removeprefix("error: ")
            raise DynodeError(f"`{' '.join(command)}` failed with status {done.returncode}: {said}")
        return ProcessCost(**json.loads(told.read_text(encoding="utf-8")), output=done.stdout)
