"""The console: data on stdout, progress bars and messages on stderr.

Only the command line and :func:`show_progress` build a :class:`Console`; the library reports through values, errors and
:class:`~dynode_cli.contracts.Progress`. rich is imported when a table is drawn, not before.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import DeviceError, DynodeError
from dynode_cli.progress import STARTING, Bar, Lines, NotebookLine, Standing, bar_on, in_notebook
from dynode_cli.requests.base import ShowProgress, show_nothing
from dynode_cli.requests.program import ColorMode

_BOLD_RED, _YELLOW, _CYAN, _DIM = "1;31", "33", "36", "2"
_PLAIN_INTERVAL = 5.0
"""Seconds between two progress lines where nothing can be animated."""
_NOTEBOOK_INTERVAL = 0.25
"""Seconds between two changes of a line in a notebook."""


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
        self._spoke = False
        self._job: Standing | None = None
        """What is shown of the job that is being done."""
        self._starts = False
        """It has only been begun, and cannot say yet of how many frames it is."""
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
    def starting(self, description: str) -> Iterator[None]:
        """Show at once that a job has begun; :meth:`progress` in the block goes on from there."""
        with self._shown(Path(description).name or description, 0, "frames", STARTING) as job:
            if job is not None:
                self._starts = True
                if not isinstance(job, Bar) and not self._spoke:
                    self._talk(job.line())
            yield

    @contextmanager
    def progress(self, description: str, total: int, unit: str | None = None) -> Iterator[Progress]:
        """Show how far a job is, with its rate and the time left, while the block runs.

        A bar on a terminal, a line now and then elsewhere, nothing with ``-q``. What is yielded is called with
        (done, total) and may change the total, which is 0 where it is not known yet. Within a job there is no second
        one: how far that is, is told behind the bar of the first.
        """
        if self._job is None:
            with self._shown(description, total, unit or "frames") as job:
                yield silent if job is None else job
        elif self._starts:
            self._starts = False
            self._job.begin(description, total, unit or "frames")
            yield self._job
        else:
            before = self._job.phase
            yield self._job.within(description)
            self._job.phase = before

    @contextmanager
    def _shown(self, description: str, total: int, unit: str, phase: str = "") -> Iterator[Standing | None]:
        if self.verbosity < 0:
            yield None
            return
        job: Bar | Lines
        if _is_terminal(self._err) and os.environ.get("TERM") != "dumb":
            job = Bar(description, total, unit, self._err, colored=self._colored(self._err))
        else:
            job = Lines(description, total, unit, self.message, _PLAIN_INTERVAL)
        job.phase = phase
        with job:
            self._job = job
            try:
                yield job
            finally:
                self._job, self._starts = None, False

    def _talk(self, text: str) -> None:
        self._spoke = True
        bar = bar_on(self._err)
        try:
            if bar is not None:
                bar.say(text)
                return
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
    if not in_notebook():
        with Console().progress(description, total) as progress:
            yield progress
        return
    with NotebookLine(description, total, "frames", _NOTEBOOK_INTERVAL) as line:
        yield line


def show_where_seen() -> ShowProgress:
    """What ``show="auto"`` means here: :func:`show_progress` in terminals and notebooks, nothing elsewhere."""
    return show_progress if in_notebook() or _is_terminal(sys.stderr) else show_nothing


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


def _is_terminal(stream: TextIO) -> bool:
    return not stream.closed and stream.isatty()


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    return str(value)
