"""Words of other tools are answered with ours: the whole table, as the program tells it."""

from __future__ import annotations

import re

import pytest

from dynode_cli import InputError, PluginError, UsageError, other_words
from dynode_cli.cli import COMMANDS
from dynode_cli.cli.program import Program
from dynode_cli.media.reading.source import open_source
from dynode_cli.other_words import TABLE, OtherWords
from dynode_cli.plugin_host.host import load_host
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.suggestions import closest

ROWS = [(row, pattern.replace("*", "x").replace("?", "7")) for row in TABLE for pattern in row.words]
"""Every word of the table, with something for what may be anything."""


NEWCOMERS = (
    *("--factor", "--interpolate_factor", "--multi", "--exp", "--dedup", "--scene-threshold", "--scdet", "--resume"),
    *("--preview", "--resolution", "--scale", "--uhd", "--quality", "--model"),
)


def of(place: other_words.Place) -> list[tuple[OtherWords, str]]:
    return [(row, word) for row, word in ROWS if row.place == place]


def flags_of(command: str) -> set[str]:
    built = Program(COMMANDS).get_command(None, command)
    return {flag for param in built.params for flag in param.opts}


def told(row: OtherWords, word: str) -> str:
    return row.answer.replace("{word}", word)


@pytest.mark.parametrize(("row", "word"), of("option"), ids=[word for _, word in of("option")])
def test_an_option(row: OtherWords, word: str, dynode) -> None:
    for spelt in {word, word.replace("-", "_") if word.startswith("--") else word}:
        written = f"--{spelt[2:]}" if spelt.startswith("__") else spelt
        outcome = dynode(row.command, "in.mp4", written, "2")
        assert outcome.err == f"error: there is no option {written}\nhint: {row.answer}\n"
        assert (outcome.code, outcome.out) == (2, "")


@pytest.mark.parametrize(("row", "word"), of("command"), ids=[word for _, word in of("command")])
def test_a_first_word(row: OtherWords, word: str, dynode) -> None:
    outcome = dynode(word, "in.mp4", "--fps", "60")
    assert outcome.err == f"error: there is no command '{word}'\nhint: {told(row, word)}\n"
    assert outcome.code == 2


@pytest.mark.parametrize(("row", "word"), of("generator"), ids=[word for _, word in of("generator")])
def test_a_name_after_g(row: OtherWords, word: str) -> None:
    with pytest.raises(PluginError, match="there is no generator") as caught:
        load_host().registration("generator", word)
    assert caught.value.hint == row.answer


@pytest.mark.parametrize(("row", "word"), of("inverter"), ids=[word for _, word in of("inverter")])
def test_a_clip_after_i(row: OtherWords, word: str, dynode) -> None:
    with pytest.raises(UsageError) as caught:
        Interpolate("out.mp4", inverter=word)
    assert caught.value.hint == told(row, word)
    for arguments in ((), ("out.mp4",)):
        assert dynode("interpolate", "-i", word, *arguments).err.endswith(f"hint: {told(row, word)}\n")


@pytest.mark.parametrize(("row", "word"), of("input"), ids=[word for _, word in of("input")])
def test_the_name_of_an_input(row: OtherWords, word: str) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        open_source(word)
    assert caught.value.hint == row.answer


@pytest.mark.parametrize(
    ("place", "word"),
    [
        *(("option", word) for word in NEWCOMERS),
        ("generator", "rife"),
        ("generator", "rife4.22"),
        ("inverter", "in.mp4"),
        ("command", "gui"),
        ("command", "t.mp4"),
        ("command", "clips/t"),
        ("command", "C:\\t.mp4"),
        ("input", "https://youtu.be/x"),
        ("input", "C:\\Users\\me\\clip.mp4"),
        ("input", "C:Usersmeclip.mp4"),
    ],
)
def test_what_newcomers_wrote_is_in_it(place: other_words.Place, word: str) -> None:
    assert other_words.answer(place, word)


def test_a_word_is_told_once_and_is_not_ours() -> None:
    for row, word in ROWS:
        assert other_words.entry(row.place, word) is row, f"{word} is in two lines"
    assert not {word for row, word in of("option") if word in flags_of(row.command)}
    assert not {word for _, word in of("command")} & set(COMMANDS)
    assert not {word for _, word in of("generator")} & set(load_host().names("generator"))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.place} {row.words[0]}")
def test_what_is_answered_is_there(row: OtherWords) -> None:
    first = row.answer.split()[0]
    if first.startswith("-"):
        assert first in flags_of(row.command)
    for flag in re.findall(r"(?<![\w-])--[a-z-]+", row.answer):
        assert flag in flags_of(row.command) | {"--version"}, flag
    for command in re.findall(r"dynode ([a-z]+)", row.answer):
        assert command in COMMANDS, command


def test_where_the_option_is_if_this_command_has_none(dynode) -> None:
    outcome = dynode("probe", "in.mp4", "--factor", "2")
    assert "hint: in dynode interpolate, --fps 2x doubles" in outcome.err
    assert "hint: --fps 2x doubles" in dynode("edit", "in.mp4", "--factor", "2").err


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("--banana", "see dynode interpolate -h"),
        ("--temperature", "see dynode interpolate -h"),
        ("--ouput", "did you mean --output?"),
        ("--qiet", "did you mean --quiet?"),
        ("--deinterlaced", "did you mean --deinterlace?"),
        ("--b", "see dynode interpolate -h"),
        ("-k", "see dynode interpolate -h"),
    ],
)
def test_a_guess_by_spelling_only_where_something_is_alike(dynode, written: str, hint: str) -> None:
    assert dynode("interpolate", "in.mp4", written, "2").err.endswith(f"hint: {hint}\n")


def test_few_shared_letters_are_no_likeness() -> None:
    ours = ["quiet", "refine", "preset", "device", "deinterlace", "end", "seed"]
    for word in ("quality", "resume", "preview", "dedup", "resolution", "scdet"):
        assert closest(word, ours) == [], word
