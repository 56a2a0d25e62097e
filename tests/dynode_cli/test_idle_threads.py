"""Idle threads, in processes of their own: what the libraries read must be set before they are loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("waits", [{}, {"OMP_WAIT_POLICY": "ACTIVE", "GOMP_SPINCOUNT": "infinite"}])
def test_threads_sleep_whatever_the_user_has_set(tmp_path: Path, waits: dict[str, str]) -> None:
    # The first thing that the program imports tells what those that are imported later will read.
    (tmp_path / "typer.py").write_text(
        "import os, sys\n"
        "names = ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT', 'KMP_BLOCKTIME', 'OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER')\n"
        "loaded = [name for name in ('torch', 'cv2', 'numpy') if name in sys.modules]\n"
        "print(*(os.environ.get(name) for name in names), loaded)\n"
        "os._exit(0)\n"
    )
    path = os.pathsep.join([str(tmp_path), *(entry for entry in sys.path if entry)])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dynode_cli", "--version"],
        env={**os.environ, **waits, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split("\n")[0] == "PASSIVE 0 0 0 []", done.stderr
