"""How a command is declared, and how its help looks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

Function = TypeVar("Function", bound=Callable[..., Any])

FOOTER = "Every option can also be set as DYNODE_<NAME> in the environment or in dynode.toml; see the documentation."


GLOBAL_PANEL = "Global options"


class _Help:
    """Help that starts with what people look for: what it does, examples, then usage and options by panel."""

    def format_help(self: Any, ctx: Any, formatter: Any) -> None:
        self.format_help_text(ctx, formatter)
        if self.epilog:
            with formatter.section("Examples"):
                for line in inspect.cleandoc(self.epilog).splitlines():
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
        formatter.write_paragraph()
        self.format_usage(ctx, formatter)
        self.format_options(ctx, formatter)

    def format_help_text(self: Any, ctx: Any, formatter: Any) -> None:
        formatter.write_text(inspect.cleandoc(self.help or ""))

    def format_options(self: Any, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                panels.setdefault(_panel(param, self), []).append(record)
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)
        order = ["Arguments", "Options", *panels]
        for panel in sorted(panels, key=lambda name: (name == GLOBAL_PANEL, order.index(name))):
            with formatter.section(panel):
                formatter.write_dl(panels[panel])
        formatter.write_paragraph()
        formatter.write_text(FOOTER)


class Command(_Help, TyperCommand):
    """A command with dynode's help."""


class Group(_Help, TyperGroup):
    """A command that has commands; without one of them it shows its help."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])


def command_app(help: str = "", *, group: bool = False) -> typer.Typer:
    """The ``app`` of a command module; `group` for one that has several commands (``dynode plugins list``)."""
    app = typer.Typer(
        help=help,
        cls=Group,
        add_completion=False,
        rich_markup_mode=None,
        suggest_commands=True,
    )
    if group:
        # A callback makes typer keep the group even while it has one command only.
        app.callback()(_group)
    return app


def command(
    app: typer.Typer, name: str | None = None, *, examples: Sequence[str] = ()
) -> Callable[[Function], Function]:
    """Declare a function as a command of `app`; its docstring is the help, `examples` are shown first.

    Arguments:
        name: name of the command within its group; the function's by default.
        examples: command lines, with an explaining ``# comment`` where that helps.
    """
    return app.command(name, cls=Command, epilog="\n".join(examples))


def _panel(param: Any, command: Any) -> str:
    """Heading under which help shows a parameter."""
    if param.param_type_name == "argument":
        return "Arguments"
    if param.name == "help" and any(p.rich_help_panel == GLOBAL_PANEL for p in command.params):
        return GLOBAL_PANEL
    return param.rich_help_panel or "Options"


def _group() -> None:
    """Has no options of its own."""
