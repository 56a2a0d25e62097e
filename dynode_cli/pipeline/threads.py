"""CPU threads of everything that computes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import torch

from dynode_cli.machine import processors


@contextmanager
def threads_at_most(count: int | None) -> Iterator[None]:
    """Bound the CPU threads of torch and OpenCV to `count` while the block runs; None: as they are.

    More than there are processors only get into each other's way, and some thousand cannot be had: those are left out.
    """
    if count is None:
        yield
        return
    before = torch.get_num_threads(), cv2.getNumThreads()
    # More than there are processors would only take turns, and far more cannot be had.
    count = min(count, processors())
    torch.set_num_threads(count)
    cv2.setNumThreads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
