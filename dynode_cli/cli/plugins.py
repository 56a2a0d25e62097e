"""``dynode plugins``: what is installed, what it brings, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import session_of
from dynode_cli.console import Console

app = command_app("List plugins, what they bring, and their options.", group=True)


@command(
    app,
    "list",
    examples=[
        "dynode plugins list                                  # what can be used",
        "dynode plugins list --hook dynode_register_dynamics  # of one kind",
        "dynode plugins list --all --json                     # also what is switched off",
    ],
)
def list_plugins(
    ctx: typer.Context,
    hook: Annotated[str | None, typer.Option("--hook", metavar="HOOK", help="Only what this hook registers.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also plugins that are installed but switched off.")] = False,
) -> None:
    """List plugins and what they bring, broken ones with the reason."""
    from dynode_cli.cli import plugin_reports as reports

    session = session_of(ctx)
    listing = reports.listing(session.host, hook=hook, include_switched_off=all_)
    if session.json:
        session.console.print_json(listing)
    else:
        _show_listing(session.console, listing)


@command(
    app,
    "info",
    examples=[
        "dynode plugins info motion          # options of the default generator",
        "dynode plugins info spline --json",
    ],
)
def info(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of an implementation or of a plugin.")],
) -> None:
    """Show where an implementation comes from, and its options."""
    from dynode_cli.cli import plugin_reports as reports

    session = session_of(ctx)
    found = reports.info(session.host, name)
    if session.json:
        session.console.print_json(found)
    else:
        _show_info(session.console, found)


def _show_listing(console: Console, listing: dict[str, Any]) -> None:
    rows = [
        (item["kind"], item["name"], item["summary"], f"{plugin['name']} ({plugin['source']})")
        for plugin in listing["plugins"]
        for item in plugin["provides"]
    ]
    if rows:
        console.table(["kind", "name", "what it is", "plugin"], sorted(rows))
    else:
        console.message("no plugin brings anything here")
    for plugin in listing["switched_off"]:
        console.write(f"off: {plugin['name']} ({plugin['source']})")
    for plugin in listing["not_installed"]:
        console.write(f"not installed: {plugin['distribution']}: {plugin['summary']}; {plugin['install']}")
    for problem in listing["problems"]:
        console.write(f"broken: {problem['plugin']} ({problem['source']}): {problem['reason']}")


def _show_info(console: Console, found: dict[str, Any]) -> None:
    for plugin in found["plugins"]:
        console.write(f"plugin {plugin['name']} ({plugin['source']}), licence {plugin['licence'] or 'not stated'}")
        for item in plugin["provides"]:
            console.write(f"  {item['kind']} {item['name']}: {item['summary']}")
    for item in found["implementations"]:
        console.write(f"{item['kind']} {item['name']}: {item['summary']}")
        console.write(f"  from plugin {item['plugin']} ({item['source']}), class {item['class']}")
        if item["documentation"]:
            console.write(f"  {item['documentation'].splitlines()[0]}")
        if item["options"]:
            options = item["options"]
            console.table(["option", "value", "what it does"], [(o["name"], o["value"], o["help"]) for o in options])
        elif item["options"] is not None:
            console.write("  no options")
