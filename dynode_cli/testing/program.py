"""Running ``dynode`` in this process, as a user would run it in another one."""

from __future__ import annotations

from dynode_cli.conformance.program import Outcome, private_home, run_captured

__all__ = ["Outcome", "private_home", "run_program"]


def run_program(*arguments: object) -> Outcome:
    """Run ``dynode ARGUMENTS`` here; anything that is not a deliberate error is raised, as in a traceback."""
    from dynode_cli.cli import main

    return run_captured(main, arguments)
