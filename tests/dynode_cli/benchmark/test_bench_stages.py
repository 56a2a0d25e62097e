"""Bytes that stages need are counted, each with the stage that takes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dynode_cli.benchmark.measuring.stages import StageBytes

MB = 1_000_000
SLACK = 20_000
"""What the counting itself and Python's objects take."""


def test_a_known_array_and_a_known_tensor() -> None:
    with StageBytes() as watch:
        with watch.stage("both"):
            array = np.ones(2 * MB, np.uint8)
            tensor = torch.ones(MB, dtype=torch.uint8)
        del array, tensor
        with watch.stage("nothing"):
            pass
    assert watch.bytes["both"] == pytest.approx(3 * MB, abs=SLACK)
    assert watch.bytes["nothing"] < SLACK


def test_runs_of_a_stage_add_up_and_what_was_there_is_not_counted() -> None:
    with StageBytes() as watch:
        kept = []
        for _ in range(3):
            with watch.stage("fill"):
                kept.append(np.ones(MB, np.uint8))
    assert len(kept) == 3
    assert watch.bytes["fill"] == pytest.approx(3 * MB, abs=3 * SLACK)


def test_within_a_run_the_most_at_once_counts() -> None:
    with StageBytes() as watch, watch.stage("turns"):
        for _ in range(4):
            part = np.ones(MB, np.uint8)
            del part
    assert watch.bytes["turns"] == pytest.approx(MB, abs=SLACK)


def test_what_an_inner_stage_takes_and_leaves_is_its_own() -> None:
    with StageBytes() as watch, watch.stage("outer"):
        before = torch.ones(MB, dtype=torch.uint8)
        with watch.stage("inner"):
            scratch, left = np.ones(4 * MB, np.uint8), np.ones(2 * MB, np.uint8)
            del scratch
        after = np.ones(MB, np.uint8)
    assert len(before) + len(left) + len(after) == 4 * MB
    assert watch.bytes["inner"] == pytest.approx(6 * MB, abs=SLACK)
    assert watch.bytes["outer"] == pytest.approx(2 * MB, abs=2 * SLACK)
    assert set(watch.seconds) == {"outer", "inner"}
