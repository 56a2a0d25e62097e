"""Options that every command has, and the files and variables that every option can come from.

:func:`adopt` gives them to a command, ours or a plugin's, after typer has built it. Precedence is click's own order
(option, environment, ``default_map``, default): each option gets the variable ``DYNODE_<NAME>``, and the
``--config`` option, which click handles before all others, reads the files and becomes the ``default_map``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from dynode_cli import settings
from dynode_cli.cli.command import GLOBAL_PANEL
from dynode_cli.cli.session import session_of, use_plugins_dir
from dynode_cli.console import ColorMode
from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.cli.program import Program

NOT_SETTINGS = {"help", "version", "config", "install_completion", "show_completion"}
"""Options that no file can set."""


def adopt(command: TyperCommand | TyperGroup) -> None:
    """Give the global options to `command`, or to each command of a group, and environment names to all options."""
    if isinstance(command, TyperGroup):
        for child in command.commands.values():
            if isinstance(child, (TyperCommand, TyperGroup)):
                adopt(child)
    else:
        taken = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
        for option in global_options():
            option.opts = [flag for flag in option.opts if flag not in taken]
            if option.opts:
                command.params.append(option)
        for param in command.params:
            if isinstance(param, TyperOption) and param.envvar is None:
                param.envvar = f"DYNODE_{setting_name(param).upper()}"
                # Help says once, at its end, that every option has one.
                param.show_envvar = False


def global_options() -> list[TyperOption]:
    """Fresh parameters for one command."""
    app = typer.Typer(add_completion=False)
    app.command()(_declaration)
    return [param for param in get_command(app).params if isinstance(param, TyperOption)]


def options(command: Any) -> list[TyperOption]:
    """Options of `command` that a file can set."""
    return [
        param
        for param in command.params
        if isinstance(param, TyperOption) and setting_name(param) not in NOT_SETTINGS
    ]


def setting_name(param: TyperOption) -> str:
    """Name of an option in files and, in capitals, in the environment: ``--pix-fmt`` is ``pix_fmt``."""
    flag = max(param.opts, key=len)
    return flag.lstrip("-").replace("-", "_")


def leaves(command: Any, ctx: Any, path: str) -> Iterator[tuple[str, Any]]:
    """`command`, or every command in it if it is a group, with its path: ``plugins list``."""
    if isinstance(command, TyperGroup):
        for name in command.list_commands(ctx):
            yield from leaves(command.get_command(ctx, name), ctx, f"{path} {name}")
    else:
        yield path, command


def _load_settings(ctx: typer.Context, value: Path | None) -> None:
    if ctx.resilient_parsing:
        return
    session = session_of(ctx)
    session.settings = settings.load(value)
    if not session.settings.layers:
        return
    root = ctx.find_root()
    program: Program = root.command  # type: ignore[assignment]  # the root is always ours
    try:
        session.settings.check(program.option_names(root, plugins=False))
    except UsageError:
        # Perhaps an option of a plugin's command: those are imported only if they must be.
        session.settings.check(program.option_names(root, plugins=True))
    path = ctx.command_path.removeprefix(f"{root.command_path} ")
    defaults: dict[str, Any] = {}
    for param in options(ctx.command):
        setting = session.settings.option(path, setting_name(param))
        if setting is not None:
            defaults[param.name] = _as_typed(setting, param)
            session.sources[param.name] = f"{setting.source}: {setting_name(param)}"
    ctx.default_map = defaults


def _as_typed(setting: settings.Setting, param: TyperOption) -> Any:
    """The value as the user would have typed it, so that one parser serves files and the command line."""
    name, value = setting_name(param), setting.value
    if param.count or (param.is_flag and isinstance(value, bool)):
        return value
    if param.is_flag:
        raise UsageError(f"{setting.source}: {name} must be true or false, not {value!r}")
    if param.multiple or param.nargs != 1:
        items = value if isinstance(value, list) else [value]
        return [str(item) for item in items]
    if isinstance(value, list):
        raise UsageError(f"{setting.source}: {name} takes one value, not a list")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _keep(ctx: typer.Context, param: typer.CallbackParam, value: Any) -> None:
    """Note a global option in the session; one before the command's name counts like one after it."""
    if ctx.resilient_parsing or param.name is None:
        return
    session = session_of(ctx)
    source = ctx.get_parameter_source(param.name)
    typed = source is not None and source.name == "COMMANDLINE"
    at_root = ctx.parent is None
    if at_root and not typed:
        return
    if param.name == "verbose" and not at_root:
        session.verbose += value
    elif param.name == "plugins_dir":
        if value is not None:
            use_plugins_dir(value)
    elif typed or not _given_at_root(ctx, param.name):
        setattr(session, param.name, value)


def _given_at_root(ctx: typer.Context, name: str) -> bool:
    source = ctx.find_root().get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _declaration(
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            show_default=False,
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Say more on stderr; -vv says everything.",
        ),
    ] = 0,
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Say nothing but warnings and errors.",
        ),
    ] = False,
    color: Annotated[
        ColorMode,
        typer.Option(
            "--color",
            metavar="WHEN",
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Colour: auto, always or never. auto obeys NO_COLOR.",
        ),
    ] = "auto",
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Print the result, or the error, as JSON on stdout.",
        ),
    ] = False,
    offline: Annotated[
        bool,
        typer.Option(
            "--offline",
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Fetch nothing from the network.",
        ),
    ] = False,
    plugins_dir: Annotated[
        Path | None,
        typer.Option(
            "--plugins-dir",
            metavar="DIR",
            callback=_keep,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Load the single-file plugins of DIR too.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="FILE",
            is_eager=True,
            callback=_load_settings,
            expose_value=False,
            rich_help_panel=GLOBAL_PANEL,
            help="Settings file, stronger than ./dynode.toml.",
        ),
    ] = None,
) -> None:
    """Declares the global options; never called."""
