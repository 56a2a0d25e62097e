"""Wildcards (``*.mp4``, ``take?.mov``, ``[ab].mp4``) in names, for shells that leave them to programs, as on Windows."""

from __future__ import annotations

import glob
import os

from dynode_cli.errors import InputError, UsageError

_SHOWN = 3


def expanded(name: str) -> list[str]:
    """The files that `name` stands for, in order; itself if it has no wildcard, or is the name of a file.

    Raises:
        InputError: it has, and no file is called so.
    """
    if not glob.has_magic(name) or os.path.lexists(name):
        return [name]
    found = sorted(glob.glob(name))  # noqa: PTH207  # names stay as they were written
    if not found:
        raise InputError(f"{name}: no file matches this pattern", hint="numbered images are frames/%05d.png")
    return found


def the_one(name: str) -> str:
    """The file that `name` stands for, where only one is wanted.

    Raises:
        InputError: there is none.
        UsageError: there are several.
    """
    found = expanded(name)
    if len(found) > 1:
        more = ", ..." if len(found) > _SHOWN else ""
        raise UsageError(
            f"{name}: {len(found)} files match, and one is wanted", hint=f"name it: {', '.join(found[:_SHOWN])}{more}"
        )
    return found[0]
