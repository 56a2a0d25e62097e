"""Two things at once, where there is a thread for either."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")


def both(device: torch.device, one: Callable[[], T], other: Callable[[], T]) -> tuple[T, T]:
    """What `one` and `other` give. On the CPU they share the threads of torch; other devices are busy with one."""
    count = torch.get_num_threads() if device.type == "cpu" else 1
    if count == 1:
        return one(), other()
    with ThreadPoolExecutor(2, initializer=torch.set_num_threads, initargs=(max(1, count // 2),)) as workers:
        first, second = workers.submit(one), workers.submit(other)
        return first.result(), second.result()
