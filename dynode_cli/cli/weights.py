"""``dynode weights``: checkpoints that can be fetched by name, and those that were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.weights import AddWeights, NamedWeights, VerifyWeights

if TYPE_CHECKING:
    from dynode_cli.weights.store import WeightsStatus, WeightsStore

app = command_app("List, fetch and check weights.", group=True)


@command(
    app,
    "list",
    examples=[
        "dynode weights list          # what there is, with licence, size and source",
        "dynode weights list --json",
    ],
)
def list_weights(session: Session, given: Given) -> None:
    """List the weights that can be fetched, and those that were added from files."""
    _show(session, _store(session).status())


@command(
    app,
    "pull",
    takes=(NamedWeights,),
    examples=[
        "dynode weights pull dcgan-faces              # fetch, check its sha256, keep it in dynode's home",
        "DYNODE_HOME=/data/dynode dynode weights pull dcgan-faces",
    ],
)
def pull(session: Session, given: Given) -> None:
    """Fetch weights, unless they are here and intact; a broken download is taken up again. Prints where they are."""
    name = given.to(NamedWeights).name
    entry = _store(session).entry(name)
    with session.console.progress(f"fetch {name}", entry.size, unit="bytes") as progress:
        path = _store(session, progress).resolve(name)
    _print_path(session, name, path)


@command(
    app,
    "verify",
    takes=(VerifyWeights,),
    examples=["dynode weights verify", "dynode weights verify dcgan-faces --json"],
)
def verify(session: Session, given: Given) -> None:
    name = given.to(VerifyWeights).name
    from dynode_cli.errors import WeightsError

    store = _store(session)
    only = None if name is None else store.entry(name).name
    found = [s for s in store.status(check=True) if (s.present if only is None else s.entry.name == only)]
    missing = [status.entry.name for status in found if not status.present]
    if missing:
        raise WeightsError(
            f"weights '{missing[0]}' are not on this machine", hint=f"run `dynode weights pull {missing[0]}`"
        )
    _show(session, found)
    damaged = [status for status in found if not status.intact]
    if damaged:
        raise WeightsError(
            f"{damaged[0].path} is damaged: its sha256 is not the one of '{damaged[0].entry.name}'",
            hint=f"run `dynode weights pull {damaged[0].entry.name}`, or add the file again",
        )


@command(app, "path", takes=(NamedWeights,), examples=["dynode weights path dcgan-faces"])
def path(session: Session, given: Given) -> None:
    """Print where weights are, or would be once they are pulled."""
    name = given.to(NamedWeights).name
    _print_path(session, name, _store(session).path(name))


@command(
    app,
    "add",
    takes=(AddWeights,),
    examples=[
        "dynode weights add ffhq.pt --name ffhq      # then: --weights ffhq",
        "dynode weights add weights.tar              # a registered file, fetched by hand",
    ],
)
def add(session: Session, given: Given) -> None:
    request = given.to(AddWeights)
    store = _store(session)
    entry = store.add(request.file, request.name)
    if session.json:
        session.console.print_json(_as_json(store.status_of(entry.name)))
    else:
        session.console.write(entry.name)


def _store(session: Session, progress: Any = None) -> WeightsStore:
    from dynode_cli.contracts import silent
    from dynode_cli.weights.opening import open_store

    return open_store(
        session.plugins, offline=session.offline, notify=session.console.message, progress=progress or silent
    )


def _print_path(session: Session, name: str, path: Path) -> None:
    if session.json:
        session.console.print_json({"name": name, "path": str(path), "present": path.is_file()})
    else:
        session.console.write(str(path))


def _show(session: Session, found: list[WeightsStatus]) -> None:
    if session.json:
        session.console.print_json([_as_json(status) for status in found])
        return
    if not found:
        session.console.message("no weights here")
        return
    rows = [
        (s.entry.name, _state(s), f"{s.entry.size / 1e6:.1f} MB", s.entry.licence, s.entry.source, s.entry.summary)
        for s in found
    ]
    session.console.table(["name", "state", "size", "licence", "source", "what it is"], rows)


def _state(status: WeightsStatus) -> str:
    if not status.present:
        return "not fetched"
    return {None: "here", True: "intact", False: "damaged"}[status.intact]


def _as_json(status: WeightsStatus) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(status.entry), "path": str(status.path), "present": status.present, "intact": status.intact}
