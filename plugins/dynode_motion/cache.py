"""Keeps results within a budget of bytes; what was not used longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from threading import RLock
from typing import Any, TypeVar, cast

from torch import Tensor

T = TypeVar("T")
Key = tuple[Hashable, ...]
"""What a result is, then the frames that it is made of."""


class Cache:
    """Results by key, at most `budget` bytes of tensors (the newest result is kept whatever its size)."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._entries: OrderedDict[Key, tuple[Any, int]] = OrderedDict()
        self._lock = RLock()

    def get(self, key: Key, compute: Callable[[], T]) -> T:
        """The result under `key`, computed if it is not there; by one thread at a time."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return cast(T, self._entries[key][0])
            value = compute()
            size = _bytes_of(value)
            self._entries[key] = (value, size)
            self._used += size
            while self._used > self._budget and len(self._entries) > 1:
                self._forget(next(iter(self._entries)))
            return value

    def allow(self, budget: int) -> None:
        """Raise the budget to `budget` bytes, if it is lower."""
        self._budget = max(self._budget, budget)

    def keep(self, wanted: Callable[[Key], bool]) -> None:
        """Forget every result whose key is not `wanted`."""
        for key in [key for key in self._entries if not wanted(key)]:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        self._used -= self._entries.pop(key)[1]


def _bytes_of(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel() * value.element_size()
    if isinstance(value, (tuple, list)):
        return sum(_bytes_of(item) for item in value)
    if is_dataclass(value):
        return sum(_bytes_of(getattr(value, field.name)) for field in fields(value))
    return 0
