"""Exceptions of libraries (FFmpeg, OpenCV, NumPy, torch, safetensors, ...): told from our own defects, in one line.

What such a library raises on a damaged file, or on one that asks for more than it can do, is no defect of dynode. What
our own code raises is one, unless it is a :class:`~dynode_cli.errors.DynodeError`, and keeps its traceback; so does
whatever comes out of a plugin, whose author wants to see it.
"""

from __future__ import annotations

import dis
import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from dynode_cli.errors import DynodeError, InputError

LIBRARIES = {
    "av": "FFmpeg", "cv2": "OpenCV", "numpy": "NumPy", "torch": "torch", "safetensors": "safetensors",
    "safetensors_rust": "safetensors", "scenedetect": "PySceneDetect", "scipy": "SciPy", "torchcde": "torchcde",
    "torchdiffeq": "torchdiffeq", "torchsde": "torchsde",
}  # fmt: skip
"""What messages call them, by the name of their modules."""
OURS = ("dynode_cli", "dynode_dynamics", "dynode_faces", "dynode_metrics", "dynode_motion", "dynode_stylegan")
"""Modules whose calls of a library are dynode's own."""
_STAGE = "stage: "
_RAISE = dis.opmap["RAISE_VARARGS"]
_NO_MEMORY = re.compile(r"can't allocate memory|(not enough|out of|insufficient) memory", re.IGNORECASE)
_RESOURCES = (errno.ENOSPC, errno.EDQUOT, errno.EPIPE)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Note on an exception that leaves the block that it happened there; of several stages the innermost counts."""
    try:
        yield
    except Exception as error:
        if stage_of(error) is None:
            error.add_note(f"{_STAGE}{name}")
        raise


@contextmanager
def blamed_on(file: str) -> Iterator[None]:
    """What a library raises in the block becomes an error that names `file` and the stage.

    Raises:
        DynodeError: a library failed, or the system on a file; its exception is the cause.
    """
    try:
        yield
    except Exception as error:
        told = failure_of(error, file)
        if told is None:
            raise
        raise told from error


def failure_of(error: Exception, file: str = "") -> DynodeError | None:
    """What to tell of `error` if a library raised it, or the system on a file; None for anything else.

    Running out of memory or disk is something else: it says nothing about a file.

    Arguments:
        file: what was worked on.
    """
    if isinstance(error, DynodeError) or out_of_memory(error):
        return None
    library = library_of(error)
    if library is not None:
        where, during = f"{file}: " if file else "", stage_of(error)
        told = f"{where}{library} failed{f' at the stage {during!r}' if during else ''}: {_reason(error)}"
        return InputError(told, hint="a damaged or unusual file may be the cause; -vv shows where it failed")
    if isinstance(error, OSError) and error.filename is not None and error.errno not in _RESOURCES:
        return DynodeError(f"{error.filename}: {(error.strerror or type(error).__name__).lower()}")
    return None


def out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that memory ran out; libraries have classes and words of their own for it."""
    return isinstance(error, MemoryError) or (not isinstance(error, OSError) and bool(_NO_MEMORY.search(str(error))))


def library_of(error: Exception) -> str | None:
    """The library that raised `error` when dynode called it, by its class or by the code that ran last."""
    by_class = LIBRARIES.get(type(error).__module__.partition(".")[0])
    innermost = True
    for traceback in reversed(list(_tracebacks(error))):
        home = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if home in LIBRARIES:
            by_class = by_class or LIBRARIES[home]
        elif home in OURS:
            if by_class is None and innermost and type(error) is RuntimeError and not _raises(traceback):
                # Compiled code leaves no trace: what it raises seems to come from the line that called it.
                return "torch"
            return by_class
        elif home not in sys.stdlib_module_names:
            return None
        innermost = False
    return by_class


def _tracebacks(error: Exception) -> Iterator[TracebackType]:
    found = error.__traceback__
    while found is not None:
        yield found
        found = found.tb_next


def _raises(traceback: TracebackType) -> bool:
    """Whether a ``raise`` stands where the code stopped, and not a call."""
    return traceback.tb_frame.f_code.co_code[traceback.tb_lasti] == _RAISE


def stage_of(error: BaseException) -> str | None:
    """The stage that was noted on `error`."""
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith(_STAGE)]
    return notes[0].removeprefix(_STAGE) if notes else None


def _reason(error: Exception) -> str:
    """The line of the message that says what is wrong."""
    text = getattr(error, "strerror", None) or getattr(error, "err", None) or str(error)
    lines = str(text).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__
