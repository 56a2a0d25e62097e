"""The error of changes from frame to frame."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_cli import Context, NoOptions
from dynode_metrics.flicker import Flicker

REAL = torch.full((4, 3, 8, 8), 0.5)


def off(*levels: float) -> Tensor:
    return REAL[: len(levels)] + torch.tensor(levels)[:, None, None, None] / 255


def measured(*runs: Tensor) -> float:
    measurement = Flicker(NoOptions(), Context()).begin()
    for run in runs:
        for number, made in enumerate(run):
            measurement.add(REAL[number], made, follows=number > 0)
    return measurement.value()


def test_frames_around_a_run_are_the_real_ones() -> None:
    # Changes of the error: 3 and -3 of a single frame; 2, 0, 0 and -2 of a steady one.
    assert measured(off(3)) == pytest.approx(3, rel=1e-5)
    assert measured(off(2, 2, 2)) == pytest.approx((8 / 4) ** 0.5, rel=1e-5)
    assert measured(off(2, -2)) == pytest.approx(((4 + 16 + 4) / 3) ** 0.5, rel=1e-5)


def test_changes_of_all_runs_count_alike() -> None:
    together = measured(off(3), off(2, 2, 2))
    assert together == pytest.approx(((9 + 9 + 4 + 0 + 0 + 4) / 6) ** 0.5, rel=1e-5)


def test_a_first_frame_that_is_said_to_follow_begins_a_run() -> None:
    measurement = Flicker(NoOptions(), Context()).begin()
    measurement.add(REAL[0], off(3)[0], follows=True)
    assert measurement.value() == pytest.approx(3, rel=1e-5)
