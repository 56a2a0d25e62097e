"""``dynode plugins``: what is installed, what it brings, what is wrong with it, and making new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import session_of
from dynode_cli.console import Console
from dynode_cli.errors import QualityError

app = command_app("List, describe, check, install and write plugins.", group=True)


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


@command(
    app,
    "new",
    examples=[
        "dynode plugins new my-dynamics --kind dynamics   # the package dynode-my-dynamics, ready to install",
        "dynode plugins new tight --kind dynamics -o ~/src",
    ],
)
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What users will type: lower case and dashes.")],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="generator, inverter, dynamics, framing, direction, metric or command.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder to make it in.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write into a folder that exists.")] = False,
) -> None:
    """Write a package for a new plugin: it works, has tests, and can be installed as it is."""
    from dynode_cli import scaffold

    session = session_of(ctx)
    folder, files = scaffold.write_package(name, kind, output, force=force)
    if session.json:
        session.console.print_json({"folder": str(folder), "files": [str(path) for path in files]})
        return
    for path in files:
        session.console.write(str(path))
    session.console.message(f"next: python -m pip install -e '{folder}[test]' && python -m pytest {folder}")


@command(
    app,
    "check",
    examples=[
        "dynode plugins check spline                      # does it do what every dynamics must do?",
        "dynode plugins check dynode-tight                # everything that a plugin brings",
        "dynode plugins check stylegan2 --weights my.pt -O truncation=0.7",
    ],
)
def check(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="An implementation, a plugin or a distribution.")],
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only what is of this kind.")] = None,
    option: Annotated[
        list[str] | None, typer.Option("-O", "--option", metavar="KEY=VALUE", help="An option to check it with.")
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="FILE", help="Checkpoint to check with.")
    ] = None,
) -> None:
    """Run the conformance suites on what is installed; exit code 8 if something is not as it must be."""
    from dynode_cli.conformance import checking
    from dynode_cli.contracts import Context
    from dynode_cli.options import parse_pairs
    from dynode_cli.weights.opening import open_store

    session = session_of(ctx)
    store = open_store(session.host, offline=session.offline, notify=session.console.message)
    file = None if weights is None else store.locate(weights)
    choice = checking.CheckChoice(name, kind, parse_pairs(option or ()), file)
    context = Context(weights=file, resolve_weights=store.resolve)
    results = []
    for registration in checking.to_check(session.host, choice):
        what = f"{registration.kind} {registration.name}"
        for finding in checking.check(session.host, registration, choice, context):
            results.append({"what": what, "requirement": finding.requirement, "reason": finding.reason})
            if not session.json:
                mark = "ok" if finding.met else "NO"
                session.console.write(f"{mark}  {what}: {finding.requirement.replace('_', ' ')}")
                if finding.reason:
                    session.console.write(f"    {finding.reason}")
    failed = sum(1 for result in results if result["reason"])
    if session.json:
        session.console.print_json({"checked": len(results), "failed": failed, "results": results})
    if failed:
        raise QualityError(f"{failed} of {len(results)} requirements are not met by '{name}'")


@command(
    app,
    "install",
    examples=["dynode plugins install dynode-tight", "dynode plugins install ./dynode-tight --dry-run"],
)
def install(
    ctx: typer.Context,
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="Distributions, files or folders.")],
    upgrade: Annotated[bool, typer.Option("--upgrade", "-U", help="Also if it is there already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the command.")] = False,
) -> None:
    """Install plugins with the pip of this environment; the command is shown before it runs."""
    _pip(ctx, "install", [*(["--upgrade"] if upgrade else []), *packages], dry_run)


@command(app, "uninstall", examples=["dynode plugins uninstall dynode-tight"])
def uninstall(
    ctx: typer.Context,
    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="Distributions.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the command.")] = False,
) -> None:
    """Uninstall plugins with the pip of this environment; the command is shown before it runs."""
    _pip(ctx, "uninstall", packages, dry_run)


def _pip(ctx: typer.Context, action: str, arguments: list[str], dry_run: bool) -> None:
    from dynode_cli.plugin_host import pip

    session = session_of(ctx)
    line = pip.command_line(action, arguments)
    if session.json:
        session.console.print_json({"command": line, "run": not dry_run})
    else:
        session.console.write(pip.shown(line))
    if not dry_run:
        pip.run(line, session.console.message)


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
