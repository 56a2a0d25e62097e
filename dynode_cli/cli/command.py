"""Commands: how one is declared, and how its help looks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from dynode_cli.cli.declared import Given, given_values, parameters
from dynode_cli.cli.session import Session, session_of
from dynode_cli.requests.base import Request, fields_of
from dynode_cli.requests.edit import WHAT
from dynode_cli.requests.encoding import ENCODER
from dynode_cli.requests.machine import GLOBAL, RUN
from dynode_cli.requests.methods import METHOD
from dynode_cli.requests.timing import TIME

FOOTER = "Every option can also be set as DYNODE_<NAME> in the environment or in dynode.toml; see the documentation."


PANELS = ("Arguments", "Options", WHAT, TIME, METHOD, ENCODER, RUN)
"""Headings of help, in order; those of plugins' commands follow."""


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
        order = [*PANELS, *(panel for panel in panels if panel not in PANELS)]
        for panel in sorted(panels, key=lambda name: (name == GLOBAL, order.index(name))):
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


def command_app(help: str = "", *, group: bool | type[Group] = False) -> typer.Typer:
    """The ``app`` of a command module.

    Arguments:
        group: whether it has several commands (``dynode plugins list``), or what kind of group it is.
    """
    app = typer.Typer(
        help=help,
        cls=Group if isinstance(group, bool) else group,
        add_completion=False,
        rich_markup_mode=None,
        suggest_commands=True,
    )
    if group:
        # A callback makes typer keep the group even while it has one command only.
        app.callback()(_group)
    return app


def command(
    app: typer.Typer,
    name: str | None = None,
    *,
    takes: Sequence[type[Request]] = (),
    hides: Sequence[str] = (),
    examples: Sequence[str] = (),
) -> Callable[[Callable[[Session, Given], None]], Callable[..., None]]:
    """Declare a function as a command of `app`: it is given the session and what stands on the command line.

    Arguments:
        name: name of the command within its group; the function's by default.
        takes: the requests whose options it has; the first one's docstring is its help, where the function has none.
        hides: fields of these that are not given on the command line.
        examples: command lines, with an explaining ``# comment`` where that helps; help shows them first.
    """

    def declare(run: Callable[[Session, Given], None]) -> Callable[..., None]:
        def called(ctx: typer.Context, **values: Any) -> None:
            session = session_of(ctx)
            run(session, Given(given_values(values), session))

        first = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        called.__signature__ = inspect.Signature([first, *parameters(takes, hides)])  # type: ignore[attr-defined]
        called.__name__, called.__doc__ = run.__name__, run.__doc__ or inspect.getdoc(takes[0])
        # Read by global_options.settable; typer hands it on to its own callback.
        called.project = {f.name for taken in takes for f in fields_of(taken) if f.project}  # type: ignore[attr-defined]
        return app.command(name, cls=Command, epilog="\n".join(examples))(called)

    return declare


def _panel(param: Any, command: Any) -> str:
    """Heading under which help shows a parameter."""
    if param.param_type_name == "argument":
        return "Arguments"
    if param.name == "help" and any(p.rich_help_panel == GLOBAL for p in command.params):
        return GLOBAL
    return param.rich_help_panel or "Options"


def _group() -> None:
    """Has no options of its own."""
