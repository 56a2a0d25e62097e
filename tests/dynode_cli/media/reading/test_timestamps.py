from __future__ import annotations

from itertools import pairwise

from hypothesis import given, strategies as st

from dynode_cli.media.reading.timestamps import ClockRepair

steps = st.lists(st.integers(1, 500), min_size=1, max_size=40)


@given(st.integers(-1000, 1000), steps)
def test_good_stamps_come_out_unchanged(first: int, gaps: list[int]) -> None:
    stamps = [first]
    for gap in gaps:
        stamps.append(stamps[-1] + gap)
    clock = ClockRepair(40)
    assert list(clock((stamp, 0) for stamp in stamps)) == stamps
    assert (clock.missing, clock.disordered) == (0, 0)


@given(st.lists(st.tuples(st.none() | st.integers(-(10**6), 10**6), st.integers(0, 200)), max_size=60))
def test_whatever_comes_in_time_goes_forward_and_no_frame_is_dropped(
    stamps: list[tuple[int | None, int]],
) -> None:
    ticks = list(ClockRepair(40)(stamps))
    assert len(ticks) == len(stamps)
    assert all(a < b for a, b in pairwise(ticks))


def test_missing_stamps_continue_by_duration_or_step() -> None:
    clock = ClockRepair(40)
    assert list(clock([(None, 0), (None, 25), (None, 0), (200, 0)])) == [0, 40, 65, 200]
    assert clock.missing == 3


def test_one_stray_stamp_is_put_between_its_neighbours() -> None:
    ahead = ClockRepair(40)
    assert list(ahead((stamp, 0) for stamp in (0, 40, 9000, 120, 160))) == [0, 40, 80, 120, 160]
    behind = ClockRepair(40)
    assert list(behind((stamp, 0) for stamp in (0, 40, 10, 120, 160))) == [0, 40, 80, 120, 160]
    assert (ahead.disordered, behind.disordered) == (1, 1)


def test_a_clock_that_falls_back_goes_on_where_it_was() -> None:
    clock = ClockRepair(40)
    stamps = [1000, 1040, 1080, 0, 40, 100, 140]
    assert list(clock((stamp, 40) for stamp in stamps)) == [1000, 1040, 1080, 1120, 1160, 1220, 1260]
    assert clock.disordered == 1
