"""Memory that the C library's allocator keeps though nobody uses it."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache


def give_back() -> None:
    """Give free memory back to the system, where the C library has a way to (glibc's ``malloc_trim``).

    Frames of many sizes come and go in several threads; glibc keeps ever more free pieces between them, a gigabyte
    after some hundred frames of 1280 x 720. A call takes some milliseconds.
    """
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    if sys.platform == "linux":
        try:
            return ctypes.CDLL(None).malloc_trim
        except AttributeError:  # another C library
            pass
    return lambda _: None
