"""``dynode plugins``: what is installed, what it brings, what is wrong with it, and making new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.console import Console
from dynode_cli.errors import QualityError
from dynode_cli.requests.plugins import (
    CheckPlugin,
    DescribePlugin,
    InstallPlugins,
    ListPlugins,
    NewPlugin,
    UninstallPlugins,
)

app = command_app("List, describe, check, install and write plugins.", group=True)


@command(
    app,
    "list",
    takes=(ListPlugins,),
    examples=[
        "dynode plugins list                                  # what can be used",
        "dynode plugins list --hook dynode_register_dynamics  # of one kind",
        "dynode plugins list --all --json                     # also what is switched off",
    ],
)
def list_plugins(session: Session, given: Given) -> None:
    request = given.to(ListPlugins)
    from dynode_cli.cli import plugin_reports as reports

    listing = reports.listing(session.plugins, hook=request.hook, include_switched_off=request.all_)
    if session.json:
        session.console.print_json(listing)
    else:
        _show_listing(session.console, listing)


@command(
    app,
    "info",
    takes=(DescribePlugin,),
    examples=[
        "dynode plugins info motion          # options of the default generator",
        "dynode plugins info spline --json",
    ],
)
def info(session: Session, given: Given) -> None:
    from dynode_cli.cli import plugin_reports as reports

    found = reports.info(session.plugins, given.to(DescribePlugin).name)
    if session.json:
        session.console.print_json(found)
    else:
        _show_info(session.console, found)


@command(
    app,
    "new",
    takes=(NewPlugin,),
    examples=[
        "dynode plugins new my-dynamics --kind dynamics   # the package dynode-my-dynamics, ready to install",
        "dynode plugins new tight --kind dynamics -o ~/src",
    ],
)
def new(session: Session, given: Given) -> None:
    request = given.to(NewPlugin)
    from dynode_cli import scaffold

    folder, files = scaffold.write_package(request.name, request.kind, Path(request.output), force=request.force)
    if session.json:
        session.console.print_json({"folder": str(folder), "files": [str(path) for path in files]})
        return
    for path in files:
        session.console.write(str(path))
    session.console.message(f"next: python -m pip install -e '{folder}[test]' && python -m pytest {folder}")


@command(
    app,
    "check",
    takes=(CheckPlugin,),
    examples=[
        "dynode plugins check spline                      # does it do what every dynamics must do?",
        "dynode plugins check dynode-tight                # everything that a plugin brings",
        "dynode plugins check stylegan2 --weights my.pt -O truncation=0.7",
    ],
)
def check(session: Session, given: Given) -> None:
    request = given.to(CheckPlugin)
    from dynode_cli.cli import main
    from dynode_cli.conformance import checking
    from dynode_cli.contracts import Context
    from dynode_cli.weights.opening import open_store

    store = open_store(session.plugins, offline=request.offline)
    file = None if request.weights is None else store.locate(request.weights)
    choice = checking.CheckChoice(request.name, request.kind, request.options, file)
    context = Context(weights=file, resolve_weights=store.resolve)
    results = []
    for registration in checking.to_check(session.plugins, choice):
        what = f"{registration.kind} {registration.name}"
        for finding in checking.check(session.plugins, registration, choice, context, main):
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
        raise QualityError(f"{failed} of {len(results)} requirements are not met by '{request.name}'")


@command(
    app,
    "install",
    takes=(InstallPlugins,),
    examples=["dynode plugins install dynode-tight", "dynode plugins install ./dynode-tight --dry-run"],
)
def install(session: Session, given: Given) -> None:
    request = given.to(InstallPlugins)
    _pip(session, "install", [*(["--upgrade"] if request.upgrade else []), *request.packages], request.dry_run)


@command(app, "uninstall", takes=(UninstallPlugins,), examples=["dynode plugins uninstall dynode-tight"])
def uninstall(session: Session, given: Given) -> None:
    request = given.to(UninstallPlugins)
    _pip(session, "uninstall", list(request.packages), request.dry_run)


def _pip(session: Session, action: str, arguments: list[str], dry_run: bool) -> None:
    from dynode_cli.plugin_host import pip

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
