"""Atomic writing of a file: a hidden part beside its place, put there when it is complete.

The part has a random name, is made exclusively and never through a link, is locked while its maker lives, and is removed
by nobody else before that. What is not to be replaced is not replaced, even if it came while the part was written: the
finished work is then kept beside it. A part that a killed run left is removed by the next run with the same output.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

from dynode_cli.errors import DynodeError
from dynode_cli.saving.failures import write_failure
from dynode_cli.saving.folders import MadeFolders
from dynode_cli.saving.locks import is_at, lock, open_to_lock
from dynode_cli.saving.places import followed, hidden_beside, is_own, new_hidden

_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK}
"""What file systems say that have no hard links."""


class PartFile:
    """A file that is not there until it is complete. Its folder is made with it.

    The permissions are those of any new file; of a file that is replaced, its own.

    Arguments:
        name: where it goes; a link to a file is followed.
        replace: whether a file that is there may be replaced.
        private: only its user may read it, whatever was there.

    Raises:
        OSError: the part cannot be made.
        UsageError: `name` is a link that is not followed.
    """

    def __init__(self, name: str | Path, *, replace: bool, private: bool = False) -> None:
        self.name = str(name)
        self._place = followed(Path(name))
        self._replace = replace
        self._mode = 0o600 if private else _mode_of(self._place) if replace else None
        self._folders = MadeFolders(self._place.parent)
        remove_stale_files(self._place)
        try:
            self.path, self._descriptor = _made(self._place, 0o666 if self._mode is None else self._mode | 0o600)
        except OSError:
            self._folders.remove()
            raise
        self._open = True

    @property
    def opened_as(self) -> str:
        """What to open for writing: the part, even if something else has got its name."""
        same = Path(f"/dev/fd/{self._descriptor}")
        return str(same if sys.platform == "linux" and same.exists() else self.path.absolute())

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`.

        Raises:
            OSError: it cannot be written.
        """
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def commit(self, *, durable: bool = True) -> None:
        """Put the part into its place.

        Arguments:
            durable: wait until it would outlast a loss of power.

        Raises:
            DynodeError: it was taken away, its place was taken meanwhile or cannot be written; what could be kept is
                kept, and the message says where.
        """
        if not is_at(self._descriptor, self.path):
            self.discard()
            raise DynodeError(f"{self.name}: something else removed what was being written ({self.path.name})")
        try:
            if durable:
                os.fsync(self._descriptor)
            if self._mode is not None:
                Path(self.opened_as).chmod(self._mode)
        except OSError as error:
            self.discard()
            raise write_failure(self.name, error) from error
        if os.name == "nt":
            self._close()
        try:
            put(self.path, self._place, replace=self._replace)
        except OSError as error:
            raise self._kept(error) from error
        finally:
            self._close()
        if durable:
            sync_folder(self._place.parent)

    def discard(self) -> None:
        """Remove the part, if it is there and ours."""
        if self._open:
            if is_at(self._descriptor, self.path):
                with suppress(OSError):
                    self.path.unlink()
            self._close()
            self._folders.remove()

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._descriptor)

    def _kept(self, error: OSError) -> DynodeError:
        for beside in names_beside(self._place):
            try:
                put(self.path, beside, replace=False)
            except FileExistsError:
                continue
            except OSError:
                break
            return not_replaced(self.name, error, beside)
        return not_replaced(self.name, error, self.path)


def not_replaced(name: str, error: OSError, kept: Path) -> DynodeError:
    """The error of finished work that could not be put into its place and is now at `kept`."""
    why = "was made by something else meanwhile" if isinstance(error, FileExistsError) else error.strerror or error
    return DynodeError(f"{name}: {why}; the finished work is kept as {kept}", hint="move it to where it should be")


def names_beside(path: Path) -> list[Path]:
    """Names like `path` for finished work that could not go there: `out-kept.mp4`, `out-kept-2.mp4`, ..."""
    words = ["-kept", *(f"-kept-{number}" for number in range(2, 100))]
    return [path.with_name(f"{path.stem}{word}{path.suffix}") for word in words]


def put(part: Path, place: Path, *, replace: bool) -> None:
    """Move a complete file to its place, in one step.

    On file systems without hard links a name is taken by an empty file first, so that nothing else takes it.

    Raises:
        FileExistsError: something is there, and may not be replaced.
        OSError: it cannot be moved.
    """
    if replace:
        part.replace(place)
        return
    try:
        os.link(part, place, follow_symlinks=False)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in _NO_LINKS:
            raise
    else:
        part.unlink()
        return
    os.close(os.open(place, _CREATE, 0o666))
    try:
        part.replace(place)
    except OSError:
        place.unlink()
        raise


def remove_stale_files(place: Path) -> None:
    """Remove parts of the file `place` whose makers are gone: own ones, and only where locks can tell."""
    for path in hidden_beside(place):
        if path.suffix == ".part" and is_own(path):
            remove_if_nobodys(path)


def remove_if_nobodys(path: Path) -> None:
    """Remove the file or folder `path` unless somebody holds its lock, or there are no locks."""
    try:
        descriptor = open_to_lock(path)
    except OSError:
        return
    try:
        if lock(descriptor) and is_at(descriptor, path):
            with suppress(OSError):
                if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                    shutil.rmtree(path)
                else:
                    path.unlink()
    finally:
        os.close(descriptor)


def _made(place: Path, mode: int) -> tuple[Path, int]:
    """A new part, locked, and its open file."""
    while True:
        path = new_hidden(place)
        with suppress(FileExistsError):
            descriptor = os.open(path, _CREATE, mode)
            # Until it is locked somebody may take it for a stale one.
            if lock(descriptor) is not False and is_at(descriptor, path):
                return path, descriptor
            os.close(descriptor)


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode) & 0o777
    except OSError:
        return None


def sync_folder(folder: Path) -> None:
    """Wait until the names in `folder` would outlast a loss of power, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
