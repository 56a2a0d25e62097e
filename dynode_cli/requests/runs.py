"""What can be asked of the directories that runs leave: how much they may hold, and that they are removed."""

from __future__ import annotations

from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, request
from dynode_cli.requests.machine import RUN
from dynode_cli.values.amounts import parse_memory


@request
class Remembered(Request):
    """How much of runs is kept for later ones."""

    runs_limit: Parsed[int, str | int] = option(
        default="4GiB",
        flags=("--runs-limit",),
        metavar="SIZE",
        panel=RUN,
        help="Disk space for run directories (codes, reports); the oldest that nobody uses are removed.",
        parse=parse_memory,
        decides="nothing",
    )


@request
class CleanRuns(Request):
    """Remove the directories of earlier runs that nobody uses. What was inverted there has to be inverted again."""

    keep: Parsed[int | None, str | int | None] = option(
        default=None,
        flags=("--keep",),
        metavar="SIZE",
        help="Leave the newest, as long as they hold no more than this: 1GiB. Default: none.",
        parse=parse_memory,
    )
    dry_run: bool = option(default=False, flags=("--dry-run",), help="Show what would be removed, and stop.")
