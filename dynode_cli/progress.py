"""Progress of a job as one line: a bar in terminals, a line now and then elsewhere, a line that changes in notebooks.

The line says how many of how many frames there are, how fast they come, how long it still takes, and in a word what is
being done. rich is imported when a bar is drawn, not before.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, TextIO

from dynode_cli.contracts import Progress
from dynode_cli.values.amounts import format_seconds

if TYPE_CHECKING:
    from rich.table import Table

_EARLY_SHARE, _EARLY_SECONDS = 0.01, 10.0
"""Before either, no time left is foretold where nobody knows better than that one step is like the other."""
_LONGEST_NAME, _LONGEST_BAR, _SHORTEST_BAR, _DETAILS = 30, 30, 8, 62
"""Columns of a terminal; the bar has what is left, so that it is as wide all the time."""
STARTING = "starting"


class Standing:
    """How far a job is, for displays: what is told of it, and that in words.

    Arguments:
        description: what is made, or read.
        total: how many units there are; 0: not known yet.
        unit: what is counted.
    """

    def __init__(self, description: str, total: int, unit: str) -> None:
        self.description, self.total, self.unit = description, total, unit
        self.done = 0
        self.phase = ""
        self.began = time.monotonic()
        self._first: tuple[float, int] | None = None
        """When the first step was told: what came before it tells nothing of the rest."""
        self._told: tuple[float, float | None, float | None] | None = None
        """When somebody who knows better said the rate and the time left, and these."""

    def __call__(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if self._first is None and done:
            self._first = (time.monotonic(), done)
        self.moved()

    def doing(self, phase: str, rate: float | None, left: float | None) -> None:
        """Take note of what is being done, in a word, of units a second, and of the seconds left; None: not known."""
        self.phase = phase
        self._told = (time.monotonic(), rate, left)
        self.moved()

    def begin(self, description: str, total: int, unit: str) -> None:
        """Go on from the start as the job that it became."""
        self.description, self.total, self.unit = description, total, unit
        self.moved()

    def within(self, description: str) -> Progress:
        """A part of the job, whose share is told as its phase."""

        def part(done: int, total: int) -> None:
            self.phase = f"{description} {done / total:.0%}" if total else description
            self.moved()

        part(0, 0)
        return part

    def moved(self) -> None:
        """Called when there is something new to show."""

    @property
    def share(self) -> float:
        """How much is done, of 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def details(self) -> str:
        """What stands behind the bar."""
        return " · ".join(self._words(f"{self.done}/{self.total}"))

    def line(self) -> str:
        """All of it, where there is no bar."""
        return f"{self.description}: {', '.join(self._words(f'{self.done}/{self.total} {self.unit}')) or 'working'}"

    def _words(self, count: str) -> list[str]:
        rate, left = self._pace()
        words = [count] if self.total else []
        words += [f"{_rate(rate)} {self.unit}/s"] if rate else []
        words += [f"{_whole(left)} left"] if left is not None and self.done < self.total else []
        return [*words, self.phase] if self.phase else words

    def outcome(self) -> str:
        """What is said at the end."""
        what = f"{self.done} {self.unit}" if self.total else "done"
        return f"{what} in {format_seconds(time.monotonic() - self.began)}"

    def _pace(self) -> tuple[float | None, float | None]:
        """Units a second, and seconds left."""
        now = time.monotonic()
        if self._told is not None:
            since, rate, left = self._told
            return rate, None if left is None else max(left - (now - since), 0.0)
        if self._first is None:
            return None, None
        begin, before = self._first
        if self.done <= before or now <= begin:
            return None, None
        rate = (self.done - before) / (now - begin)
        early = self.share < _EARLY_SHARE and now - self.began < _EARLY_SECONDS
        return rate, None if early or not self.total else (self.total - self.done) / rate


class Bar(Standing):
    """A job in a terminal: one line that changes. It stays if all was done, and goes if not."""

    def __init__(self, description: str, total: int, unit: str, err: TextIO, *, colored: bool) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live

        super().__init__(description, total, unit)
        self._err = err
        self._ended = False
        self._console = RichConsole(
            file=err, no_color=not colored, force_terminal=True, force_jupyter=False, highlight=False
        )
        self._live = Live(
            console=self._console, get_renderable=self._drawn, refresh_per_second=8, redirect_stdout=False
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        _BARS.append(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _BARS.remove(self)
        # What was broken off is not done.
        self._ended = error is None
        self._live.transient = error is not None or not self.total or self.done < self.total
        with suppress(OSError):
            self._live.stop()

    def prints_on(self, stream: TextIO) -> bool:
        """Whether the bar is drawn on `stream`."""
        return stream is self._err

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        from rich.text import Text

        self._console.print(Text.from_ansi(text), soft_wrap=True)

    def _drawn(self) -> Table:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        name = Text(self.description)
        name.truncate(_LONGEST_NAME, overflow="ellipsis")
        room = self._console.width - name.cell_len - _DETAILS
        width = max(min(room, _LONGEST_BAR), _SHORTEST_BAR)
        bar = ProgressBar(total=self.total or None, completed=self.done, width=width, pulse=not self.total)
        # Where it is too narrow for all, the last words are cut.
        details = Text(self.outcome() if self._ended else self.details())
        details.truncate(max(self._console.width - name.cell_len - width - 2, 0), overflow="ellipsis")
        grid = Table.grid(padding=(0, 1, 0, 0))
        for _ in range(3):
            grid.add_column(no_wrap=True)
        grid.add_row(name, bar, details)
        return grid


_BARS: list[Bar] = []
"""The bars that are being drawn; all that is printed has to go around them."""


def bar_on(stream: TextIO) -> Bar | None:
    """The bar that is drawn on `stream`, if one is."""
    return next((bar for bar in _BARS if bar.prints_on(stream)), None)


class Lines(Standing):
    """A job where nothing can be animated: a line every so many seconds, also while nothing moves.

    Arguments:
        say: takes a line.
        interval: seconds between two of them.
    """

    def __init__(self, description: str, total: int, unit: str, say: Callable[[str], None], interval: float) -> None:
        super().__init__(description, total, unit)
        self._say, self._interval = say, interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._spoke = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._over.set()
        self._thread.join()
        if self._spoke and error is None and self.done:
            self._say(f"{self.description}: {self.outcome()}")

    def tick(self) -> None:
        """Say how far it is."""
        self._spoke = True
        self._say(self.line())

    def _run(self) -> None:
        while not self._over.wait(self._interval):
            self.tick()


class NotebookLine(Standing):
    """A job in a notebook: a line below the cell that changes."""

    def __init__(self, description: str, total: int, unit: str, interval: float) -> None:
        super().__init__(description, total, unit)
        self._interval = interval
        self._last = -interval
        self._line: Any = None

    def __enter__(self) -> Self:
        from IPython.display import display

        self._line = display(self._page(self.description), raw=True, display_id=True)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            self._line.update(self._page(f"{self.description} {self._bar()} {self.outcome()}"), raw=True)

    def moved(self) -> None:
        now = time.monotonic()
        if now - self._last >= self._interval:
            self._last = now
            self._line.update(self._page(f"{self.description} {self._bar()} {self.details()}"), raw=True)

    def _bar(self) -> str:
        full = round(self.share * _LONGEST_BAR)
        return "━" * full + "╌" * (_LONGEST_BAR - full)

    @staticmethod
    def _page(text: str) -> dict[str, str]:
        return {"text/plain": text}


def in_notebook() -> bool:
    """Whether this Python serves a notebook."""
    return "ipykernel" in sys.modules


def _rate(rate: float) -> str:
    """Three digits or so, also of what takes minutes a frame."""
    return f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"


def _whole(seconds: float) -> str:
    """A duration that is not known more exactly than to the second."""
    return f"{seconds:.0f} s" if seconds < 60 else format_seconds(seconds)
