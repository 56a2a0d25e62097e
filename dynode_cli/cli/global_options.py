"""Options that every command has, and the files and variables that every option can come from.

:func:`adopt` gives them to a command, ours or a plugin's, after typer has built it. Precedence is click's own order
(option, environment, ``default_map``, default): each option gets the variable ``DYNODE_<NAME>``, and the
``--config`` option, which click handles before all others, reads the files and becomes the ``default_map``.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from dynode_cli import settings
from dynode_cli.cli.declared import parameter
from dynode_cli.cli.session import session_of, use_plugins_dir
from dynode_cli.errors import UsageError
from dynode_cli.requests import program as requests
from dynode_cli.requests.base import fields_of
from dynode_cli.requests.machine import GLOBAL

NOT_SETTINGS = {"help", "version", "config", "install_completion", "show_completion"}
"""Options that no file can set."""


class KnowsOptions(Protocol):
    """The program, as settings files are checked against it."""

    def reads_project(self, path: str) -> bool:
        """Whether the command at `path` obeys the settings file of the current folder."""

    def option_names(self, ctx: Any, *, plugins: bool) -> dict[str, dict[str, bool]]:
        """Options of every command, for checking settings files; of those of plugins too, if so."""


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
        _tell_first(command)


def _tell_first(command: TyperCommand | TyperGroup) -> None:
    """Let `command` say which settings file of the current folder applies, once it is known how much is to be said."""
    invoke = command.invoke

    def telling(ctx: Any) -> Any:
        session_of(ctx).tell_project_file()
        return invoke(ctx)

    command.invoke = telling  # type: ignore[method-assign]  # of this command only, whoever's it is


def global_options() -> list[TyperOption]:
    """Fresh parameters for one command."""
    declared = {field.name: field for field in fields_of(requests.GlobalOptions)}
    return typer_options([parameter(declared[name], expose_value=False, **how) for name, how in _HANDLED.items()])


def typer_options(parameters: Sequence[inspect.Parameter], *, completion: bool = False) -> list[TyperOption]:
    """What typer makes of `parameters`; with its own options that install `completion` of a shell."""

    def declare(**values: Any) -> None:
        """Declares options; never called."""

    declare.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=completion)
    app.command()(declare)
    return [param for param in get_command(app).params if isinstance(param, TyperOption)]


def options(command: Any) -> list[TyperOption]:
    """Options of `command` that a file can set."""
    return [
        param
        for param in command.params
        if isinstance(param, TyperOption) and setting_name(param) not in NOT_SETTINGS
    ]


def settable(command: Any) -> dict[str, bool]:
    """Names in files of the options of `command`, and whether a file of the current folder may set them, trusted or not.

    It may where the declaration says so: options that a plugin's command declares to typer alone it may not.
    """
    stated = {field.name for field in fields_of(requests.GlobalOptions) if field.project}
    declared: Collection[str] = getattr(command.callback, "project", ())
    return {
        setting_name(param): param.name in (stated if param.rich_help_panel == GLOBAL else declared)
        for param in options(command)
    }


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
    if ctx.parent is None:
        # Before the command's name: it is the command that reads it.
        session.config = value
        return
    root = ctx.find_root()
    program: KnowsOptions = root.command  # type: ignore[assignment]  # the root is always ours
    path = ctx.command_path.removeprefix(f"{root.command_path} ")
    session.settings = settings.load(value or session.config, project=program.reads_project(path))
    if not session.settings.layers:
        return
    own = program.option_names(root, plugins=False)
    try:
        session.settings.check(own)
    except UsageError:
        # Perhaps an option of a plugin's command: those are imported only if they must be.
        session.settings.check(program.option_names(root, plugins=True))
    session.settings.check_trust({**own, path: settable(ctx.command)})
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


_HANDLED: dict[str, dict[str, Any]] = {
    "verbose": {"callback": _keep, "count": True, "show_default": False},
    "quiet": {"callback": _keep},
    "color": {"callback": _keep},
    "json": {"callback": _keep},
    "offline": {"callback": _keep},
    "plugins_dir": {"callback": _keep},
    "config": {"callback": _load_settings, "is_eager": True},
}
"""The global options in the order of help, and how each is taken note of."""
