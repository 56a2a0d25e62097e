"""``dynode runs``: the directories that earlier runs left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.runs import CleanRuns

if TYPE_CHECKING:
    from dynode_cli.verbs.runs import Run

app = command_app("List and remove what earlier runs left: codes, curves, reports.", group=True)


@command(app, "list", examples=["dynode runs list", "dynode runs list --json"])
def list_runs(session: Session, given: Given) -> None:
    """List the directories of earlier runs, the newest first, with what they hold."""
    from dataclasses import asdict

    from dynode_cli.verbs.runs import list_runs as found

    runs = found()
    if session.json:
        session.console.print_json([asdict(run) for run in runs])
    else:
        _show(session, runs)


@command(
    app,
    "clean",
    takes=(CleanRuns,),
    examples=[
        "dynode runs clean               # all that nobody uses",
        "dynode runs clean --keep 1GiB   # the newest stay",
        "dynode runs clean --dry-run",
    ],
)
def clean(session: Session, given: Given) -> None:
    request = given.to(CleanRuns)
    from dataclasses import asdict

    from dynode_cli.values.amounts import counted, format_memory
    from dynode_cli.verbs.runs import clean_runs

    cleaned = clean_runs(request)
    if session.json:
        session.console.print_json(asdict(cleaned))
        return
    if request.dry_run:
        _show(session, cleaned.removed)
    done = "would be removed" if request.dry_run else "removed"
    size = format_memory(sum(run.size for run in cleaned.removed))
    stayed = f"; {counted(cleaned.in_use, 'run')} in use" if cleaned.in_use else ""
    session.console.message(f"{counted(len(cleaned.removed), 'run')} {done}, {size}{stayed}")


def _show(session: Session, runs: Sequence[Run]) -> None:
    from dynode_cli.values.amounts import format_memory

    if not runs:
        session.console.message("no runs here")
        return
    rows = [(run.path, run.command, run.source, format_memory(run.size), "yes" if run.in_use else "") for run in runs]
    session.console.table(("directory", "command", "source", "size", "in use"), rows)
