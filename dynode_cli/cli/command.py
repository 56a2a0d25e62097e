"""Commands: how one is declared."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from dynode_cli.cli.declared import Given, given_values, parameters
from dynode_cli.cli.help import Help
from dynode_cli.cli.session import Session, session_of
from dynode_cli.requests.base import Request, fields_of


class Command(Help, TyperCommand):
    """A command with dynode's help."""


class Group(Help, TyperGroup):
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
        # Read by help.Help.
        called.common = {f.name for taken in takes for f in fields_of(taken) if f.common}  # type: ignore[attr-defined]
        return app.command(name, cls=Command, epilog="\n".join(examples))(called)

    return declare


def _group() -> None:
    """Has no options of its own."""
