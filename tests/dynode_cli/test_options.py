from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from dynode_cli.contracts import NoOptions
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.options import MOST, describe, format_value, option, options_of, parse, parse_pairs


@dataclass(frozen=True)
class Everything:
    flag: bool = option(False, help="A flag.")
    count: int = option(4, help="How many.", unit="px", minimum=1, maximum=100)
    weight: float = option(0.5, help="How much.", minimum=0.0)
    mode: str = option("fast", help="Which way.", choices=("fast", "good"))
    label: str = option("", help="Any text.")
    limit: float | None = option(None, help="Bound, or none.", unit="s")
    file: Path | None = option(None, help="A file.")
    grid: tuple[int, int] = option((8, 8), help="Two numbers.", minimum=1)
    knots: tuple[float, ...] = option((), help="Any number of numbers.")


def test_nothing_given_is_all_defaults():
    assert parse(Everything, {}) == Everything()


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("flag", "yes", True),
        ("flag", "OFF", False),
        ("flag", True, True),
        ("count", " 7 ", 7),
        ("count", 7, 7),
        ("weight", "1e-3", 0.001),
        ("weight", 2, 2.0),
        ("mode", "good", "good"),
        ("label", "none", "none"),
        ("limit", "none", None),
        ("limit", "2.5", 2.5),
        ("limit", None, None),
        ("file", "a b/c.pt", Path("a b/c.pt")),
        ("grid", "16,4", (16, 4)),
        ("grid", [16, 4], (16, 4)),
        ("knots", "1,2.5", (1.0, 2.5)),
        ("knots", "", ()),
        ("knots", 3, (3.0,)),
    ],
)
def test_values_become_what_the_annotation_says(key, value, expected):
    result = getattr(parse(Everything, {key: value}), key)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("flag", "maybe", "is not true or false"),
        ("flag", 1, "is not true or false"),
        ("count", "7.0", "is not a whole number"),
        ("count", 7.0, "is not a whole number"),
        ("count", True, "is not a whole number"),
        ("count", "0", "is below 1"),
        ("count", 101, "is above 100"),
        ("count", "9" * 5000, "is not a whole number"),
        ("count", 10**30, "is not between"),
        ("weight", 10**400, "is too large"),
        ("weight", "nan", "is not a number"),
        ("weight", "a lot", "is not a number"),
        ("weight", "none", "is not a number"),
        ("weight", -1, "is below 0"),
        ("mode", "best", "is not one of fast, good"),
        ("label", 3, "is not text"),
        ("grid", "8", "has 1 values instead of 2"),
        ("grid", "8,0", "is below 1"),
        ("grid", "8,x", "is not a whole number"),
    ],
)
def test_bad_values_name_option_owner_and_what_is_expected(key, value, complaint):
    with pytest.raises(UsageError) as caught:
        parse(Everything, {key: value}, owner="dynamics 'spline'")
    assert complaint in str(caught.value)
    assert f"option '{key}' of dynamics 'spline'" in str(caught.value)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(f"{key}: ")


def test_an_unknown_key_gets_a_suggestion_and_the_valid_keys():
    with pytest.raises(UsageError, match="generator 'motion' has no option 'wieght'") as caught:
        parse(Everything, {"wieght": 1}, owner="generator 'motion'")
    assert caught.value.hint is not None
    assert "did you mean 'weight'?" in caught.value.hint
    assert all(field.name in caught.value.hint for field in fields(Everything))


def test_dashes_in_keys_are_underscores():
    @dataclass(frozen=True)
    class Options:
        block_size: int = option(8, help="Side of a block.")

    assert parse(Options, {"block-size": "16"}).block_size == 16


def test_description_says_all_that_was_declared():
    count = next(info for info in describe(Everything) if info.name == "count")
    assert (count.type, count.default, count.unit, count.minimum, count.maximum) == ("int", 4, "px", 1, 100)
    assert count.help == "How many."
    assert count.summary() == "int from 1 to 100 px; default 4"
    types = {info.name: info.type for info in describe(Everything)}
    assert types["limit"] == "float|none"
    assert types["grid"] == "int,int"
    assert types["knots"] == "float,..."


def test_a_type_that_cannot_be_typed_is_refused():
    @dataclass(frozen=True)
    class Options:
        table: dict[str, int] = option(None, help="A table.")

    with pytest.raises(PluginError, match="cannot have the type"):
        describe(Options)


def test_options_must_be_a_dataclass():
    class Implementation:
        Options = int

    with pytest.raises(PluginError, match="is not a dataclass"):
        options_of(Implementation)


def test_an_implementation_without_options_takes_none():
    class Implementation:
        pass

    assert options_of(Implementation) is NoOptions
    with pytest.raises(UsageError, match="has no option 'x'"):
        parse(options_of(Implementation), {"x": "1"})


def test_pairs():
    assert parse_pairs(["a=1", "b = x=y ", "a=2", "c-d="]) == {"a": "2", "b": "x=y", "c-d": ""}


@pytest.mark.parametrize("pair", ["a", "=1", " =1", ""])
def test_what_is_no_pair_is_refused(pair):
    with pytest.raises(UsageError, match="is not key=value"):
        parse_pairs([pair])


numbers = st.floats(allow_nan=False)
instances = st.builds(
    Everything,
    flag=st.booleans(),
    count=st.integers(1, 100),
    weight=st.floats(0, allow_nan=False),
    mode=st.sampled_from(["fast", "good"]),
    label=st.text().map(str.strip),
    limit=st.none() | numbers,
    grid=st.tuples(st.integers(1, MOST), st.integers(1, MOST)),
    knots=st.lists(numbers).map(tuple),
)


@given(instances)
def test_what_is_written_is_read_back(instance):
    written = [f"{field.name}={format_value(getattr(instance, field.name))}" for field in fields(instance)]
    assert parse(Everything, parse_pairs(written)) == instance


@given(instances)
def test_native_values_pass_unchanged(instance):
    assert parse(Everything, {field.name: getattr(instance, field.name) for field in fields(instance)}) == instance
