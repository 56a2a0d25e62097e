"""Names of files, and words that stand where one may, such as ``-``: text, or a path."""

from __future__ import annotations

import os
from pathlib import Path


def file_name(given: str | Path) -> str:
    """The name as text, exactly as it was given: a last ``/`` says that it is a folder.

    Raises:
        TypeError: it is neither text nor a path.
        ValueError: no file can be called so.
    """
    name = os.fspath(given)
    if not isinstance(name, str):
        raise TypeError(f"a name is text or a path, not {type(name).__name__}")
    if "\0" in name:
        raise ValueError("no name of a file holds the character NUL")
    return name
