"""Words that name a direction."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.values.direction_words import Word, parse_word

PARTS = st.sampled_from(
    ["smile", "age.pt", "a/b", ":0", ":12", "@3", "@0-7", "@5-2", "@w", "@w+", "@x", "=", "0.8", "0s:0,1s:1", " "]
)


@given(st.lists(PARTS, max_size=7).map("".join))
def test_every_word_reads_back(text: str) -> None:
    try:
        word = parse_word(text)
    except UsageError:
        return
    assert parse_word(str(word)) == word


@pytest.mark.parametrize("text", ["smile", "sefa:2@0-7@w=-1.5", "age.pt=0s:0,1s:1"])
def test_words_are_written_as_they_were_read(text: str) -> None:
    assert str(parse_word(text)) == text


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 10])
def test_numbers_that_no_file_has_are_part_of_a_name(number: str) -> None:
    assert parse_word(f"age.pt:{number}") == Word(f"age.pt:{number}")
    assert parse_word(f"age.pt@{number}") == Word(f"age.pt@{number}")


def test_one_layer_is_a_range_of_one() -> None:
    assert parse_word("age.pt@3") == Word("age.pt", layers=(3, 3)) == parse_word("age.pt@3-3")
