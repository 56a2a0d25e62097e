"""Temporary folders end with their run, or with the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dynode_cli.saving.scratch import Scratch, remove_stale_scratch, scratch_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks")

KILLED = """
import os, signal
from dynode_cli.saving.scratch import Scratch
(Scratch().path / "wheel").write_text("left")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def aged(path: Path) -> Path:
    """`path`, as if it had been made long ago."""
    os.utime(path, (0, 0))
    return path


def test_it_is_private_and_goes_at_the_end(temporary: Path) -> None:
    with scratch_folder() as folder:
        (folder / "wheel").write_text("something")
        assert folder.parent == temporary and folder.stat().st_mode & 0o777 == 0o700
    assert not list(temporary.iterdir())


def test_what_a_killed_run_left_goes_with_the_next_and_nothing_else(temporary: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", KILLED], check=False, env=environment)
    (left,) = temporary.iterdir()
    remove_stale_scratch()
    assert left.exists(), "one that young may not be locked yet"
    aged(left)
    used = Scratch()
    aged(used.path)
    named_like_it = [temporary / "dynode-scratch-of-mine", temporary / "dynode-scratch-abcdefgh.txt"]
    for path in named_like_it:
        path.mkdir()
        aged(path)
    link = temporary / "dynode-scratch-aaaaaaaa"
    link.symlink_to(named_like_it[0])
    remove_stale_scratch()
    assert not left.exists() and used.path.exists() and link.is_symlink()
    assert all(path.exists() for path in named_like_it)
    used.close()
