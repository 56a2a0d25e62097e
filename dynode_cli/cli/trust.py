"""``dynode trust``: the folders whose settings files may set everything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dynode_cli import settings, trust
from dynode_cli.cli.command import Group, command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.errors import DynodeError, UsageError
from dynode_cli.requests.trust import TrustedFolder


class _Trust(Group):
    """``dynode trust .`` is ``dynode trust add .``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        names_a_folder = bool(args) and args[0] not in self.commands and Path(args[0]).is_dir()
        return super().parse_args(ctx, ["add", *args] if names_a_folder else args)


app = command_app("Say which folders' settings files may set everything.", group=_Trust)


@command(
    app,
    "add",
    takes=(TrustedFolder,),
    examples=[
        "dynode trust add ../clips    # the dynode.toml there, as it is now",
        "dynode trust .               # the one here",
    ],
)
def add(session: Session, given: Given) -> None:
    """Trust the settings file of a folder as it is now; once it says something else, it is to be trusted again."""
    folder = given.to(TrustedFolder).folder
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "no such folder"
        raise UsageError(f"{folder}: {what}", hint="name the folder that the settings file is in")
    found = settings.project_file(folder)
    if found is None:
        raise UsageError(
            f"{folder}: there is no dynode.toml, and no pyproject.toml with [tool.dynode]", hint="name another folder"
        )
    trust.add(folder, found.values)
    for line in _lines(found.values):
        session.console.message(line)
    _show(session, folder, trusted=True)


@command(app, "list", examples=["dynode trust list", "dynode trust list --json"])
def list_folders(session: Session, given: Given) -> None:
    """List the folders that were trusted, and whether their settings still are."""
    rows = [(folder, _state(Path(folder))) for folder in sorted(trust.trusted())]
    if session.json:
        session.console.print_json([{"folder": folder, "state": state} for folder, state in rows])
    elif rows:
        session.console.table(["folder", "state"], rows)
    else:
        session.console.message("no folder is trusted")


@command(app, "remove", takes=(TrustedFolder,), examples=["dynode trust remove", "dynode trust remove ../clips"])
def remove(session: Session, given: Given) -> None:
    """Trust a folder no more; it need not be there any longer."""
    folder = given.to(TrustedFolder).folder
    if not trust.remove(folder):
        raise UsageError(f"{folder}: was not trusted", hint="see dynode trust list")
    _show(session, folder, trusted=False)


def _show(session: Session, folder: Path, *, trusted: bool) -> None:
    if session.json:
        session.console.print_json({"folder": str(folder.resolve()), "trusted": trusted})
    else:
        session.console.write(str(folder.resolve()))


def _state(folder: Path) -> str:
    try:
        found = settings.project_file(folder)
    except DynodeError:
        return "cannot be read"
    if found is None:
        return "no settings file"
    return "trusted" if found.trusted else "changed since"


def _lines(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """What a settings file says, a line each, as plain text: no control characters."""
    for key, value in values.items():
        name = f"{above}{key if key.isprintable() else json.dumps(key)}"
        if isinstance(value, Mapping):
            yield from _lines(value, f"{name}.")
        else:
            yield f"{name} = {json.dumps(value, default=str)}"
