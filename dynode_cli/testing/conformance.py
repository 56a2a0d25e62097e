"""The conformance suites, for tests of plugins: those of :mod:`dynode_cli.conformance`, commands with the program."""

from __future__ import annotations

from collections.abc import Sequence

from dynode_cli.conformance import *  # noqa: F403
from dynode_cli.conformance import CommandSuite


class CommandConformance(CommandSuite):
    """Subclass it, set `target` to what the plugin registers, and `arguments` to ones that work."""

    def main(self, arguments: Sequence[str]) -> int:
        """Run ``dynode ARGUMENTS`` in this process, and give its exit code."""
        from dynode_cli.cli import main

        return main(arguments)
