"""The root command: names of all commands without their modules, modules only when they are needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand
from typer.main import get_command

from dynode_cli import other_words
from dynode_cli.cli.command import Group
from dynode_cli.cli.declared import parameter
from dynode_cli.cli.global_options import adopt, global_options, leaves, settable, typer_options
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.blame import name_plugin
from dynode_cli.requests import program as requests
from dynode_cli.requests.base import fields_of
from dynode_cli.suggestions import did_you_mean

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host

HELP = "Make any video smoother or slower: new in-between frames at any frame rate."
EXAMPLES = """
dynode interpolate clip.mp4 --fps 240 -o smooth.mp4   # 240 frames a second
dynode interpolate clip.mp4 --slowmo 4 -o slow.mp4    # four times slower
dynode eval clip.mp4 --keep-every 2                   # is it better than blending, on this clip?
dynode COMMAND -h                                     # its usual options; --help: all of them
"""


@dataclass(frozen=True)
class Entry:
    """A command of ours: where it is, and its line in the list of commands."""

    module: str
    """Module with an ``app`` (:func:`~dynode_cli.cli.command.command_app`)."""
    summary: str
    project: bool = True
    """Whether it obeys the settings file of the current folder."""


class Program(Group):
    """``dynode``. Commands are imported when they are run, never to list them."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        (version,) = (field for field in fields_of(requests.GlobalOptions) if field.name == "version")
        own = [parameter(version, is_eager=True, expose_value=False, callback=_show_version)]
        super().__init__(
            name="dynode",
            help=HELP,
            epilog=EXAMPLES,
            params=[*typer_options(own, completion=True), *global_options()],
            rich_markup_mode=None,
            no_args_is_help=True,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self._entries = entries
        self._listing = False

    def summaries(self) -> dict[str, str]:
        """One line about each command, plugins' last."""
        own = {name: entry.summary for name, entry in self._entries.items()}
        return own | {r.name: r.summary for r in self._host().registrations("command")}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.summaries())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if self._listing:
            return TyperCommand(cmd_name, short_help=self.summaries()[cmd_name])
        if cmd_name not in self.commands:
            command = self._build(cmd_name)
            if command is None:
                return None
            command.name = cmd_name
            adopt(command)
            self.commands[cmd_name] = command
        return self.commands[cmd_name]

    def _host(self) -> Host:
        from dynode_cli.plugin_host.host import load_host

        host = load_host()
        host.reserve("command", self._entries)
        return host

    def _build(self, name: str) -> Any:
        if name in self._entries:
            return get_command(import_module(self._entries[name].module).app)
        if name not in self._host().names("command"):
            return None
        app = self._host().command(name)
        try:
            return get_command(app)
        except Exception as error:
            raise PluginError(
                f"command '{name}' cannot be built by typer: {type(error).__name__}: {error}"
            ) from error

    def reads_project(self, path: str) -> bool:
        """Whether the command at `path` obeys the settings file of the current folder."""
        entry = self._entries.get(path.split()[0])
        return entry is None or entry.project

    def option_names(self, ctx: Any, *, plugins: bool) -> dict[str, dict[str, bool]]:
        """Options of every command, for checking settings files (:data:`dynode_cli.settings.CommandOptions`).

        A broken plugin's are left out.
        """
        names: dict[str, dict[str, bool]] = {}
        for name in self.summaries() if plugins else self._entries:
            try:
                command = self.get_command(ctx, name)
            except PluginError:
                continue
            for path, leaf in leaves(command, ctx, name):
                names[path] = settable(leaf)
        return names

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        # As git, pip and others have it.
        if args == ["help"]:
            typer.echo(ctx.get_help())
            raise typer.Exit
        if args[0] == "help":
            args = [*args[1:], "--help"]
        name = args[0]
        if not ctx.resilient_parsing:
            self._host().require_sound_if_strict()
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            commands = self.list_commands(ctx)
            hint = other_words.answer("command", name) or did_you_mean(name, commands, what="commands")
            raise UsageError(f"there is no command '{name}'", hint=hint)
        return (name if command else None), command, args[1:]

    def invoke(self, ctx: Any) -> None:
        try:
            super().invoke(ctx)
        except Exception as error:
            name_plugin(error, self._host().plugins)
            raise

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries().items()))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        self._listing = True
        try:
            return super().shell_complete(ctx, incomplete)
        finally:
            self._listing = False


def _show_version(value: bool) -> None:
    if value:
        from dynode_cli import __version__

        typer.echo(f"dynode {__version__}")
        raise typer.Exit
