"""Stopped from outside: nothing stays behind, and the exit code says how."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def _heed_signals() -> None:
    """Under nohup, or in the background of a shell, some are ignored, which programs inherit and ours respects."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def running(source: Path, folder: Path, *, piped: bool) -> subprocess.Popen[bytes]:
    """The program at work on `source`, its output begun."""
    command = [sys.executable, "-m", "dynode_cli", "interpolate", "-" if piped else str(source), "--fps", "50x"]
    with source.open("rb") as file:
        process = subprocess.Popen(
            [*command, "-o", str(folder / "out.mp4"), "-q"],
            stdin=file if piped else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"},
            preexec_fn=_heed_signals,
        )
    deadline = time.monotonic() + 60
    while not list(folder.glob(".dynode-*.part")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "stopped by SIGTERM"),
        (signal.SIGHUP, 129, "stopped by SIGHUP"),
    ],
)
def test_a_signal_leaves_nothing_behind(
    carphone: Path, tmp_path: Path, number: signal.Signals, code: int, words: str
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    process = running(carphone, folder, piped=number is signal.SIGTERM)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code and err.decode() == f"error: {words}\n"
    assert not list(folder.iterdir())
