"""The console: data on stdout, progress bars and messages on stderr.

Only the command line and :func:`show_progress` build a :class:`Console`; the library reports through values, errors and
:class:`~dynode_cli.contracts.Progress`. rich is imported when a table or a bar is drawn, not before.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import DeviceError, DynodeError
from dynode_cli.requests.program import ColorMode
from dynode_cli.values.amounts import format_seconds

_BOLD_RED, _YELLOW, _CYAN, _DIM = "1;31", "33", "36", "2"
_PLAIN_INTERVAL = 10.0
"""Seconds between two progress lines where nothing can be animated."""
_NOTEBOOK_INTERVAL = 0.25
"""Seconds between two changes of a line in a notebook."""
_EARLY_PERCENT, _EARLY_SECONDS = 1.0, 10.0
"""Before either, no time left is foretold: the first frames wait for what is done once for many."""


class Console:
    """Output of one command.

    Arguments:
        verbosity: -1 for ``-q`` (warnings and errors only), 0, 1 for ``-v``, 2 for ``-vv``.
        color: ``auto`` colours terminals and obeys NO_COLOR; ``always`` and ``never`` overrule both.
        out, err: the streams; the process's own by default.
    """

    def __init__(
        self,
        *,
        verbosity: int = 0,
        color: ColorMode = "auto",
        out: TextIO | None = None,
        err: TextIO | None = None,
    ) -> None:
        self.verbosity = verbosity
        self.color = color
        self.answered = False
        """JSON was printed."""
        self._out = sys.stdout if out is None else out
        self._err = sys.stderr if err is None else err

    def write(self, text: str) -> None:
        """Data: a line on stdout.

        Raises:
            DynodeError: it cannot be written, and so the result is lost.
            BrokenPipeError: nobody reads it.
        """
        with data_to(self._out):
            self._out.write(text + "\n")

    def print_json(self, value: Any) -> None:
        """Data: `value` as indented JSON on stdout; what JSON has no type for is written as text."""
        self.answered = True
        self.write(json.dumps(value, indent=2, default=_jsonable, ensure_ascii=False))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "") -> None:
        """Data: aligned columns on stdout, wrapped to a terminal but never cut or wrapped in a pipe."""
        from rich.console import Console as RichConsole
        from rich.table import Table
        from rich.text import Text

        styled = self._colored(self._out)
        table = Table(box=None, pad_edge=False, title=title or None, title_justify="left", header_style="bold")
        for column in columns:
            table.add_column(Text(column), overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
        rich = RichConsole(
            file=self._out,
            force_terminal=styled,
            no_color=not styled,
            width=None if _is_terminal(self._out) else 100_000,
        )
        with rich.capture() as captured:
            rich.print(table)
        for line in captured.get().splitlines():
            self.write(line.rstrip())

    def message(self, text: str) -> None:
        """Talk: a line on stderr; silent with ``-q``."""
        if self.verbosity >= 0:
            self._talk(text)

    def detail(self, text: str) -> None:
        """Talk for those who asked for more (``-v``)."""
        if self.verbosity >= 1:
            self._talk(self._paint(text, _DIM))

    def warn(self, text: str) -> None:
        """Something that the user should know even with ``-q``."""
        self._talk(f"{self._paint('warning:', _YELLOW)} {text}")

    def error(self, text: str, *, hint: str | None = None) -> None:
        """Why the command failed, and what to do about it."""
        self._talk(f"{self._paint('error:', _BOLD_RED)} {text}")
        if hint:
            self._talk(f"{self._paint('hint:', _CYAN)} {hint}")

    @contextmanager
    def progress(self, description: str, total: int, unit: str | None = None) -> Iterator[Progress]:
        """Show how far a long step is, with its rate and the time left, while the block runs.

        A bar on a terminal, a line now and then elsewhere, nothing with ``-q``. What is yielded is called with
        (done, total) and may change the total. The unit is frames, or steps of an unknown kind if `total` is 0.
        """
        unit = unit or ("frames" if total else "steps")
        if self.verbosity < 0:
            yield silent
        elif _is_terminal(self._err):
            with self._bar(description, total, unit) as progress:
                yield progress
        else:
            lines = _Lines(description, unit, self.message, _PLAIN_INTERVAL)
            yield lines
            lines.finish()

    @contextmanager
    def _bar(self, description: str, total: int, unit: str) -> Iterator[Progress]:
        from rich.console import Console as RichConsole
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress as RichProgress,
            ProgressColumn,
            Task as RichTask,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.table import Column
        from rich.text import Text

        class RateColumn(ProgressColumn):
            def render(self, task: RichTask) -> Text:
                speed = task.finished_speed or task.speed
                return Text(f"{_rate(speed)} {unit}/s" if speed else f"- {unit}/s")

        class TimeLeftColumn(TimeRemainingColumn):
            def render(self, task: RichTask) -> Text:
                if task.percentage < _EARLY_PERCENT and (task.elapsed or 0.0) < _EARLY_SECONDS:
                    return Text("-:--:--", style="progress.remaining")
                return super().render(task)

        styled = self._colored(self._err)
        bar = RichProgress(
            TextColumn("{task.description}", markup=False, table_column=Column(max_width=40, no_wrap=True)),
            BarColumn(),
            MofNCompleteColumn(),
            RateColumn(),
            TimeLeftColumn(elapsed_when_finished=True),
            console=RichConsole(file=self._err, no_color=not styled, force_terminal=True),
        )
        with bar:
            task = bar.add_task(description, total=total)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def _talk(self, text: str) -> None:
        try:
            self._err.write(text + "\n")
            self._err.flush()
        except OSError:
            # Full, or nobody reads it any more: the work does not depend on what is said of it.
            mute(self._err)

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._colored(self._err) else text

    def _colored(self, stream: TextIO) -> bool:
        if self.color != "auto":
            return self.color == "always"
        return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and _is_terminal(stream)


@contextmanager
def show_progress(description: str, total: int) -> Iterator[Progress]:
    """A progress bar in terminals, a line that changes in notebooks, a line now and then elsewhere.

    A ready :data:`~dynode_cli.requests.base.ShowProgress`: ``interpolate("in.mp4", fps=240, show=show_progress)``.
    """
    if "ipykernel" not in sys.modules:
        with Console().progress(description, total) as progress:
            yield progress
        return
    from IPython.display import display

    line = display({"text/plain": description}, raw=True, display_id=True)
    unit = "frames" if total else "steps"
    lines = _Lines(description, unit, lambda text: line.update({"text/plain": text}, raw=True), _NOTEBOOK_INTERVAL)
    yield lines
    lines.finish()


class _Lines:
    """Progress as lines: one every so many seconds, and one at the end of a step that had some."""

    def __init__(self, description: str, unit: str, say: Callable[[str], None], interval: float) -> None:
        self._description, self._unit, self._say, self._interval = description, unit, say, interval
        self._start = self._last = time.monotonic()
        self._done = 0
        # When the first of it was done: what came before that, a fit of the whole shot say, tells nothing of the rest.
        self._first: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> None:
        self._done = done
        now = time.monotonic()
        if self._first is None and done:
            self._first = (now, done)
        if now - self._last < self._interval or self._first is None:
            return
        self._last = now
        begin, before = self._first
        told = f"{self._description}: {done}/{total} {self._unit}"
        if done > before and now > begin:
            rate = (done - before) / (now - begin)
            left = format_seconds(max(total - done, 0) / rate)
            told += f", {_rate(rate)} {self._unit}/s, {left} left"
        self._say(told)

    def finish(self) -> None:
        seconds = format_seconds(time.monotonic() - self._start)
        if self._last > self._start:
            self._say(f"{self._description}: {self._done} {self._unit} in {seconds}")


def mute(stream: TextIO) -> None:
    """Let what was and will be written to `stream` go nowhere: it failed, and would fail again when Python ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextmanager
def data_to(stream: TextIO) -> Iterator[None]:
    """Write the result to `stream` in the block.

    Raises:
        DynodeError: that failed, other than by a reader that is gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        mute(stream)
        kind = DeviceError if error.errno == errno.ENOSPC else DynodeError
        raise kind(
            f"the result cannot be written to standard output ({error.strerror})",
            hint="files that were asked for are complete; send standard output elsewhere",
        ) from error


def _rate(rate: float) -> str:
    """Three digits or so, also of what takes minutes a frame."""
    return f"{rate:.1f}" if rate >= 1 else f"{rate:.2g}"


def _is_terminal(stream: TextIO) -> bool:
    return not stream.closed and stream.isatty()


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return str(value)
