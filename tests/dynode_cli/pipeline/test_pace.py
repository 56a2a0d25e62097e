"""The time left that a run foretells, against the time that it then takes, on a clock that the test moves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from dynode_cli.pipeline.pace import Pace, Piece, steady


class Clock:
    """Seconds that only pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


Cost = Callable[[int, bool, Piece], float]
"""Seconds of a frame, by its number, whether it is the first of its window, and what it is made in."""


def foretold(pieces: list[Piece], cost: Cost) -> Iterator[tuple[float, float | None, float]]:
    """Of a run: the share that is done, the time left as foretold then, and as it was."""
    clock = Clock()
    pace = Pace(pieces, clock)
    moments: list[tuple[float, float | None, float]] = []
    for k, piece in enumerate(pieces):
        enters = piece.size > 0 and (k == 0 or pieces[k - 1].window != piece.window)
        clock.now += cost(k, enters, piece)
        pace.step(k + 1)
        moments.append(((k + 1) / len(pieces), pace.left(), clock.now))
    return ((share, left, clock.now - at) for share, left, at in moments)


def windows(count: int, frames: int, size: int = 4) -> list[Piece]:
    return [Piece(n, size) for n in range(count) for _ in range(frames)]


def slow_start(k: int, enters: bool, piece: Piece) -> float:
    """Opening takes a second, the first window five times as long as the others; frames come in batches of 8."""
    generator = random.Random(k)
    written = 0.01 * generator.uniform(0.8, 1.2)
    if not piece.size:
        return 1.0 if k == 0 else written
    first = 4.0 if enters and piece.window == 0 else 0.0
    motion = piece.size * 0.25 * generator.uniform(0.8, 1.2) if enters else 0.0
    return first + motion + (0.1 if k % 8 == 0 else 0.0) + written


STILL = [Piece("still", 0)]


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param(windows(30, 8), id="motion all the time"),
        pytest.param(windows(120, 2, size=1), id="few frames a window"),
        pytest.param(STILL * 20 + windows(40, 16), id="nothing moves at first"),
        pytest.param(windows(20, 8) + STILL * 200, id="nothing moves at the end"),
        pytest.param([p for n in range(20) for p in (*[Piece(n, 4)] * 8, *STILL * 30)], id="now and then"),
    ],
)
def test_time_left_is_true_from_a_tenth_of_the_way_on(pieces: list[Piece]) -> None:
    late = [(left, true) for share, left, true in foretold(pieces, slow_start) if share >= 0.1 and true > 0.5]
    assert late
    for left, true in late:
        assert left == pytest.approx(true, rel=0.3), f"{left} s were foretold, {true:.1f} s it took"


def test_none_is_foretold_before_a_window_with_motion_was_seen() -> None:
    pieces = STILL * 50 + windows(10, 8)
    told = [left is not None for _, left, _ in foretold(pieces, slow_start)]
    assert not any(told[:58])
    assert all(told[66:])


def test_a_whole_shot_that_is_looked_at_first_counts_once() -> None:
    def cost(k: int, enters: bool, piece: Piece) -> float:
        return 600.0 if enters else 0.5

    for share, left, true in foretold([Piece("shot", 300)] * 400, cost):
        if share > 0.1:
            assert left == pytest.approx(true, rel=0.05, abs=0.5)


def test_the_time_left_runs_down_while_a_window_is_waited_for() -> None:
    clock = Clock()
    pieces = windows(5, 2)
    pace = Pace(pieces, clock)
    for k in range(6):
        clock.now += 4.0 if k % 2 == 0 else 0.1
        pace.step(k + 1)
    before = pace.left()
    assert before == pytest.approx(8.2)
    clock.now += 3.0
    assert pace.left() == pytest.approx(5.2)
    clock.now += 30.0
    assert pace.left() == 0.0


def test_the_rate_is_that_of_whole_windows() -> None:
    clock = Clock()
    pace = Pace(windows(5, 2), clock)
    rates = []
    for k in range(10):
        clock.now += 3.0 if k % 2 == 0 else 1.0
        pace.step(k + 1)
        rates.append(pace.rate())
    assert rates[:3] == [None] * 3
    assert rates[3:] == [pytest.approx(0.5)] * 7


def test_steady_frames_say_it_after_a_tenth() -> None:
    told = [left is not None for _, left, _ in foretold(steady(60), lambda k, *_: 0.1)]
    assert told == [False] * 6 + [True] * 54
    assert [left is not None for _, left, _ in foretold(steady(5), lambda k, *_: 0.1)] == [False] * 3 + [True] * 2


def test_frames_that_are_made_in_batches_are_foretold_by_whole_ones() -> None:
    told = list(foretold(steady(160, 16), lambda k, enters, _: 4.0 if enters else 0.01))
    assert [left for _, left, _ in told[:32]] == [None] * 31 + [told[31][1]]
    for _, left, true in told[31:-1]:
        assert left == pytest.approx(true, rel=0.05)
