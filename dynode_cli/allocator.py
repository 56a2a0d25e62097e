"""Memory that the C library's allocator keeps though nobody uses it: as much as is soon used again, and no more."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

# Of mallopt, in <malloc.h>.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4
_LARGEST = 2**31 - 1


def keep() -> None:
    """Keep memory that is freed for what asks next, large pieces too, where the C library can (glibc's ``mallopt``).

    As it is, glibc maps a large piece anew every time, and the system clears each page of it: a third of the time
    that frames of 3840 x 2160 take. What is kept goes on with :func:`give_back`.
    """
    set_option = _of_glibc("mallopt")
    set_option(_MMAP_MAX, 0)
    set_option(_TRIM_THRESHOLD, _LARGEST)


def give_back() -> None:
    """Give free memory back to the system, where the C library has a way to (glibc's ``malloc_trim``).

    Frames of many sizes come and go in several threads; glibc keeps ever more free pieces between them, a gigabyte
    after some hundred frames of 1280 x 720. A call takes some milliseconds.
    """
    _of_glibc("malloc_trim")(0)


@cache
def _of_glibc(name: str) -> Callable[..., object]:
    if sys.platform == "linux":
        try:
            found: Callable[..., object] = getattr(ctypes.CDLL(None), name)
            return found
        except AttributeError:  # another C library
            pass
    return lambda *_: None
