"""Claims on outputs: of two runs with one output, the second is refused at once.

A claim is the lock of an empty hidden file in the folder of the output, where everybody sees it who could write there,
of whatever home, user or machine. It dies with its owner; what a killed run leaves is taken over by the next. Without it
nothing is damaged either (parts have names of their own, and replace nothing unasked), so where a file system has no
locks, that is said, and the run goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.saving.locks import is_at, lock, open_to_lock
from dynode_cli.saving.places import hidden_prefix

_LOG = logging.getLogger(__name__)


@contextmanager
def claimed(outputs: dict[str, Path]) -> Iterator[None]:
    """Keep other runs from writing `outputs` (what messages call them, and where they are) while the block runs.

    Raises:
        UsageError: another run is writing one of them.
    """
    with ExitStack() as stack:
        for name, path in outputs.items():
            own, *above = _lock_files(path)
            stack.enter_context(_claimed(name, own))
            # By a run that is about to make the folder, or has made it since.
            for file in above:
                _check_unlocked(name, file)
        yield


def check_unclaimed(name: str, path: Path) -> None:
    """Refuse an output that another run is writing.

    Raises:
        UsageError: one is.
    """
    for file in _lock_files(path):
        _check_unlocked(name, file)


def _check_unlocked(name: str, file: Path) -> None:
    with suppress(OSError):
        descriptor = open_to_lock(file)
        try:
            if lock(descriptor, shared=True) is False:
                raise _claimed_already(name)
        finally:
            os.close(descriptor)


def _lock_files(path: Path) -> list[Path]:
    """Where a claim of `path` can be: in its folder, or above where that was not there yet. A new one is the first."""
    return [
        folder / f"{hidden_prefix(str(path.relative_to(folder)))[:-1]}.lock"
        for folder in path.parents
        if folder.is_dir()
    ]


@contextmanager
def _claimed(name: str, path: Path) -> Iterator[None]:
    descriptor = _locked(name, path)
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                # A file of that name with something in it is not ours.
                if is_at(descriptor, path) and os.fstat(descriptor).st_size == 0:
                    path.unlink()
            os.close(descriptor)


def _locked(name: str, path: Path) -> int | None:
    while True:
        try:
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))
            descriptor = open_to_lock(path)
        except FileNotFoundError:
            if path.parent.is_dir():
                continue
            return None
        except OSError:
            return None
        held = lock(descriptor)
        if held and is_at(descriptor, path):
            return descriptor
        os.close(descriptor)
        if held is False:
            raise _claimed_already(name)
        if held is None:
            _LOG.info("%s: there are no file locks here; see to it that no other run has the same output", name)
            with suppress(OSError):
                path.unlink()
            return None


def _claimed_already(name: str) -> UsageError:
    return UsageError(f"{name}: another run is writing it", hint="wait for it, or choose another name with -o")
