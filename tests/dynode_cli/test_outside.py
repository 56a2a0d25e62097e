"""Whose fault an exception is: a library's, told in one line; or ours, with its traceback."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch

from dynode_cli.errors import DynodeError, InputError, UsageError
from dynode_cli.outside import blamed_on, failure_of, stage


def ours(name: str = "dynode_cli.made_up") -> Callable[[str], Any]:
    """Runs source text as a line of a module of that name."""

    def run(source: str) -> Any:
        module = types.ModuleType(name)
        vars(module).update({"av": av, "cv2": cv2, "np": np, "torch": torch, "__name__": name})
        exec(compile(f"def line():\n    {source}", "<made up>", "exec"), vars(module))
        return module.line()

    return run


LIBRARY_FAILS = {
    "FFmpeg": "raise av.error.InvalidDataError(1, 'Invalid data found')",
    "OpenCV": "cv2.resize(np.zeros((0, 0, 3), np.uint8), (4, 4))",
    "NumPy": "np.linalg.inv(np.zeros((2, 2)))",
    "torch": "torch.zeros(3) @ torch.zeros(4)",
}
OUR_DEFECTS = ("raise RuntimeError('x')", "[][1]", "raise ValueError('x')", "assert False", "None.shape", "1 / 0")


@pytest.mark.parametrize("library", LIBRARY_FAILS)
def test_what_a_library_raises_names_the_file_and_the_stage(library: str) -> None:
    told = rf"^clip\.mp4: {library} failed at the stage 'encode': \S"
    with pytest.raises(InputError, match=told) as caught, blamed_on("clip.mp4"), stage("render"), stage("encode"):
        ours()(LIBRARY_FAILS[library])
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("source", OUR_DEFECTS)
def test_our_own_defects_stay_what_they_are(source: str) -> None:
    with pytest.raises(Exception) as caught, blamed_on("clip.mp4"):
        ours()(source)
    assert not isinstance(caught.value, DynodeError)


@pytest.mark.parametrize("source", [*LIBRARY_FAILS.values(), *OUR_DEFECTS])
def test_what_comes_out_of_a_plugin_is_its_authors_to_see(source: str) -> None:
    with pytest.raises(Exception) as caught, blamed_on("clip.mp4"):
        ours("somebodys_plugin")(source)
    assert not isinstance(caught.value, DynodeError)


def test_deliberate_errors_and_a_lack_of_memory_pass() -> None:
    for error in (UsageError("no"), MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory")):
        with pytest.raises(type(error)), blamed_on("clip.mp4"):
            raise error


def test_the_systems_word_on_a_file_is_no_defect() -> None:
    told = failure_of(FileNotFoundError(2, "No such file or directory", "gone.mp4"), "clip.mp4")
    assert str(told) == "gone.mp4: no such file or directory"
