"""Advisory locks of open files, which die with the process that holds them.

Systems and file systems without such locks (Windows; some network file systems) are told apart from files that somebody
else holds: what is safe without a lock goes on without one.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}

if sys.platform == "win32":

    def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool | None:
        """True: the open file is locked until it is closed; False: another holds it; None: there are no locks here."""
        return None

else:
    import fcntl

    def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool | None:
        """True: the open file is locked until it is closed; False: another holds it; None: there are no locks here."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
        except OSError as error:
            return False if error.errno in _HELD else None
        return True


def open_to_lock(path: Path) -> int:
    """Open the file or folder `path`, and never what a link of that name leads to; nothing is waited for.

    Raises:
        OSError: that cannot be.
    """
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        # Network file systems lock only what is open for writing.
        return os.open(path, os.O_RDWR | careful)
    except OSError:
        return os.open(path, os.O_RDONLY | careful)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one that lies at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


class Held:
    """A lock of a file or folder that is held until it is released, garbage, or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let others have it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.release()


def hold(path: Path, *, shared: bool = False) -> Held | None:
    """The lock of the file or folder `path`; None if somebody else holds it, it is gone, or there are no locks here."""
    try:
        descriptor = open_to_lock(path)
    except OSError:
        return None
    if lock(descriptor, shared=shared) and is_at(descriptor, path):
        return Held(descriptor)
    os.close(descriptor)
    return None


@contextmanager
def waited_for(path: Path, tell: Callable[[], None]) -> Iterator[bool]:
    """Hold the lock of the lock file `path`, which is there for so long, while the block runs; False: there are no locks.

    Arguments:
        tell: called before another holder is waited for.

    Raises:
        OSError: the file cannot be made.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            got = lock(descriptor)
            if got is False:
                tell()
                got = lock(descriptor, wait=True)
            if is_at(descriptor, path):
                try:
                    yield bool(got)
                finally:
                    path.unlink(missing_ok=True)
                return
        finally:
            os.close(descriptor)
