"""Run directories that were kept: how much they hold, who uses them, and their removal, the oldest first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress

from dynode_cli import paths
from dynode_cli.pipeline.run_directory import CONFIG, RunDirectory, all_runs
from dynode_cli.saving.locks import hold

MOST = 500
"""Runs that are kept at most, however small: every one is looked through for inversions."""
_REMOVED = ".removed-"


def size_of(run: RunDirectory) -> int:
    """Bytes of its files."""
    total = 0
    for file in run.path.iterdir():
        with suppress(OSError):
            total += file.lstat().st_size
    return total


def in_use(run: RunDirectory) -> bool:
    """Whether somebody works in it, as far as locks can tell."""
    held = hold(run.path / CONFIG)
    if held is not None:
        held.release()
    return held is None


def too_many(limit: int, most: int = MOST) -> Iterator[tuple[RunDirectory, int]]:
    """The oldest runs, and their sizes, without which the others hold at most `limit` bytes and are at most `most`."""
    total = 0
    for number, run in enumerate(all_runs(), 1):
        with suppress(OSError):
            size = size_of(run)
            total += size
            if total > limit or number > most:
                yield run, size


def remove(runs: Sequence[RunDirectory]) -> list[RunDirectory]:
    """Remove those of `runs` that nobody uses; gives them."""
    removed = []
    for run in runs:
        held = hold(run.path / CONFIG)
        if held is None:
            continue
        # Half of a run must never be taken for a whole one.
        gone = run.path.with_name(f"{_REMOVED}{run.path.name}")
        with suppress(OSError):
            run.path.rename(gone)
            removed.append(run)
        held.release()
    for left in paths.runs_dir().glob(f"{_REMOVED}*"):
        shutil.rmtree(left, ignore_errors=True)
    return removed


def keep_within(limit: int) -> None:
    """Remove the oldest runs that nobody uses, until the rest hold at most `limit` bytes."""
    with suppress(OSError):
        remove([run for run, _ in too_many(limit)])
