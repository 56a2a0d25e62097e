"""`dynode bench startup`: how long a user waits for the program to say anything."""

from __future__ import annotations

import sys

from dynode_cli.benchmark.measuring.harness import quartiles_of
from dynode_cli.benchmark.measuring.meter import run_fresh
from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.results import Column, Row, Section, Value
from dynode_cli.plugin_host.host import Host

LINES = (("--version",), ("--help",), ("interpolate", "--help"), ("plugins", "list"))
COLUMNS = (
    Column("ms", "time", "ms", 3, "from the start of the program to its end"),
    Column("cold", "first run", "ms", 3, "the same before anything is in the system's cache"),
    Column("peak", "peak", "MB", 3, "most memory that was in use at once"),
)


def measure(scope: Scope, host: Host) -> Section:
    """Run each command line in fresh processes."""
    rows = []
    for words in LINES:
        shown = f"dynode {' '.join(words)}"
        scope.note(f"startup: {shown}")
        command = [sys.executable, "-P", "-m", "dynode_cli", *words]
        costs = [run_fresh(command) for _ in range(1 + (3 if scope.quick else 10))]
        walls = [1e3 * cost.wall for cost in costs]
        peak = max((cost.peak / 1e6 for cost in costs if cost.peak is not None), default=None)
        values: dict[str, Value] = {
            "ms": quartiles_of(walls[1:], walls[0]),
            "cold": walls[0],
            "peak": peak,
        }
        rows.append(Row("startup", shown, values))
    return Section(
        "startup",
        "Start-up",
        "Wall time of whole processes. The first run may find files that the system has not read yet; the others do "
        "not. Peak is resident memory.",
        COLUMNS,
        rows,
    )
