"""Loading checkpoints without running code that they carry.

A pickle may name any importable callable and have it called. Here a fixed list of harmless names is answered,
and every other name is refused before anything happens.
"""

from __future__ import annotations

import io
import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from dynode_cli.errors import InputError, WeightsError
from dynode_cli.files.pickled_data import PLAIN_NAMES, Constructor, NumpyDtype, numpy_scalar, path_text

# What Python's unpickler, torch and zipfile raise on bytes that are not what they should be.
_UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
_ZIP = b"PK\x03\x04"
_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""A pickle of the number with which ``torch.save`` began its files before it wrote zip files."""

_TORCH_NAMES: list[Any] = [
    (SimpleNamespace, "argparse.Namespace"),
    (NumpyDtype, "numpy.dtype"),
    (numpy_scalar, "numpy.core.multiarray.scalar"),
    (numpy_scalar, "numpy._core.multiarray.scalar"),
    (path_text, "pathlib.PosixPath"),
    # As Python 3.13 names it.
    (path_text, "pathlib._local.PosixPath"),
]


def is_torch_file(path: Path) -> bool:
    """Whether `path` begins like a file that ``torch.save`` wrote.

    Raises:
        InputError: no such file.
    """
    _require(path)
    with path.open("rb") as file:
        start = file.read(len(_LEGACY))
    return start.startswith(_ZIP) or start == _LEGACY


def load_torch(path: Path) -> Any:
    """A file that ``torch.save`` wrote, with its tensors on the CPU.

    Besides what ``torch.load(weights_only=True)`` takes, an ``argparse.Namespace`` (read as a plain namespace),
    numpy scalars and paths (read as text) may occur: training scripts leave them beside the weights.

    Raises:
        InputError: no such file.
        WeightsError: the file names anything else, is truncated, or is no torch file.
    """
    _require(path)
    try:
        return _load_tensors(path)
    except _UNREADABLE as error:
        raise _explain(path, "torch file", error) from error


def load_pickle(path: Path, names: Mapping[tuple[str, str], Any]) -> Any:
    """A plain pickle in which only tensors, numpy data, containers and `names` may occur.

    Arguments:
        names: ``(module, name)`` as the pickle spells it, and what to answer: a :class:`Constructor`, or an
            immutable type. The pickle calls them with arguments of its choice.

    Raises:
        InputError: no such file.
        WeightsError: the file names anything else, or is truncated.
    """
    _require(path)
    with path.open("rb") as file:
        try:
            return _Unpickler(file, path, {**PLAIN_NAMES, **_STORAGE, **names}).load()
        except _UNREADABLE as error:
            raise _explain(path, "pickle", error) from error


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BufferedIOBase, path: Path, answers: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(file)
        self._path = path
        self._answers = answers

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._answers:
            raise _refusal(self._path, f"{module}.{name}")
        return self._answers[module, name]


_ADVICE = "Weights only load failed"
_SAFE_TORCH = (2, 6)
"""Earlier versions could be made to run code even so (CVE-2025-32434)."""


def _load_tensors(source: Path | io.BytesIO) -> Any:
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < _SAFE_TORCH:
        raise WeightsError(
            f"torch {torch.__version__} cannot load checkpoints safely", hint="install torch 2.6 or newer"
        )
    with torch.serialization.safe_globals(_TORCH_NAMES), warnings.catch_warnings():
        # torch doubts files of newer pickle protocols in words; those it cannot read it refuses anyway.
        warnings.filterwarnings("ignore", message="Detected pickle protocol")
        return torch.load(source, map_location="cpu", weights_only=True)


# torch's own function loads these bytes without any check.
_STORAGE = {("torch.storage", "_load_from_bytes"): Constructor(lambda data: _load_tensors(io.BytesIO(data)))}


def _require(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path}: no such file")


def _explain(path: Path, kind: str, error: Exception) -> WeightsError:
    named = re.search(r"GLOBAL (\S+)|unrecognized function <\S+ \S+ (\S+)", str(error))
    if isinstance(error, pickle.UnpicklingError) and named:
        return _refusal(path, next(name for name in named.groups() if name))
    lines = str(error).splitlines()
    reason = lines[0].strip().rstrip(".") if lines else type(error).__name__
    if _ADVICE in reason:
        # torch goes on to advise what would run the code of the file.
        reason = "its contents are not those of weights"
    return WeightsError(
        f"{path} ({path.stat().st_size} bytes) is not a complete {kind}: {reason}",
        hint="download it again, and compare its size and sha256 with the source",
    )


def _refusal(path: Path, name: str) -> WeightsError:
    return WeightsError(
        f"{path} is refused: it names {name}, which weights have no need of; nothing was run",
        hint="get the checkpoint from its author, and do not open this file with other tools",
    )
