"""Memory that the stages of a run need, beside their time."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import torch

from dynode_cli.benchmark.measuring.meter import LiveBytes
from dynode_cli.pipeline.stopwatch import Stopwatch


@dataclass
class _Run:
    """A stage that is running."""

    found: int
    """Bytes that were there when it began, and what stages within it have left since."""
    needed: int = 0
    """Most bytes on top of these so far."""


class StageBytes(Stopwatch):
    """Adds up, for every stage, the most bytes that each of its runs holds at once on top of what it found.

    Counted are arrays of numpy (those of OpenCV are such) and tensors, on a CUDA device its allocator's bytes. The two
    need not be at their highest together: their sum is at most too large. What a stage within another takes and leaves
    is the inner one's. It counts in the thread that enters it, while it is entered.
    """

    def __init__(self, device: str = "cpu") -> None:
        super().__init__()
        self.bytes: dict[str, int] = {}
        self._cuda = torch.device(device).type == "cuda"
        self._live = LiveBytes()
        self._open: list[_Run] = []
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        if not tracemalloc.is_tracing():
            tracemalloc.start()
            self._exit.callback(tracemalloc.stop)
        if not self._cuda:
            self._exit.enter_context(self._live)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exit.close()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._measure()
        own = _Run(self._now())
        self._open.append(own)
        try:
            with super().stage(name):
                yield
        finally:
            self._measure()
            self._open.pop()
            self.bytes[name] = self.bytes.get(name, 0) + own.needed
            if self._open:
                self._open[-1].found += max(0, self._now() - own.found)

    def _measure(self) -> None:
        """Charge the innermost stage with the peak since the last call, and begin anew."""
        peak = tracemalloc.get_traced_memory()[1]
        peak += torch.cuda.max_memory_allocated() if self._cuda else self._live.peak
        if self._open:
            run = self._open[-1]
            run.needed = max(run.needed, peak - run.found)
        tracemalloc.reset_peak()
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
        self._live.peak = self._live.live

    def _now(self) -> int:
        there = torch.cuda.memory_allocated() if self._cuda else self._live.live
        return tracemalloc.get_traced_memory()[0] + there
