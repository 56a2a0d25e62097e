"""Rates, positions and factors as text that reads back exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from dynode_cli.values.times import (
    MAX_POSITION,
    NTSC_DECIMALS,
    Position,
    Rate,
    parse_factor,
    parse_position,
    parse_rate,
)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (Rate(Fraction(240)), "240"),
        (Rate(Fraction(60000, 1001)), "60000/1001"),
        (Rate(Fraction(25, 2)), "12.5"),
        (Rate(Fraction(2997, 100)), "2997/100"),
        (Rate(Fraction(1), relative=True), "source"),
        (Rate(Fraction(2), relative=True), "2x"),
        (Rate(Fraction(1, 3), relative=True), "1/3x"),
    ],
)
def test_rates_are_written_as_the_shortest_number(rate: Rate, text: str) -> None:
    assert str(rate) == text and parse_rate(text) == rate


NUMBERS = st.fractions(min_value=Fraction(1, 1000), max_value=1_000_000) | st.decimals("0.001", 1000, places=5).map(
    Fraction
)


@given(NUMBERS | st.sampled_from([*NTSC_DECIMALS]).map(Fraction), st.booleans())
def test_every_rate_reads_back(value: Fraction, relative: bool) -> None:
    rate = Rate(value, relative)
    assert parse_rate(str(rate)) == parse_rate(rate) == rate


@given(NUMBERS | st.integers(0, MAX_POSITION).map(Fraction), st.booleans())
def test_every_position_reads_back(value: Fraction, frames: bool) -> None:
    position = Position(value, frames)
    assert parse_position(str(position)) == parse_position(position) == position


@given(NUMBERS.filter(lambda value: 1 <= value <= 1000))
def test_every_factor_reads_back(value: Fraction) -> None:
    assert parse_factor(str(value)) == parse_factor(value) == value


@pytest.mark.parametrize(
    ("text", "written"), [("0:01:02.50", "62.5s"), ("500ms", "0.5s"), ("300f", "300f"), (12, "12s")]
)
def test_positions_are_written_in_seconds_or_in_frames(text: str | int, written: str) -> None:
    assert str(parse_position(text)) == written
