"""Standard streams that were closed before the program began (``dynode ... >&-``)."""

from __future__ import annotations

import os
import sys


def open_missing() -> None:
    """Open every standard stream that is missing, so that no file is given its number and printed into.

    Nothing comes from such a stdin, and what is said on such a stderr goes nowhere. Writing to such a stdout fails: a
    result that nobody gets is an error, but none of the work, which may not print at all.
    """
    # In this order: the system gives the lowest number that is free.
    if sys.stdin is None:
        sys.stdin = os.fdopen(_nowhere(os.O_RDONLY), "r", encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = os.fdopen(_nowhere(os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(_nowhere(os.O_WRONLY), "w", encoding="utf-8")


def _nowhere(flags: int) -> int:
    number = os.open(os.devnull, flags)
    os.set_inheritable(number, True)
    return number
