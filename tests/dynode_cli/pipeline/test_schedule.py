"""Schedules are exact however long they run, and cover the source without running past it."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.pipeline.schedule import ListedSchedule, SteadySchedule

RATES = st.fractions(min_value=Fraction(1, 10), max_value=1000, max_denominator=1001)
MOMENTS = st.fractions(min_value=0, max_value=10_000, max_denominator=90_000)
LENGTHS = st.fractions(min_value=Fraction(1, 1000), max_value=10_000, max_denominator=90_000)


@given(start=MOMENTS, length=LENGTHS, rate=RATES, slow=st.fractions(Fraction(1, 8), 16, max_denominator=8))
def test_a_steady_schedule_covers_the_source_and_never_runs_past_it(
    start: Fraction, length: Fraction, rate: Fraction, slow: Fraction
) -> None:
    schedule = SteadySchedule(start, start + length, rate, slow)
    count = len(schedule)
    assert schedule.source_time(0) == start
    assert schedule.output_time(0) == 0
    duration = count / rate
    assert abs(duration - length * slow) < 1 / rate
    assert schedule.duration <= length * slow and abs(schedule.duration - length * slow) < 1 / rate
    if length * slow * rate >= 1:
        assert duration <= length * slow
        assert schedule.source_time(count - 1) < start + length


@given(start=MOMENTS, length=LENGTHS, rate=RATES, k=st.integers(0, 10**9))
def test_frame_k_is_exact_however_far(start: Fraction, length: Fraction, rate: Fraction, k: int) -> None:
    schedule = SteadySchedule(start, start + length, rate)
    assert schedule.source_time(k) - start == schedule.output_time(k) == k / rate


def test_ten_hours_of_ntsc_at_240_do_not_drift() -> None:
    schedule = SteadySchedule(Fraction(0), Fraction(36_000), Fraction(240_000, 1001))
    assert len(schedule) == 8_631_368
    assert schedule.source_time(8_631_367) == Fraction(8_631_367 * 1001, 240_000)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(UsageError, match="must come after"):
        SteadySchedule(Fraction(2), Fraction(1), Fraction(25))


def test_listed_times_keep_their_own_clock_or_take_a_rate() -> None:
    times = [Fraction(1), Fraction(3, 2), Fraction(7)]
    assert [ListedSchedule(times).output_time(k) for k in range(3)] == [0, Fraction(1, 2), 6]
    backwards = ListedSchedule(times[::-1], Fraction(10))
    assert [backwards.source_time(k) for k in range(3)] == times[::-1]
    assert backwards.output_time(2) == Fraction(1, 5)
    with pytest.raises(UsageError, match="must increase"):
        ListedSchedule(times[::-1])
    with pytest.raises(UsageError, match="empty"):
        ListedSchedule([])
