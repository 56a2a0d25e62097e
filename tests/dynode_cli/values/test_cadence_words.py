"""Words for cadences, and what they mean for video of one rate or another."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dynode_cli import UsageError
from dynode_cli.values.cadence_words import parse_cadence


@pytest.mark.parametrize(
    ("word", "rate", "fields", "ratio"),
    [
        ("24/25", 25, False, Fraction(25, 24)),
        ("24/30", 30, False, Fraction(5, 4)),
        # Of 24 in 60 fields, however these are shown.
        ("2:3", Fraction(30000, 1001), False, Fraction(5, 4)),
        ("2:3", Fraction(60000, 1001), True, Fraction(5, 2)),
        ("3:2", 60, False, Fraction(5, 2)),
        ("2:3:3:2", 60, False, Fraction(5, 2)),
        ("auto", 25, False, None),
    ],
)
def test_what_a_word_means(word: str, rate: Fraction, fields: bool, ratio: Fraction | None) -> None:
    found = parse_cadence(word)
    assert found.ratio(Fraction(rate), fields=fields) == ratio
    assert str(found) == word and parse_cadence(str(found)) == found and not found.off


def test_off() -> None:
    assert parse_cadence(" OFF ").off


@pytest.mark.parametrize(
    "word", ["", "on", "25/24", "24/24", "0/5", "2", "1:1", "0:3", "1/30", "2:3:", "24/25/26", "x" * 999]
)
def test_what_is_no_cadence(word: str) -> None:
    with pytest.raises(UsageError, match="is no cadence") as caught:
        parse_cadence(word)
    assert "24/25" in str(caught.value.hint) and len(str(caught.value)) < 200


def test_the_film_comes_first() -> None:
    with pytest.raises(UsageError) as caught:
        parse_cadence("30/24")
    assert caught.value.hint == "the film comes first: 24/30"
