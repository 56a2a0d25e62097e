"""Rates, times and factors as text."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.values.times import interval_of, parse_factor, parse_rate, parse_time

MOMENTS = st.fractions(min_value=0, max_value=10_000, max_denominator=90_000)


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


@pytest.mark.parametrize(
    "text",
    [
        "-1",
        "abc",
        "1:2:3:4",
        "",
        "f",
        "10 minutes",
        "1e400s0",
        "1:99:99",
        "1:60:00",
        "0:60",
        "9" * 5000,
        f"{'9' * 5000}:00:00",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        parse_time(text, Fraction(25))


@pytest.mark.parametrize(
    ("text", "factor"), [("4", 4), ("4x", 4), ("2.5", Fraction(5, 2)), ("1", 1), ("4/3", Fraction(4, 3))]
)
def test_factors(text: str, factor: Fraction) -> None:
    assert parse_factor(text) == factor


@pytest.mark.parametrize("text", ["0", "-1", "four", "1e9"])
def test_what_is_no_factor_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="factor"):
        parse_factor(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.25", "--slowmo 0.25 would play it 4 times faster; four times slower is --slowmo 4"),
        (0.5, "--slowmo 0.5 would play it 2 times faster; two times slower is --slowmo 2"),
        ("1/3x", "--slowmo 1/3x would play it 3 times faster; three times slower is --slowmo 3"),
        ("0.8", "--slowmo 0.8 would play it 1.25 times faster; 1.25 times slower is --slowmo 1.25"),
    ],
)
def test_a_factor_that_would_make_it_faster_is_refused(text: str | float, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_factor(text)
    assert str(caught.value) == said


@given(st.lists(MOMENTS, min_size=1, max_size=20, unique=True).map(sorted), MOMENTS)
def test_interval_of_finds_the_knot_at_or_before(knots: list[Fraction], time: Fraction) -> None:
    index = interval_of(time, knots)
    assert index == sum(knot <= time for knot in knots) - 1


def test_a_rate_may_be_low_but_not_lower() -> None:
    assert parse_rate("0.001").value == Fraction(1, 1000)
    with pytest.raises(UsageError, match=r"below 0\.001 fps"):
        parse_rate("1e-9")


@pytest.mark.parametrize("text", ["9" * 5000, "1/" + "9" * 5000, "9" * 5000 + "x"])
def test_a_rate_of_thousands_of_digits_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"characters\)' is not a frame rate"):
        parse_rate(text)
    with pytest.raises(UsageError, match=r"characters\)' is not a factor"):
        parse_factor(text)


@pytest.mark.parametrize("text", ["1e999", "1e99f", "999999999:00:00"])
def test_a_time_that_no_recording_has_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is beyond 1000000000"):
        parse_time(text, Fraction(25))


def test_a_small_multiple_is_refused_once_the_source_is_known() -> None:
    with pytest.raises(UsageError, match=r"below 0\.001 fps"):
        parse_rate("1e-99x").resolve(Fraction(25))


def test_minutes_alone_may_be_more_than_an_hour() -> None:
    assert parse_time("90:30", Fraction(25)) == 90 * 60 + 30
