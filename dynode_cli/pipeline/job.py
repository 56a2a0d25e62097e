"""Progress of a run: one display for all of it, told what is being done and how long it still takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

from dynode_cli.contracts import Progress, silent
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.pace import Pace, Piece
from dynode_cli.requests.base import ShowProgress

LOOKING = "looking through"
WRITING = "writing"


@runtime_checkable
class Worded(Protocol):
    """A display that shows words and times too."""

    def doing(self, phase: str, rate: float | None, left: float | None) -> None:
        """Take note of what is being done, of frames a second and of the seconds left; None: not known."""


class Job:
    """What a run tells its display. Counts the frames of the output; all else is a phase.

    Arguments:
        progress: the display.
    """

    def __init__(self, progress: Progress = silent) -> None:
        self._progress = progress
        self._words: Mapping[str, str] = {}
        self._pace: Pace | None = None
        self._done = self._total = 0
        self._phase = self._share = ""

    def expect(self, pieces: Sequence[Piece]) -> None:
        """Take note of the frames that are to come, each with what it is made in."""
        self._pace = Pace(pieces)
        self.count(0, len(pieces))

    def count(self, done: int, total: int) -> None:
        """So many frames of the output are finished."""
        if self._pace is not None and done:
            self._pace.step(done)
        self._done, self._total = done, total
        self._tell()

    def phase(self, word: str) -> None:
        """Say what is being done."""
        if word != self._phase:
            self._phase, self._share = word, ""
            self._tell()

    def share(self, done: int, total: int) -> None:
        """So much of the phase is finished."""
        self._share = f" {min(done / total, 1.0):.0%}" if total else ""
        self._tell()

    def name_stages(self, methods: Methods) -> None:
        """From now on show the stages of a stopwatch as phases, in words that fit `methods`."""
        codes = "finding motion" if methods.generator.keeps_frames else "finding codes"
        making = "making frames"
        self._words = {
            "frame": "finding the part to change",
            "invert": codes,
            "fit": codes,
            "solve": making,
            "synthesise": making,
            "carry": "changing",
            "encode": WRITING,
        }

    def stage(self, name: str) -> None:
        """A stage has begun; one without a word leaves the phase as it is."""
        if name in self._words:
            self.phase(self._words[name])

    def _tell(self) -> None:
        if isinstance(self._progress, Worded):
            rate, left = (None, None) if self._pace is None else (self._pace.rate(), self._pace.left())
            self._progress.doing(self._phase + self._share, rate, left)
        self._progress(self._done, self._total)


@contextmanager
def opened_job(show: ShowProgress, name: str, total: int = 0) -> Iterator[Job]:
    """The progress of what makes or reads the file `name`; `total` as soon as it is known."""
    with show(Path(name).name or name, total) as progress:
        yield Job(progress)
