"""Scratch folders: private temporary folders that are removed at the end, or by a later run if that never came."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dynode_cli.saving.locks import lock, open_to_lock
from dynode_cli.saving.part import remove_if_nobodys
from dynode_cli.saving.places import is_own

_PREFIX = "dynode-scratch-"
_NAME = re.compile(rf"{_PREFIX}[a-z0-9_]{{8}}")
_YOUNG = 60.0
"""Seconds in which a folder may not be locked yet."""


class Scratch:
    """A folder for temporary files, readable for this user only. Close it to remove it.

    Raises:
        OSError: there is no place for temporary files.
    """

    def __init__(self) -> None:
        remove_stale_scratch()
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._descriptor = -1 if os.name == "nt" else open_to_lock(self.path)
        lock(self._descriptor)

    def close(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A scratch folder that is there while the block runs."""
    scratch = Scratch()
    try:
        yield scratch.path
    finally:
        scratch.close()


def remove_stale_scratch() -> None:
    """Remove scratch folders that killed runs left: own ones that nobody's lock holds, and only where there are locks."""
    with suppress(OSError):
        for entry in list(os.scandir(tempfile.gettempdir())):
            path = Path(entry.path)
            if _NAME.fullmatch(entry.name) and is_own(path) and _age(path) > _YOUNG:
                remove_if_nobodys(path)


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime
