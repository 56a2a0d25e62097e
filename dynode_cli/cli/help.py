"""Help of a command: ``-h`` shows what most people use, ``--help`` all of it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from typing import Any

from typer.core import TyperGroup

from dynode_cli.requests.edit import WHAT
from dynode_cli.requests.encoding import ENCODER
from dynode_cli.requests.machine import GLOBAL, RUN
from dynode_cli.requests.methods import METHOD
from dynode_cli.requests.timing import TIME

PANELS = ("Arguments", "Options", WHAT, TIME, METHOD, ENCODER, RUN)
"""Headings of help, in order; those of plugins' commands follow."""
_FOOTER = "Every option can also be set as DYNODE_<NAME> in the environment or in dynode.toml; see the documentation."
_SHORT = "dynode.short_help"
_FEW = 9
"""A command with so many options of its own, or fewer, has nothing to leave out."""
_KINDS = {"int": "N", "float": "N", "str": "TEXT", "path": "FILE", "list[str]": "TEXT"}
"""What stands for a value of which the declaration says nothing but its type."""


class Help:
    """Help that starts with what people look for: what it does, examples, then usage and options by panel.

    A mixin for commands of typer. Which options ``-h`` shows their declarations say (`common`).
    """

    def parse_args(self: Any, ctx: Any, args: list[str]) -> list[str]:
        ctx.meta[_SHORT] = "-h" in args and "--help" not in args
        parsed: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]  # that of typer's command
        return parsed

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

    def collect_usage_pieces(self: Any, ctx: Any) -> list[str]:
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]  # that of typer's command
        return [_plain(piece) for piece in pieces]

    def format_options(self: Any, ctx: Any, formatter: Any) -> None:
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)
        found = list(panels(self, ctx))
        own = sum(len(params) for heading, params in found if heading not in ("Arguments", GLOBAL))
        left_out = ctx.meta.get(_SHORT) and own > _FEW
        common: Collection[str] = getattr(self.callback, "common", ()) if left_out else ()
        for heading, params in found:
            shown = [p for p in params if not common or p.name in common or p.param_type_name == "argument"]
            if shown:
                with formatter.section(heading):
                    formatter.write_dl([row(param, ctx) for param in shown])
        formatter.write_paragraph()
        if common:
            every = sum(len(params) for heading, params in found if heading != "Arguments")
            formatter.write_text(f"These are the usual ones. All {every} options: {ctx.command_path} --help")
        else:
            formatter.write_text(_FOOTER)


def panels(command: Any, ctx: Any) -> Iterator[tuple[str, list[Any]]]:
    """The parameters of a command that help shows, by headings, in order; the global options last."""
    found: dict[str, list[Any]] = {}
    for param in command.get_params(ctx):
        if not param.hidden:
            found.setdefault(_panel(param, command), []).append(param)
    order = [*PANELS, *(heading for heading in found if heading not in PANELS)]
    for heading in sorted(found, key=lambda name: (name == GLOBAL, order.index(name))):
        yield heading, found[heading]


def row(param: Any, ctx: Any) -> tuple[str, str]:
    """How a parameter is written, and what it does, in words: typer tells types."""
    name, text = param.get_help_record(ctx)
    if param.param_type_name == "argument":
        name = _plain(param.metavar or param.name.upper()) + ("..." if param.nargs != 1 else "")
    if param.name == "help":
        text = "Show the usual options, or all of them (--help)."
    name = re.sub(r"<(.*)>", lambda kind: _KINDS.get(kind[1], kind[1]), name)
    text = re.sub(r"\b(\S+)<=x<=(\S+)\]", r"\1 to \2]", text)
    return name, re.sub(r"\bx>=([^];]+)", r"\1 or more", text)


def _plain(piece: str) -> str:
    """A part of a usage line without the brackets of typer where the declaration has its own."""
    return re.sub(r"\[\[(.*?)\]\]", r"[\1]", re.sub(r"\{(.*?)\}", r"\1", piece))


def _panel(param: Any, command: Any) -> str:
    """Heading under which help shows a parameter."""
    if param.param_type_name == "argument":
        return "Arguments"
    if param.name == "help" and any(p.rich_help_panel == GLOBAL for p in command.params):
        return GLOBAL
    return param.rich_help_panel or "Options"
