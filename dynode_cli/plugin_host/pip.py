"""Installing and uninstalling plugins with the pip of this environment."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence

from dynode_cli.errors import DynodeError, PluginError, UsageError
from dynode_cli.plugin_host.discovery import OWN_DISTRIBUTION


def command_line(action: str, arguments: Sequence[str]) -> list[str]:
    """What will run: ``[python, -P, -m, pip, install, ...]``.

    Raises:
        UsageError: nothing is named, or dynode itself is to be uninstalled.
        PluginError: there is no pip in this environment.
    """
    if not arguments:
        raise UsageError("no distribution is named", hint=f"dynode plugins {action} dynode-something")
    if action == "uninstall" and any(name.lower().replace("_", "-") == OWN_DISTRIBUTION for name in arguments):
        raise UsageError(f"{OWN_DISTRIBUTION} is dynode itself", hint="use pip for that")
    if importlib.util.find_spec("pip") is None:
        raise PluginError(
            f"there is no pip in the environment of {sys.executable}",
            hint="install the distribution with the tool that made this environment",
        )
    sure = ["--yes"] if action == "uninstall" else []
    # -P: the current folder, which -m would look through first, may hold a stranger's pip.py.
    return [sys.executable, "-P", "-m", "pip", action, *sure, *arguments]


def shown(command: Sequence[str]) -> str:
    """`command` as it would be typed."""
    return shlex.join(command)


def run(command: Sequence[str], tell: Callable[[str], None]) -> None:
    """Run pip; `tell` is given what it says, line by line.

    Raises:
        DynodeError: it failed.
    """
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    with subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tell(line.rstrip())
    if process.returncode:
        raise DynodeError(
            f"pip ended with exit code {process.returncode}; what is wrong stands above",
            hint=f"it was run as: {shown(command)}",
        )
