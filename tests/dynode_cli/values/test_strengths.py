from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli import UsageError
from dynode_cli.values.strengths import Strength, StrengthCurve, parse_strength, parse_strength_words
from dynode_cli.values.times import Position

RATE = Fraction(25)
numbers = st.floats(-3, 3, allow_nan=False).map(lambda value: round(value, 3))


@st.composite
def curves(draw: st.DrawFn) -> StrengthCurve:
    values = draw(st.lists(numbers, min_size=1, max_size=6))
    gaps = draw(st.lists(st.floats(0.01, 4), min_size=len(values), max_size=len(values)))
    times = [sum(gaps[: n + 1]) for n in range(len(values))]
    return StrengthCurve(times, values)


@given(curves())
def test_the_values_are_met(curve: StrengthCurve) -> None:
    assert [curve(time) for time in curve.times] == list(curve.values)


@given(curves(), st.floats(-1, 30))
def test_no_value_lies_outside_its_neighbours(curve: StrengthCurve, time: float) -> None:
    value = curve(time)
    around = [
        (curve.values[max(0, n - 1)], curve.values[min(n, len(curve.times) - 1)])
        for n in range(len(curve.times) + 1)
        if (n == 0 or curve.times[n - 1] <= time) and (n == len(curve.times) or time <= curve.times[n])
    ]
    assert around and all(min(pair) <= value <= max(pair) for pair in around)


@given(curves(), st.floats(0, 20), st.floats(0, 0.5))
def test_between_two_values_it_only_rises_or_only_falls(curve: StrengthCurve, time: float, step: float) -> None:
    for one, other, begin, end in zip(curve.times, curve.times[1:], curve.values, curve.values[1:], strict=False):
        a, b = (min(max(t, one), other) for t in (time, time + step))
        assert (curve(b) - curve(a)) * (end - begin) >= -1e-9


@given(curves(), st.integers(0, 5))
def test_slopes_are_continuous(curve: StrengthCurve, knot: int) -> None:
    if not 0 < knot < len(curve.times) - 1:
        return
    step = 1e-6
    time = curve.times[knot]
    before, after = (curve(time) - curve(time - step)) / step, (curve(time + step) - curve(time)) / step
    # Third differences of a piece of 0.01 s that rises by 6 are below this.
    assert before == pytest.approx(after, abs=1.0)


@given(curves(), st.floats(-5, 5), st.floats(0, 20))
def test_shifting_moves_the_whole_curve(curve: StrengthCurve, seconds: float, time: float) -> None:
    step = 1e-6
    low, high = sorted(curve(time + offset) for offset in (-step, step))
    spread = 1e-2 + high - low
    assert curve.shifted(seconds)(time + seconds) == pytest.approx(curve(time), abs=spread)


@given(numbers, st.floats(-10, 10))
def test_a_number_is_a_constant(value: float, time: float) -> None:
    curve = parse_strength(str(value), RATE)
    assert curve.constant and curve(time) == curve.largest == value


def test_a_curve_is_read_with_every_kind_of_time() -> None:
    curve = parse_strength("0:0, 1.5s:1,50f:-2,00:00:03:0.3", RATE)
    assert curve.times == [0, 1.5, 2, 3] and curve.values == [0, 1, -2, 0.3]
    assert curve.largest == -2 and not curve.constant
    assert 0 < curve(0.5) < curve(1.0) < 1 and curve(10) == 0.3


@pytest.mark.parametrize(
    "text", ["", "smile", "1,2", "0:0,1s:", "0:0,1s:x", "1s:nan", "inf", "1s:1,1s:2", "2s:1,1s:2"]
)
def test_what_is_no_strength_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_strength(text, RATE)


@st.composite
def strengths(draw: st.DrawFn) -> Strength:
    """Values at increasing times, of which some count seconds and others frames."""
    moments = draw(st.lists(st.fractions(0, 10_000, max_denominator=9000), min_size=1, max_size=6, unique=True))
    value = st.floats(allow_nan=False, allow_infinity=False)
    return Strength(tuple((Position(moment, draw(st.booleans())), draw(value)) for moment in sorted(moments)))


@given(strengths())
def test_every_strength_reads_back(strength: Strength) -> None:
    assert parse_strength_words(str(strength)) == parse_strength_words(strength) == strength


@pytest.mark.parametrize(
    ("text", "written"), [(1, "1"), ("-.5", "-0.5"), ("0:0, 1.5s:1,50f:-2", "0s:0,1.5s:1,50f:-2"), ("2:1", "2s:1")]
)
def test_strengths_are_written_shortly(text: str | float, written: str) -> None:
    assert str(parse_strength_words(text)) == written


def test_times_that_fall_back_are_refused_as_soon_as_that_can_be_known() -> None:
    for text in ("2s:1,1s:2", "9f:1,9f:2"):
        with pytest.raises(UsageError, match=r"times must increase, but (1s follows 2s|9f follows 9f)"):
            parse_strength_words(text)
    strength = parse_strength_words("1s:0,30f:1")
    assert strength.curve(Fraction(25)).times == [1.0, 1.2]
    with pytest.raises(UsageError, match="30f follows 1s at 30 fps"):
        strength.curve(Fraction(30))
