"""The page for those who come from another tool: what it says is ours is there, and what people look for finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dynode_cli import other_words
from dynode_cli.cli import COMMANDS
from dynode_cli.cli.program import Program

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "coming-from.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
COMMANDS_SHOWN = ("interpolate", "edit", "invert", "render", "resample", "eval")


def flags(text: str) -> set[str]:
    """Options in the parts of `text` that are code."""
    code = " ".join(re.findall(r"`([^`]*)`", text))
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][\w:-]*", code))


def ours() -> set[str]:
    program = Program(COMMANDS)
    built = [program.get_command(None, name) for name in COMMANDS_SHOWN]
    return {flag for command in built for param in command.params for flag in param.opts}


def test_rows_were_found() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("there", "here"), ROWS)
def test_what_is_said_to_be_ours_is(there: str, here: str) -> None:
    assert flags(here) <= ours()


@pytest.mark.parametrize("word", sorted(set().union(*(flags(there) for there, _ in ROWS)) - ours() - {"-i", "-vf"}))
def test_their_options_are_answered_by_the_program_too(word: str) -> None:
    assert other_words.answer("option", word) is not None


def test_each_tool_has_its_part() -> None:
    for tool in ("Flowframes", "TheAnimeScripter", "RIFE", "minterpolate", "Topaz", "EbSynth", "ComfyUI", "StyleGAN"):
        assert re.search(rf"^## .*{tool}", PAGE, re.MULTILINE), tool


@pytest.mark.parametrize("words", ["anime", "npz", "prores", "youtube", "slow motion"])
def test_what_people_look_for_is_found(words: str) -> None:
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (separator,) = re.findall(r"^ +separator: '(.*)'$", settings, re.MULTILINE)
    found = {word.lower() for word in re.split(separator, PAGE)}
    assert set(words.split()) <= found
