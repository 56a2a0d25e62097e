"""The rate that a camera was set to and a container meant, behind rounding and frames that come early and late."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.rates import meant_rate, steadied, unrounded
from tests.dynode_cli.media.jitter import jittered

TICK = Fraction(1, 90000)
RATES = st.fractions(min_value=Fraction(1, 10), max_value=1000, max_denominator=1001)


def found(ticks: Sequence[int], nominal: Fraction = Fraction(90000), tick: Fraction = TICK) -> Fraction:
    average = meant_rate((len(ticks) - 1) / (ticks[-1] * TICK))
    return steadied(average, nominal, [t * TICK for t in ticks], tick, len(ticks))


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("seed", range(5))
def test_jitter_of_a_phone_is_not_its_rate(rate: int, seed: int) -> None:
    ticks = jittered(Fraction(rate), 45, 0.01, seed=seed)
    # 30000/1001 is as likely, unless the file says what it means.
    assert found(ticks) in (rate, Fraction(rate * 1000, 1001))
    assert found(ticks, Fraction(rate)) == rate


def test_rates_that_no_camera_has_are_kept() -> None:
    for rate in (Fraction(27), Fraction(49, 2), Fraction(10)):
        ticks = [round(k * 90000 / rate) for k in range(100)]
        assert abs(found(ticks) / rate - 1) < 1e-5
        # What is rounded to milliseconds jitters too.
        rounded = [90 * round(k * 1000 / rate) for k in range(100)]
        assert abs(found(rounded, tick=Fraction(1, 1000)) / rate - 1) < 1e-3


def test_a_clock_that_runs_off_is_believed() -> None:
    """Of 100 000 frames at 29.99 a second, 33 would be too many at 30."""
    ticks = jittered(Fraction(2999, 100), 20000, 0.01)
    rate = found(ticks, Fraction(30))
    assert abs(rate - Fraction(2999, 100)) < Fraction(1, 200) and rate != 30


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
        ("29011/242", "120000/1001"),
        ("29011/121", "240000/1001"),
        ("30000/1001", "30000/1001"),
        ("25", "25"),
        ("2997/50", "2997/50"),
        ("1/7", "1/7"),
    ],
)
def test_a_rate_that_a_container_rounded_is_what_it_meant(stored: str, meant: str) -> None:
    assert meant_rate(Fraction(stored)) == Fraction(meant)
