"""The torch of whoever calls: its modes and defaults do not reach into the work, and are left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")


@contextmanager
def usual_torch() -> Iterator[None]:
    """Whatever the caller chose, this block has gradients, no inference mode, full precision, and float32 on the CPU."""
    dtype = torch.get_default_dtype()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode(False))
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        stack.callback(torch.set_default_dtype, dtype)
        yield


def each_in_usual_torch(items: Iterator[T]) -> Iterator[T]:
    """`items`, each made in :func:`usual_torch`; between two of them the caller has its own."""
    while True:
        with usual_torch():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item
