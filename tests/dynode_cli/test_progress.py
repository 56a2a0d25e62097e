"""Progress as a line: what it says, on a clock that the test moves."""

from __future__ import annotations

import pytest

from dynode_cli import progress
from dynode_cli.progress import Lines, Standing


class Clock:
    now = 100.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.now)
    return clock


def test_a_total_that_is_not_known_is_never_shown(clock: Clock) -> None:
    standing = Standing("in.mp4", 0, "frames")
    standing.doing("looking through 45%", None, None)
    standing(0, 0)
    assert standing.details() == "looking through 45%"
    assert standing.line() == "in.mp4: looking through 45%"


def test_who_knows_better_is_believed_and_the_time_left_runs_down(clock: Clock) -> None:
    standing = Standing("out.mp4", 120, "frames")
    standing(18, 120)
    standing.doing("finding motion", 4.61, 24.4)
    assert standing.details() == "18/120 · 4.6 frames/s · 24 s left · finding motion"
    clock.now += 5
    assert standing.line() == "out.mp4: 18/120 frames, 4.6 frames/s, 19 s left, finding motion"
    clock.now += 60
    assert "0 s left" in standing.line()
    standing.doing("finding motion", None, None)
    assert standing.line() == "out.mp4: 18/120 frames, finding motion"


def test_what_comes_before_the_first_step_does_not_count(clock: Clock) -> None:
    standing = Standing("out.mp4", 40, "frames")
    clock.now += 60
    standing(1, 40)
    assert standing.line() == "out.mp4: 1/40 frames"
    clock.now += 11
    standing(12, 40)
    assert standing.line() == "out.mp4: 12/40 frames, 1.0 frames/s, 28 s left"


def test_a_slow_step_shows_a_rate_that_is_not_zero(clock: Clock) -> None:
    standing = Standing("fit", 10, "shots")
    for done in (1, 2):
        clock.now += 80
        standing(done, 10)
    assert standing.line() == "fit: 2/10 shots, 0.013 shots/s, 10 min 40 s left"


def test_no_time_left_is_foretold_from_the_first_steps(clock: Clock) -> None:
    standing = Standing("out.mp4", 1000, "frames")
    for done in range(1, 6):
        clock.now += 0.002
        standing(done, 1000)
    assert "left" not in standing.line()
    for done in range(6, 40):
        clock.now += 0.002
        standing(done, 1000)
    assert "left" in standing.line()


def test_lines_come_while_nothing_moves_and_the_last_one_says_what_came_out(clock: Clock) -> None:
    said: list[str] = []
    with Lines("out.mp4", 0, "frames", said.append, 3600) as lines:
        lines.phase = "starting"
        lines.tick()
        lines(40, 40)
        clock.now += 9
    assert said == ["out.mp4: starting", "out.mp4: 40 frames in 9.0 s"]


def test_a_short_job_says_nothing_in_a_log() -> None:
    said: list[str] = []
    with Lines("out.mp4", 4, "frames", said.append, 3600) as lines:
        lines(4, 4)
    assert said == []


def test_lines_are_said_every_so_often() -> None:
    said: list[str] = []
    with Lines("out.mp4", 4, "frames", said.append, 0.01) as lines:
        while not said:
            pass
    assert said[0] == "out.mp4: 0/4 frames"
    assert lines.done == 0
