from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.media.rates import meant_rate, unrounded
from dynode_cli.pipeline.schedule import ListedSchedule, SteadySchedule
from dynode_cli.values.times import interval_of, parse_factor, parse_rate, parse_time

RATES = st.fractions(min_value=Fraction(1, 10), max_value=1000, max_denominator=1001)
MOMENTS = st.fractions(min_value=0, max_value=10_000, max_denominator=90_000)
LENGTHS = st.fractions(min_value=Fraction(1, 1000), max_value=10_000, max_denominator=90_000)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("240", Fraction(240)),
        ("60000/1001", Fraction(60000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("12.5", Fraction(25, 2)),
        ("ntsc", Fraction(30000, 1001)),
        ("NTSC-film", Fraction(24000, 1001)),
        ("2x", Fraction(48)),
        ("0.5x", Fraction(12)),
        ("source", Fraction(24)),
        ("1e2", Fraction(100)),
    ],
)
def test_rates_are_read_exactly(text: str, rate: Fraction) -> None:
    assert parse_rate(text).resolve(Fraction(24)) == rate


@pytest.mark.parametrize(
    "text", ["0", "-5", "abc", "1e12", "1/0", "nan", "inf", "", "x", "0x", "1e999999999", "-2x", "24//1"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"rate|fps"):
        parse_rate(text)


def test_a_multiple_beyond_any_clock_is_refused_once_the_source_is_known() -> None:
    with pytest.raises(UsageError, match="beyond"):
        parse_rate("100000x").resolve(Fraction(60))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", Fraction(12)),
        ("12.5s", Fraction(25, 2)),
        ("300f", Fraction(12)),
        ("00:00:12.5", Fraction(25, 2)),
        ("1:30", Fraction(90)),
        ("01:00:00", Fraction(3600)),
        ("500ms", Fraction(1, 2)),
        (0.25, Fraction(1, 4)),
    ],
)
def test_times_are_read_exactly(text: str, seconds: Fraction) -> None:
    assert parse_time(text, Fraction(25)) == seconds


@pytest.mark.parametrize("text", ["-1", "abc", "1:2:3:4", "", "f", "10 minutes", "1e400s0"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        parse_time(text, Fraction(25))


@pytest.mark.parametrize(("text", "factor"), [("4", 4), ("4x", 4), ("2.5", Fraction(5, 2)), ("1/3", Fraction(1, 3))])
def test_factors(text: str, factor: Fraction) -> None:
    assert parse_factor(text) == factor


@pytest.mark.parametrize("text", ["0", "-1", "four", "1e9"])
def test_what_is_no_factor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="factor"):
        parse_factor(text)


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


@given(st.lists(MOMENTS, min_size=1, max_size=20, unique=True).map(sorted), MOMENTS)
def test_interval_of_finds_the_knot_at_or_before(knots: list[Fraction], time: Fraction) -> None:
    index = interval_of(time, knots)
    assert index == sum(knot <= time for knot in knots) - 1


@given(rate=RATES, count=st.integers(1, 50), start=st.integers(0, 1000))
def test_times_of_a_constant_rate_come_back_from_milliseconds(rate: Fraction, count: int, start: int) -> None:
    tick = Fraction(1, 1000)
    ideal = tuple(start * tick + k / rate for k in range(count))
    rounded = [round(t / tick) * tick for t in ideal]
    assert unrounded(rounded, (rate,), tick) == ideal


def test_times_of_a_variable_rate_are_left_alone() -> None:
    times = [Fraction(0), Fraction(33, 1000), Fraction(80, 1000), Fraction(100, 1000)]
    assert unrounded(times, (Fraction(30), Fraction(25)), Fraction(1, 1000)) == tuple(times)


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("19001/317", "60000/1001"),
        ("1000000000/16683333", "60000/1001"),
        ("1000000000/41708333", "24000/1001"),
        ("1000000000/33333333", "30"),
        ("30000/1001", "30000/1001"),
        ("25", "25"),
        ("2997/50", "2997/50"),
        ("1/7", "1/7"),
    ],
)
def test_a_rate_that_a_container_rounded_is_what_it_meant(stored: str, meant: str) -> None:
    assert meant_rate(Fraction(stored)) == Fraction(meant)


def test_a_rate_may_be_low_but_not_lower() -> None:
    assert parse_rate("0.001").value == Fraction(1, 1000)
    with pytest.raises(UsageError, match=r"below 0\.001 fps"):
        parse_rate("1e-9")
