"""Lists of times."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from dynode_cli.errors import UsageError
from dynode_cli.values.time_lists import listed_times, read_list

RATE = Fraction(25)


def test_times_of_every_form_stand_in_any_order_of_separators() -> None:
    found = listed_times("0, 40ms 2f\n# nothing here\n0:00:01.5 2s # the end\n", RATE, name="t.txt")
    assert [time.value for time in found] == [0, Fraction(1, 25), Fraction(2, 25), Fraction(3, 2), 2]
    assert found[3].place == "--times t.txt, line 3: 0:00:01.5"


def test_times_before_0_are_for_codes() -> None:
    assert [time.value for time in listed_times("-1.5,-10f,0", RATE, name="t", signed=True)] == [
        Fraction(-3, 2),
        Fraction(-2, 5),
        0,
    ]
    with pytest.raises(UsageError, match="line 1: '-1'"):
        listed_times("-1", RATE, name="t")


@pytest.mark.parametrize(("text", "words"), [("1\n\ntwo", "line 3: 'two'"), ("# 1\n", "no time"), ("--1", "'-1'")])
def test_what_is_no_list_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        listed_times(text, RATE, name="t", signed=True)


def test_a_byte_order_mark_is_no_time(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("1\n", encoding="utf-8-sig")
    assert read_list(path) == "1\n"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a readable text file"):
        read_list(path)
