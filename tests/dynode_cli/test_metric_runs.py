"""A metric that only gives a call on whole runs is measured a frame at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode_cli import Metric, contracts


class Lengths(Metric):
    """As a third party wrote one for the first contract: a call, and a constructor of its own."""

    name = "lengths"
    unit = ""
    higher_is_better = True

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        assert reference.shape == candidate.shape == (len(reference), 3, 4, 6)
        self.seen.append(len(reference))
        return float(candidate.mean())


def measured(metric: Metric, *runs: list[float]) -> float:
    measurement = metric.begin()
    for run in runs:
        for number, level in enumerate(run):
            measurement.add(torch.zeros(3, 4, 6), torch.full((3, 4, 6), level), follows=number > 0)
    return measurement.value()


def test_it_is_given_whole_runs_and_their_mean_is_by_length() -> None:
    metric = Lengths()
    assert measured(metric, [0.0, 0.0, 0.3], [0.5]) == pytest.approx(0.2)
    assert metric.seen == [3, 1]


def test_a_long_run_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contracts, "_LONGEST_RUN", 2 * 2 * 3 * 4 * 6 * 4)
    metric = Lengths()
    assert measured(metric, [0.0, 0.1, 0.2, 0.3, 0.4]) == pytest.approx(0.2)
    assert metric.seen == [2, 2, 1]
