"""What ``dynode plugins`` can be asked: what is there, whether it does what it must, new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dynode_cli.options import option
from dynode_cli.plugin_host.kinds import KINDS
from dynode_cli.requests.base import Parsed, Request, changed, options_given, request
from dynode_cli.requests.encoding import Output
from dynode_cli.requests.machine import Networked
from dynode_cli.requests.methods import Generating, Options

_KINDS = list(KINDS)


@request
class ListPlugins(Request):
    """List plugins and what they bring, broken ones with the reason."""

    hook: str | None = option(default=None, flags=("--hook",), metavar="HOOK", help="Only what this hook registers.")
    all_: bool = option(default=False, flags=("--all",), help="Also plugins that are installed but switched off.")


@request
class DescribePlugin(Request):
    """Show where an implementation comes from, and its options."""

    name: str = option(
        kw_only=False, metavar="NAME", offers="plugin", help="Name of an implementation or of a plugin."
    )


@request
class NewPlugin(Output):
    """Write a package for a new plugin: it works, has tests, and can be installed as it is."""

    name: str = option(kw_only=False, metavar="NAME", help="What users will type: lower case and dashes.")
    kind: str = option(
        flags=("--kind",),
        metavar="KIND",
        offers=_KINDS,
        help=f"{', '.join(_KINDS[:-1])} or {_KINDS[-1]}.",
    )
    output: Parsed[str, str | Path] = changed(
        Output, "output", default=".", kw_only=True, metavar="DIR", panel="", help="Folder to make it in."
    )
    force: bool = changed(
        Output, "force", default=False, flags=("--force",), panel="", help="Write into a folder that exists."
    )


@request
class CheckPlugin(Networked):
    """Run the conformance suites on what is installed; exit code 8 if something is not as it must be."""

    name: str = option(
        kw_only=False, metavar="NAME", offers="plugin", help="An implementation, a plugin or a distribution."
    )
    kind: str | None = changed(NewPlugin, "kind", default=None, help="Only what is of this kind.")
    options: Parsed[Mapping[str, Any], Options] = option(
        default=(),
        flags=("-O", "--option"),
        metavar="KEY=VALUE",
        help="An option to check it with.",
        parse=options_given,
        many=True,
    )
    weights: Parsed[str | None, str | Path | None] = changed(
        Generating, "weights", default=None, panel="", help="Checkpoint to check with."
    )


@request
class UninstallPlugins(Request):
    """Uninstall plugins with the pip of this environment; the command is shown before it runs."""

    packages: Parsed[tuple[str, ...], Sequence[str]] = option(
        kw_only=False, metavar="PACKAGE...", help="Distributions.", parse=tuple, many=True
    )
    dry_run: bool = option(default=False, flags=("--dry-run",), help="Only show the command.")


@request
class InstallPlugins(UninstallPlugins):
    """Install plugins with the pip of this environment; the command is shown before it runs."""

    packages: Parsed[tuple[str, ...], Sequence[str]] = changed(
        UninstallPlugins, "packages", help="Distributions, files or folders."
    )
    upgrade: bool = option(default=False, flags=("--upgrade", "-U"), help="Also if it is there already.")
