"""Runs: the directories that earlier runs left, listed and removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynode_cli.pipeline.old_runs import in_use, remove, size_of, too_many
from dynode_cli.pipeline.run_directory import RunDirectory, all_runs
from dynode_cli.requests.runs import CleanRuns
from dynode_cli.values.amounts import counted, format_memory


@dataclass(frozen=True)
class Run:
    """What an earlier run left."""

    path: str
    command: str
    source: str
    size: int
    """Bytes."""
    in_use: bool

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self.command} {self.source}, {format_memory(self.size)}>"


@dataclass(frozen=True)
class Cleaned:
    """What was removed."""

    removed: Sequence[Run]
    in_use: int
    """Runs that somebody uses, and that stayed."""

    def __repr__(self) -> str:
        size = format_memory(sum(run.size for run in self.removed))
        return f"<Cleaned {counted(len(self.removed), 'run')}, {size}>"


def list_runs() -> list[Run]:
    """Every run that left a directory, the newest first."""
    return [_described(run) for run in all_runs()]


def clean_runs(request: CleanRuns) -> Cleaned:
    """Remove the directories of earlier runs that nobody uses, the oldest first; or only say which."""
    old = [run for run, _ in too_many(request.keep or 0)]
    described = {run.path: _described(run) for run in old}
    if request.dry_run:
        gone = [run for run in described.values() if not run.in_use]
    else:
        gone = [described[run.path] for run in remove(old)]
    return Cleaned(gone, len(old) - len(gone))


def _described(run: RunDirectory) -> Run:
    try:
        config = run.config()
    except (OSError, ValueError):
        config = {}
    # Runs of dynode 0.1.0 have their settings at the top.
    source = str(config.get("request", config).get("source", ""))
    return Run(str(run.path), str(config.get("command", "")), source, size_of(run), in_use(run))
