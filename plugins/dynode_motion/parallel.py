"""Several things at once, where there are threads for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")


def both(device: torch.device, one: Callable[[], T], other: Callable[[], T]) -> tuple[T, T]:
    """What `one` and `other` give. They share the threads."""
    count = _threads(device)
    if count == 1:
        return one(), other()
    with ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(max(1, count // 2),)) as workers:
        first, second = workers.submit(one), workers.submit(other)
        return first.result(), second.result()


def each(device: torch.device, tasks: Sequence[Callable[[], None]]) -> None:
    """Do all `tasks`, one on a thread: for work in operations too small to be shared out."""
    count = min(_threads(device), len(tasks))
    if count <= 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,)) as workers:
        list(workers.map(lambda task: task(), tasks))


def _threads(device: torch.device) -> int:
    """Those of torch on the CPU. Other devices are busy with one, and their streams belong to a thread."""
    return torch.get_num_threads() if device.type == "cpu" else 1
