"""The store of weights: the folder where they live, download, checksum.

``FOLDER/NAME/FILE`` holds the weights `NAME`. A file that a user added by hand has an ``entry.json`` beside
it; the other ones are described by the registry. A file gets its name only once its sha256 is right.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from dynode_cli.contracts import Progress, WeightsEntry, silent
from dynode_cli.errors import DeviceError, DynodeError, InputError, WeightsError
from dynode_cli.saving.locks import is_at, waited_for
from dynode_cli.saving.part import PartFile, sync_folder
from dynode_cli.saving.places import new_hidden
from dynode_cli.saving.whole import write_json
from dynode_cli.weights.registry import WeightsRegistry, unknown_weights
from dynode_cli.weights.sources import fetch

_CHUNK = 1 << 20


def offline_by_environment() -> bool:
    """True if ``DYNODE_OFFLINE`` is set to anything but nothing, 0, false or no."""
    return os.environ.get("DYNODE_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}


def sha256_of(path: Path) -> str:
    """Checksum of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return _sha256(file)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _copy(file: Path, target: Path, checksum: str) -> None:
    """Copy `file`, whose sha256 is `checksum`, to `target`."""
    part = PartFile(target, replace=True)
    try:
        digest = hashlib.sha256()
        with file.open("rb") as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                part.write(chunk)
        if digest.hexdigest() != checksum:
            raise InputError(f"{file}: it changed while it was copied", hint="wait until it is complete")
        part.commit()
    finally:
        part.discard()


@dataclass(frozen=True)
class WeightsStatus:
    """What is known of one entry."""

    entry: WeightsEntry
    path: Path
    """Where its file is, or would be."""
    present: bool
    intact: bool | None = None
    """Whether the checksum is right; None where it was not looked at or there is no file."""


class WeightsStore:
    """Gives weights by name, fetching what is not there.

    Arguments:
        folder: where the files live; made when needed.
        registry: the entries that can be fetched.
        offline: never fetch (also by ``DYNODE_OFFLINE``).
        notify: told one sentence before every download; nothing is fetched unsaid.
        progress: told bytes done and total during a download.
    """

    def __init__(
        self,
        folder: Path,
        registry: WeightsRegistry,
        *,
        offline: bool = False,
        notify: Callable[[str], None],
        progress: Progress = silent,
    ) -> None:
        self.folder = folder
        self.registry = registry
        self.offline = offline or offline_by_environment()
        self._notify = notify
        self._progress = progress

    def entry(self, name: str) -> WeightsEntry:
        """The registered or added entry called `name`.

        Raises:
            WeightsError: there is none.
        """
        if name in self.registry:
            return self.registry[name]
        added = self._added(name)
        if added is None:
            raise unknown_weights(name, [*self.registry, *(entry.name for entry in self._all_added())])
        return added

    def path(self, name: str) -> Path:
        """Where the file of `name` is, or would be once pulled."""
        entry = self.entry(name)
        return self.folder / entry.name / entry.filename

    def status(self, *, check: bool = False) -> list[WeightsStatus]:
        """Every entry, registered ones first; `check` reads the files and compares their checksums."""
        entries = [*self.registry.values(), *self._all_added()]
        return [self._status(entry, check=check) for entry in entries]

    def status_of(self, name: str) -> WeightsStatus:
        """What is known of one entry, its checksum not looked at.

        Raises:
            WeightsError: there is none.
        """
        return self._status(self.entry(name), check=False)

    def resolve(self, name: str, *, may_fetch: bool = True) -> Path:
        """The verified local file of `name`, fetched first where it is missing or damaged.

        Raises:
            WeightsError: unknown name, not there and offline (or not to be fetched), download failed, or the checksum
                is wrong.
        """
        entry = self.entry(name)
        status = self._status(entry, check=True)
        if status.intact:
            return status.path
        if status.present and self._added(name) is not None:
            raise WeightsError(
                f"{status.path} is damaged: its sha256 is not the one of when it was added",
                hint=f"add it again: dynode weights add FILE --name {name}",
            )
        if self.offline or not may_fetch:
            state = "damaged" if status.present else "not on this machine"
            offline, connected = (", and dynode is offline", " with a connection") if self.offline else ("", "")
            raise WeightsError(
                f"weights '{name}' are {state}{offline}",
                hint=f"run `dynode weights pull {name}`{connected}, or `dynode weights add FILE`",
            )
        return self._fetch(entry, status.path)

    def locate(self, weights: str) -> Path:
        """What ``--weights`` means: an existing file, else the name of an entry."""
        file = Path(weights).expanduser()
        if file.is_file():
            return file
        if len(file.parts) > 1 or (file.suffix and not self._known(weights)):
            raise InputError(f"{weights}: no such file")
        return self.resolve(weights)

    def add(self, file: Path, name: str | None = None) -> WeightsEntry:
        """Copy `file` into the store, as the registered entry with its checksum if there is one.

        Arguments:
            name: what to call it; default: the file's name without its suffix.

        Raises:
            InputError: no such file.
            WeightsError: the name is taken by other weights, or `file` is not what is registered under it.
        """
        if not file.is_file():
            raise InputError(f"{file}: no such file")
        checksum = sha256_of(file)
        match = next((e for e in self.registry.values() if e.sha256 == checksum and name in (None, e.name)), None)
        if match is None:
            name = name or re.sub(r"[^a-z0-9.-]+", "-", file.stem.lower()).strip("-.")
            if name in self.registry:
                raise WeightsError(
                    f"{file} is not the file registered as '{name}': its sha256 is {checksum}, "
                    f"expected {self.registry[name].sha256}",
                    hint="give it another name with --name",
                )
            size = file.stat().st_size
            match = WeightsEntry(name, "unknown", size, checksum, f"file:{file.name}", "added from a file")
        target = self.folder / match.name / match.filename
        with _disk(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(file, target, checksum)
            if match.name not in self.registry:
                write_json(target.parent / "entry.json", asdict(match), replace=True)
        return match

    def _status(self, entry: WeightsEntry, *, check: bool) -> WeightsStatus:
        path = self.folder / entry.name / entry.filename
        present = path.is_file()
        intact = sha256_of(path) == entry.sha256 if check and present else None
        return WeightsStatus(entry, path, present, intact)

    def _fetch(self, entry: WeightsEntry, target: Path) -> Path:
        with _disk(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with waited_for(target.with_name(".fetching.lock"), lambda: self._tell_waiting(entry)) as alone:
                if self._status(entry, check=True).intact:
                    # By whoever was waited for.
                    return target
                self._notify(
                    f"downloading weights '{entry.name}' ({entry.size / 1e6:.1f} MB, licence {entry.licence}) "
                    f"from {entry.source}"
                )
                if alone:
                    self._fetch_alone(entry, target)
                else:
                    self._fetch_beside_others(entry, target)
        return target

    def _fetch_alone(self, entry: WeightsEntry, target: Path) -> None:
        """Fetch into the part that an earlier run may have left: nobody else is at it."""
        part = target.with_name(target.name + ".part")
        if part.is_symlink():
            part.unlink()
        fetch(entry.source, part, entry.size, self._progress)
        self._put(entry, part, target)

    def _fetch_beside_others(self, entry: WeightsEntry, target: Path) -> None:
        """Fetch into a part of this process alone, where no lock tells whether there are others."""
        part = new_hidden(target)
        try:
            fetch(entry.source, part, entry.size, self._progress)
            self._put(entry, part, target)
        finally:
            part.unlink(missing_ok=True)

    def _put(self, entry: WeightsEntry, part: Path, target: Path) -> None:
        """Give a part its name if it is what it should be."""
        with part.open("rb") as file:
            found = _sha256(file)
            if found != entry.sha256:
                part.unlink()
                raise WeightsError(
                    f"weights '{entry.name}' from {entry.source} are not what they should be: "
                    f"sha256 {found}, expected {entry.sha256}",
                    hint="the file was thrown away; do not use this source before you know why",
                )
            os.fsync(file.fileno())
            part.replace(target)
            sync_folder(target.parent)
            if not is_at(file.fileno(), target):
                raise WeightsError(f"{target}: something else was put there meanwhile", hint="run it again")

    def _tell_waiting(self, entry: WeightsEntry) -> None:
        self._notify(f"waiting for another run that downloads weights '{entry.name}'")

    def _known(self, name: str) -> bool:
        return name in self.registry or self._added(name) is not None

    def _added(self, name: str) -> WeightsEntry | None:
        described = self.folder / name / "entry.json"
        if not described.is_file():
            return None
        try:
            return WeightsEntry(**json.loads(described.read_text(encoding="utf-8")))
        except (ValueError, TypeError, DynodeError) as error:
            raise WeightsError(f"{described} is damaged: {error}", hint="delete its folder") from error

    def _all_added(self) -> Iterator[WeightsEntry]:
        for described in sorted(self.folder.glob("*/entry.json")):
            entry = self._added(described.parent.name)
            if entry is not None and entry.name not in self.registry:
                yield entry


class _disk:
    """Turns a failure to write into the error that names the file."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise DeviceError(f"{self._target} cannot be written: {error.strerror or error}") from error
