"""Times as numbers: exact where they are, and what was meant where they are rounded."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from dynode_cli.errors import UsageError
from dynode_cli.values.exact_times import FLICK, exact_times


def test_whole_and_rational_numbers_are_exact() -> None:
    found = exact_times([0, Fraction(1, 3), np.int64(2)], "times")
    assert found.values == (0, Fraction(1, 3), 2)
    assert found.rounding == 0
    assert exact_times(torch.arange(3), "times").values == (0, 1, 2)


@pytest.mark.parametrize("rate", ["24", "25", "30", "60", "120", "24000/1001", "30000/1001", "60000/1001"])
def test_floating_point_times_are_those_of_the_rate(rate: str) -> None:
    step = 1 / Fraction(rate)
    found = exact_times([k * float(step) for k in range(100_000)], "times")
    assert all(time == k * step for k, time in enumerate(found.values))
    assert found.rounding == FLICK


def test_single_precision_has_room_for_less() -> None:
    found = exact_times(torch.arange(4, dtype=torch.float32) + 3600, "times")
    assert found.values == (3600, 3601, 3602, 3603)
    assert float(found.rounding) == pytest.approx(4.3e-4, rel=0.01)
    assert exact_times(np.arange(4) / 10, "times").rounding == FLICK


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (0.5, "a sequence of times is wanted, not 0.5"),
        ([10**400], "more than 1e.12 s from 0"),
        ([1e300], "more than 1e.12 s from 0"),
        ([], "new_times: there is no time in it"),
        ([0.0, float("nan")], "new_times: nan is no time"),
        ([float("inf")], "new_times: inf is no time"),
        (["1s"], "new_times: '1s' is no time"),
        (np.zeros((2, 2)), r"new_times: an array of shape \(T,\) is wanted, not \(2, 2\)"),
    ],
)
def test_what_is_no_time(given: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        exact_times(given, "new_times")
