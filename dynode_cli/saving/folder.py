"""Atomic writing of a folder: hidden until it is complete, then put in one step, or file by file into one that exists."""

from __future__ import annotations

import errno
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

from dynode_cli.errors import DynodeError
from dynode_cli.saving.folders import MadeFolders
from dynode_cli.saving.locks import is_at, lock, open_to_lock
from dynode_cli.saving.part import names_beside, not_replaced, put, remove_if_nobodys, sync_folder
from dynode_cli.saving.places import hidden_beside, is_own, new_hidden

_OLD, _REPLACED = ".old", ".replaced"
"""Endings of the folder where old files are put aside: at first, and when all of them are there."""
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


class PartFolder:
    """Files of a folder that are not there until all are.

    A new folder grows beside its place and is renamed. Into a folder that exists, which may hold other things and be
    where somebody is at work, files are moved from a hidden one in it: those that they replace go aside into another
    first, and come back if anything fails. Where a run was killed between, the next one ends what it began.

    Arguments:
        name: what messages call it.
        folder: where files go; all links in it are followed already.
        ours: pattern of the names of the files in it that belong to the output.
        replace: whether such files may be replaced.

    Raises:
        OSError: the part cannot be made.
    """

    def __init__(self, name: str, folder: Path, ours: re.Pattern[str], *, replace: bool) -> None:
        self.name = name
        self._folder, self._ours, self._replace = folder, ours, replace
        self._inside = folder.is_dir()
        place = folder / ours.pattern if self._inside else folder
        self._place = folder / f"kept from {folder.name}" if self._inside else folder
        _end_what_was_begun(place, folder)
        self._folders = MadeFolders(place.parent)
        try:
            self.path, self._descriptor = _made(place)
        except OSError:
            self._folders.remove()
            raise
        self._open = True

    def write(self, name: str, data: bytes) -> None:
        """Write the file `name`.

        Raises:
            OSError: it cannot be written.
        """
        with (self.path / name).open("xb") as file:
            file.write(data)
            if self._replace:
                # Nothing is given up for what is not on the disk.
                file.flush()
                os.fsync(file.fileno())

    def commit(self) -> None:
        """Put the files into their place.

        Raises:
            DynodeError: they were taken away, or their place was taken meanwhile or cannot be written; what could be
                kept is kept, and the message says where.
        """
        if not is_at(self._descriptor, self.path):
            self._close()
            raise DynodeError(f"{self.name}: something else removed what was being written ({self.path.name})")
        try:
            if self._inside:
                _move_in(self.path, self._folder, self._ours, replace=self._replace)
            else:
                _rename(self.path, self._folder)
        except OSError as error:
            raise self._kept(error) from error
        finally:
            self._close()

    def discard(self) -> None:
        """Remove what was written, if it is there and ours."""
        if self._open:
            if is_at(self._descriptor, self.path):
                shutil.rmtree(self.path, ignore_errors=True)
            self._close()
            self._folders.remove()

    def _close(self) -> None:
        if self._open:
            self._open = False
            if self._descriptor >= 0:
                os.close(self._descriptor)

    def _kept(self, error: OSError) -> DynodeError:
        for beside in names_beside(self._place):
            with suppress(OSError):
                _rename(self.path, beside)
                return not_replaced(self.name, error, beside)
        return not_replaced(self.name, error, self.path)


def _made(place: Path) -> tuple[Path, int]:
    while True:
        path = new_hidden(place)
        path.mkdir()
        if os.name == "nt":
            return path, -1
        descriptor = open_to_lock(path)
        if lock(descriptor) is not False and is_at(descriptor, path):
            return path, descriptor
        os.close(descriptor)


def _rename(part: Path, folder: Path) -> None:
    """Rename a folder, to a name that is free or that of an empty folder."""
    try:
        if folder.is_symlink():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        part.rename(folder)
    except OSError as error:
        if error.errno in _TAKEN:
            raise FileExistsError(*error.args) from error
        raise


def _move_in(part: Path, folder: Path, ours: re.Pattern[str], *, replace: bool) -> None:
    """Move all files of `part` into `folder`; old ones are removed if they may be, and put back if that fails."""
    old = [entry for entry in sorted(folder.iterdir()) if ours.fullmatch(entry.name)]
    if old and not replace:
        raise FileExistsError(errno.EEXIST, f"{len(old)} such files")
    aside, replaced = part.with_suffix(_OLD), part.with_suffix(_REPLACED)
    moved: list[tuple[Path, Path]] = []
    try:
        if old:
            aside.mkdir()
            _move(old, aside, moved)
            aside.rename(replaced)
        _move(sorted(part.iterdir()), folder, moved)
    except BaseException:
        if replaced.is_dir():
            replaced.rename(aside)
        for source, target in reversed(moved):
            put(target, source, replace=False)
        with suppress(OSError):
            aside.rmdir()
        raise
    sync_folder(folder)
    shutil.rmtree(replaced, ignore_errors=True)
    part.rmdir()


def _move(files: list[Path], folder: Path, moved: list[tuple[Path, Path]]) -> None:
    for source in files:
        target = folder / source.name
        put(source, target, replace=False)
        moved.append((source, target))


def _end_what_was_begun(place: Path, folder: Path) -> None:
    """Remove what killed runs left. Old files that one put aside come back; if all were, its own are moved in instead."""
    for part in hidden_beside(place):
        if part.suffix != ".part" or not is_own(part):
            continue
        aside, replaced = part.with_suffix(_OLD), part.with_suffix(_REPLACED)
        if not is_own(aside) and not is_own(replaced):
            remove_if_nobodys(part)
            continue
        descriptor = open_to_lock(part)
        try:
            if lock(descriptor):
                if is_own(replaced):
                    _move(sorted(part.iterdir()), folder, [])
                    shutil.rmtree(replaced)
                else:
                    _move(sorted(aside.iterdir()), folder, [])
                    aside.rmdir()
                shutil.rmtree(part)
        finally:
            os.close(descriptor)
