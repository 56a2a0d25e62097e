"""Stopwatch (profiling): where the time of a run goes, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from dynode_cli import outside


class Stopwatch:
    """Adds up wall seconds a stage. Stages nest: while an inner one runs, the outer one's clock stands still.

    An exception that leaves a stage carries its name (see :mod:`dynode_cli.outside`).

    Arguments:
        told: is given the name of each stage that begins.
    """

    def __init__(self, told: Callable[[str], None] | None = None) -> None:
        self._told = told
        self.seconds: dict[str, float] = {}
        self._stack: list[str] = []
        self._since = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._charge()
        self._stack.append(name)
        if self._told is not None:
            self._told(name)
        try:
            with outside.stage(name):
                yield
        finally:
            self._charge()
            self._stack.pop()

    def _charge(self) -> None:
        now = perf_counter()
        if self._stack:
            name = self._stack[-1]
            self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now
