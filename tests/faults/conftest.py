"""The program in a process of its own, with a fault: killed, without room, without descriptors, or beside another.

These take minutes, so they are no part of ``nox -s tests``: ``nox -s faults`` runs them.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip

SECONDS = 120
"""After which a run counts as one that does not end."""


@dataclass(frozen=True)
class Place:
    """A folder to work in, with a home for dynode and a clip."""

    folder: Path
    clip: Path

    def start(
        self, *words: object, file_size: int | None = None, closed: Sequence[int] = ()
    ) -> subprocess.Popen[bytes]:
        """Start ``dynode WORDS`` here.

        Arguments:
            file_size: bytes beyond which no file may grow, as on a disk that is full.
            closed: descriptors that it begins without.
        """

        def hurt() -> None:
            if file_size is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
            for number in closed:
                os.close(number)

        environment = {name: value for name, value in os.environ.items() if not name.startswith("DYNODE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "dynode_cli", *map(str, words)],
            cwd=self.folder,
            env=environment | {"DYNODE_HOME": str(self.folder / "home"), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=hurt,
        )

    def left(self) -> set[str]:
        """What lies in the folder beside the clip and the home."""
        return {entry.name for entry in self.folder.iterdir()} - {self.clip.name, "home"}


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    told: str


def ended(process: subprocess.Popen[bytes]) -> Ended:
    """Wait for `process`; it must not tell of an exception."""
    _, told = process.communicate(timeout=SECONDS)
    assert b"Traceback" not in told, told.decode(errors="replace")
    return Ended(process.returncode, told.decode(errors="replace"))


def once(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until `condition` holds while `process` runs."""
    limit = time.monotonic() + SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(40, size=(96, 128)), extras=Extras(Sound(1.6)))
    return Place(tmp_path, clip)
