"""The session, what a command gets from the program: console, settings, plugins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dynode_cli.console import Console
from dynode_cli.errors import UsageError
from dynode_cli.media.containers import PIPE
from dynode_cli.requests.program import ColorMode
from dynode_cli.settings import Settings

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host
    from dynode_cli.plugin_host.kinds import Kind
    from dynode_cli.requests.base import Request


@dataclass
class Session:
    """One run of the program. Filled by the global options, then handed to the command as ``ctx.obj``."""

    verbose: int = 0
    quiet: bool = False
    color: ColorMode = "auto"
    json: bool = False
    """The user asked for JSON on stdout: data only through `console.print_json`."""
    offline: bool = False
    """Nothing may be fetched from the network."""
    config: Path | None = None
    """The file of ``--config``, where it stands before the command's name."""
    settings: Settings = field(default_factory=Settings)
    sources: dict[str, str] = field(default_factory=dict)
    """The settings file that each parameter's value came from."""

    @cached_property
    def console(self) -> Console:
        """The console; read it once the command line is parsed."""
        return self.new_console()

    @property
    def answered(self) -> bool:
        """JSON was printed: a second document on stdout would make both unreadable."""
        return "console" in vars(self) and self.console.answered

    @property
    def plugins(self) -> Host:
        """The plugins, for commands that only say something about them."""
        from dynode_cli.plugin_host.host import load_host

        return load_host()

    @cached_property
    def host(self) -> Host:
        """The plugins, to run what they bring with the options that the settings files give.

        Raises:
            UsageError: a file gives an option that an implementation does not have, or a bad value.
        """
        host = self.plugins.with_options(self.settings.option_tables())
        for unused in host.check_options():
            self.console.warn(unused)
        return host

    def tell_project_file(self) -> None:
        """Say which settings file of the current folder applies, if one does."""
        if self.settings.project is not None:
            self.console.message(f"settings of this folder: {self.settings.project.source}")

    def new_console(self) -> Console:
        """A console as the options known so far ask for."""
        return Console(verbosity=-1 if self.quiet else self.verbose, color=self.color)

    def check_stdout(self, output: str | None) -> None:
        """Refuse to write video and JSON to one place.

        Raises:
            UsageError: both were asked for on standard output.
        """
        if self.json and output == "-":
            raise UsageError(
                "-o - and --json both write to standard output", hint="give the output a name, or leave out --json"
            )

    @contextmanager
    def working(self, request: Request) -> Iterator[None]:
        """Check `request` before any of its work, then show that it has begun while the block runs.

        Raises:
            DynodeError: it cannot be done, as far as that shows at once.
        """
        from dynode_cli.verbs.beforehand import check_files, check_names

        check_names(request, self.host)
        named = getattr(request, "output", None) or getattr(request, "source", None) or "the clip of the last run"
        with self.console.starting("standard input" if named == PIPE else str(named)):
            check_files(request)
            yield

    def plugin_options(self, kind: Kind, name: str, pairs: Sequence[str] = ()) -> dict[str, object]:
        """Options of implementation `name`: what the settings files say, overridden by ``key=value`` `pairs`.

        Raises:
            UsageError: a file gives an option that the implementation does not have, or a bad value, or a pair is
                not ``key=value``.
            PluginError: the implementation is missing or broken.
        """
        from dynode_cli.options import parse_pairs

        return self.host.options_for(kind, name, parse_pairs(pairs))


def session_of(ctx: typer.Context) -> Session:
    """The session that `ctx` belongs to."""
    session = ctx.find_object(Session)
    assert session is not None, "commands run under dynode_cli.cli.main"
    return session


def use_plugins_dir(folder: Path) -> None:
    """Load single-file plugins from `folder` too, as ``DYNODE_PLUGINS_DIR`` does; also in child processes.

    Raises:
        UsageError: `folder` is no folder.
    """
    import os

    from dynode_cli.plugin_host.host import load_host

    if not folder.is_dir():
        raise UsageError(f"--plugins-dir {folder}: no such folder")
    absolute = str(folder.absolute())
    if os.environ.get("DYNODE_PLUGINS_DIR") != absolute:
        os.environ["DYNODE_PLUGINS_DIR"] = absolute
        load_host.cache_clear()
