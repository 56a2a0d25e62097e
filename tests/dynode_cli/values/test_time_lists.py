"""Lists of times."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.values.time_lists import parse_time_list

RATE = Fraction(25)


def test_times_of_every_form_stand_in_any_order_of_separators(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("0, 40ms 2f\n# nothing here\n0:00:01.5 2s # the end\n")
    found = parse_time_list(path).times
    assert [time.at(RATE) for time in found] == [0, Fraction(1, 25), Fraction(2, 25), Fraction(3, 2), 2]
    assert found[3].place == f"--times {path}, line 3: 0:00:01.5"
    assert parse_time_list(str(path)) == parse_time_list(path) == parse_time_list("0 0.04 2f 1.5 2")


def test_times_may_lie_before_0() -> None:
    assert [time.at(RATE) for time in parse_time_list("-1.5,-10f,0").times] == [Fraction(-3, 2), Fraction(-2, 5), 0]


@given(st.lists(st.fractions(-100, 100) | st.integers(-9, 9) | st.sampled_from(["3f", "00:00:12.5"]), min_size=1))
def test_a_list_is_read_back(times: list[Fraction | int | str]) -> None:
    listed = parse_time_list(times)
    assert parse_time_list(str(listed)) == listed
    assert len(listed.times) == len(times)


@pytest.mark.parametrize(("text", "words"), [("1\n\ntwo", "line 3: 'two'"), ("# 1\n", "no time"), ("--1", "'-1'")])
def test_what_is_no_list_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "t.txt"
    path.write_text(text)
    with pytest.raises(UsageError, match=words):
        parse_time_list(path)


@pytest.mark.parametrize("given", ["missing.txt", "1,two", "", "x" * 5000])
def test_what_is_neither_a_list_nor_a_file_is_said_to_be(given: str) -> None:
    with pytest.raises(UsageError, match="neither a list of times nor a file"):
        parse_time_list(given)


def test_a_byte_order_mark_is_no_time(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("1\n", encoding="utf-8-sig")
    assert str(parse_time_list(path)) == "1s"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not a readable text file"):
        parse_time_list(path)
    with pytest.raises(UsageError, match="no such file"):
        parse_time_list(tmp_path / "missing.txt")
