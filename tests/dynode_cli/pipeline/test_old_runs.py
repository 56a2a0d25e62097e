"""Run directories have a limit, and one that somebody uses stays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dynode_cli.pipeline import old_runs
from dynode_cli.pipeline.old_runs import keep_within, remove, too_many
from dynode_cli.pipeline.run_directory import CONFIG, RunDirectory, all_runs
from dynode_cli.requests.runs import CleanRuns
from dynode_cli.saving.locks import hold
from dynode_cli.verbs.runs import clean_runs, list_runs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunDirectory]:
    """Four runs of a little over 1000 bytes, the newest first."""
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path))
    for day in range(1, 5):
        path = tmp_path / "runs" / f"2026010{day}-000000-000000-clip"
        path.mkdir(parents=True)
        (path / CONFIG).write_text(json.dumps({"command": "edit", "request": {"source": f"/clips/{day}.mp4"}}))
        (path / "codes-0.safetensors").write_bytes(bytes(1000))
    return all_runs()


def test_the_oldest_go_until_the_rest_are_small_enough(runs: list[RunDirectory]) -> None:
    keep_within(2500)
    assert all_runs() == runs[:2]


def test_there_are_never_more_than_can_be_looked_through(runs: list[RunDirectory]) -> None:
    assert [run for run, _ in too_many(1 << 30, most=3)] == runs[3:]


def test_one_that_is_used_stays(runs: list[RunDirectory]) -> None:
    used = hold(runs[3].path / CONFIG, shared=True)
    assert used is not None
    assert [run.in_use for run in list_runs()] == [False, False, False, True]
    cleaned = clean_runs(CleanRuns())
    assert [run.source for run in cleaned.removed] == ["/clips/4.mp4", "/clips/3.mp4", "/clips/2.mp4"]
    assert cleaned.in_use == 1 and all_runs() == runs[3:]
    used.release()
    assert len(clean_runs(CleanRuns()).removed) == 1 and not all_runs()


def test_only_looking_removes_nothing(runs: list[RunDirectory]) -> None:
    assert len(clean_runs(CleanRuns(dry_run=True, keep=1 << 20)).removed) == 0
    assert len(clean_runs(CleanRuns(dry_run=True)).removed) == 4 and all_runs() == runs


def test_half_of_a_run_is_never_taken_for_one(runs: list[RunDirectory], monkeypatch: pytest.MonkeyPatch) -> None:
    """Removal may be cut off: what is left has no name that is looked at, and goes with the next."""

    def cut_off(path: Path, ignore_errors: bool) -> None:
        next(path.glob("codes-*")).unlink()

    with monkeypatch.context() as patched:
        patched.setattr(old_runs.shutil, "rmtree", cut_off)
        remove(runs[:1])
    assert all_runs() == runs[1:] and len(list(runs[0].path.parent.iterdir())) == 4
    remove([])
    assert len(list(runs[0].path.parent.iterdir())) == 3
