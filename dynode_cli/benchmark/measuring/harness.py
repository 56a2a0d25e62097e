"""Timing: fixed threads, warm-up, cold and warm apart, rivals in turn, median and quartiles."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from dynode_cli.benchmark.results import Quartiles

Work = Callable[[int], object]
"""What is timed; it is given the number of the call, by which it takes its inputs in rotation."""


@dataclass(frozen=True)
class Limits:
    """How often a thing is measured."""

    repeats: int = 25
    fewest: int = 3
    """Measurements that are taken whatever they cost."""
    warmups: int = 3
    seconds: float = 2.0
    """Time for one row, after which no more than `fewest` measurements are taken."""
    warm_seconds: float | None = None
    """Time for the warm-ups of one row; None: as `seconds`."""


@contextmanager
def settled() -> Iterator[None]:
    """What lives before the block is left out of garbage collection in it: searching a program's modules again and
    again, before every measurement of memory, takes longer than many of the measurements.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def race(works: Mapping[str, Work], limits: Limits, device: str = "cpu") -> dict[str, Quartiles]:
    """Milliseconds of each of `works`, taken in turn so that a busy machine slows all of them alike.

    The first call of each is its cold time. Then come the warm-ups, then the measurements. On a CUDA device the time
    is that between two events on the stream.
    """
    clock = _CudaClock() if torch.device(device).type == "cuda" else _WallClock()
    cold: dict[str, float] = {}
    calls = dict.fromkeys(works, 0)

    def once(name: str) -> float:
        calls[name] += 1
        return clock(works[name], calls[name] - 1)

    for name in works:
        cold[name] = once(name)
        left = 1e3 * (limits.seconds if limits.warm_seconds is None else limits.warm_seconds)
        for _ in range(limits.warmups):
            left -= once(name)
            if left < 0:
                break
    taken: dict[str, list[float]] = {name: [] for name in works}
    with _no_collection():
        for _ in range(limits.repeats):
            for name, values in taken.items():
                if len(values) < limits.fewest or sum(values) < 1e3 * limits.seconds:
                    values.append(once(name))
    return {name: quartiles_of(values, cold[name]) for name, values in taken.items()}


def quartiles_of(values: Sequence[float], cold: float | None = None) -> Quartiles:
    """Median, quartiles and outliers of `values` (at least one)."""
    if len(values) == 1:
        return Quartiles(values[0], values[0], values[0], 1, 0, cold)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    reach = 1.5 * (high - low)
    outliers = sum(not low - reach <= value <= high + reach for value in values)
    return Quartiles(median, low, high, len(values), outliers, cold)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Garbage is collected before the block, not in it."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _WallClock:
    """Milliseconds of a call."""

    def __call__(self, work: Work, number: int) -> float:
        started = time.perf_counter()
        work(number)
        return 1e3 * (time.perf_counter() - started)


class _CudaClock:
    """Milliseconds that a call takes on the device."""

    def __call__(self, work: Work, number: int) -> float:
        start: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        end: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
        start.record()
        work(number)
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end))
