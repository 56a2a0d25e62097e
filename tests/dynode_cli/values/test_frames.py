"""Frames in memory: what is taken, and what is refused with which words."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from dynode_cli.errors import InputError, UsageError
from dynode_cli.values.frames import Frames

BLACK = np.zeros((3, 4, 6, 3), np.uint8)


def test_a_rate_gives_exact_times() -> None:
    frames = Frames(BLACK, rate="30000/1001")
    assert frames.seconds == (0, Fraction(1001, 30000), Fraction(2002, 30000))
    assert (frames.end, frames.rounding) == (Fraction(3003, 30000), 0)
    assert Frames(BLACK, rate=29.97).seconds == frames.seconds


def test_the_last_frame_lasts_one_usual_step() -> None:
    assert Frames(BLACK, [0, 1, 4]).end == 5
    assert Frames(BLACK[:1], [7]).end == 7 + Fraction(1, 25)
    assert Frames(BLACK[:1], rate=10).end == Fraction(1, 10)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_frames_are_views(dtype: str) -> None:
    for array in (BLACK.astype(dtype), torch.from_numpy(BLACK.astype(dtype))):
        frames = Frames(array, rate=25)
        assert frames.dtype == dtype
        assert frames.frame(1).dtype == np.dtype(dtype)
        assert np.shares_memory(frames.frame(1), np.asarray(array))


def test_what_it_shows_is_not_the_pixels() -> None:
    assert repr(Frames(BLACK, rate=25)) == "Frames(frames: numpy uint8 (3, 4, 6, 3), at 25 a second, 0.12 s)"
    tensor = torch.from_numpy(BLACK)
    shown = repr(Frames(tensor, [0, 1, 3], name="walk"))
    assert shown == "Frames(walk: torch uint8 (3, 4, 6, 3), at times of their own, 4 s)"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        ([[1]], "clip: a numpy array or a torch tensor is wanted, not list"),
        (BLACK[0], r"clip: an array of shape \(T, H, W, 3\) or \(T, H, W, 4\) is wanted, not \(4, 6, 3\)"),
        (BLACK[..., :2], r"not \(3, 4, 6, 2\)"),
        (BLACK[:, :0], r"not \(3, 0, 6, 3\)"),
        (BLACK[:0], "clip: there is no frame in it"),
        (BLACK.astype(np.float64), "samples must be uint8, uint16 or float32, not float64"),
        (torch.from_numpy(BLACK).to(torch.int32), "samples must be uint8, uint16 or float32, not int32"),
        (np.full_like(BLACK, np.nan, np.float32), "clip: there is NaN in it"),
        (np.full_like(BLACK, 255, np.float32), "clip: numbers from 255 to 255, not from 0 to 1"),
    ],
)
def test_an_array_of_another_kind(array: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Frames(array, rate=25, name="clip")


def test_channels_first_are_told_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        Frames(torch.zeros(2, 3, 8, 8), rate=25)
    assert "permute(0, 2, 3, 1)" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        ({}, "give either times or a rate"),
        ({"times": [0, 1, 2], "rate": 1}, "give either times or a rate"),
        ({"times": [0, 1]}, "2 times for 3 frames"),
        ({"times": [0, 1, 1]}, r"times must increase, but time 2 \(1 s\) does not come after 1 s"),
        ({"times": [0, 1, float("nan")]}, "times of frames: nan is no time"),
        ({"rate": 0}, "a frame rate must be above 0"),
        ({"rate": "2x"}, "a rate of 2x says nothing"),
    ],
)
def test_a_clock_that_makes_no_sense(clock: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Frames(BLACK, **clock)


def test_nothing_heavy_is_imported_for_the_name() -> None:
    code = (
        "from dynode_cli import Frames; import sys; print([m for m in ('torch', 'av', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_tensor_without_samples_of_its_own_is_refused() -> None:
    for array in (torch.empty((2, 4, 4, 3), dtype=torch.uint8, device="meta"), torch.zeros((2, 4, 4, 3)).to_sparse()):
        with pytest.raises(InputError, match="a dense tensor"):
            Frames(array, rate=25)


def test_times_that_floating_point_numbers_cannot_tell_apart_are_refused() -> None:
    with pytest.raises(UsageError, match="times 0 and 1 are the same but for 1e-06 s"):
        Frames(np.zeros((2, 4, 4, 3), np.uint8), [Fraction(10**11), 10**11 + Fraction(1, 10**6)])
