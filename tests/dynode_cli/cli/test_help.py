"""What -h and --help show: the usual options first, all of them, and no notes on types."""

from __future__ import annotations

import re

import pytest

from dynode_cli.cli import COMMANDS
from dynode_cli.cli.program import Program
from dynode_cli.plugin_host.host import load_host
from dynode_cli.requests.base import fields_of
from dynode_cli.requests.interpolate import Batch, Interpolate

LONG = ("interpolate", "edit", "eval", "invert", "render", "resample")
"""Commands with more options than fit on a screen."""


def every_command() -> list[tuple[str, ...]]:
    program = Program(COMMANDS)
    paths: list[tuple[str, ...]] = []
    for name in COMMANDS:
        children = getattr(program.get_command(None, name), "commands", {})
        paths += [(name,), *((name, child) for child in children)]
    return paths


def shown(text: str) -> list[str]:
    """The long flags that have a line of their own, in order."""
    return re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)


def test_short_help_of_interpolate_is_what_most_people_use(dynode) -> None:
    outcome = dynode("interpolate", "-h")
    assert shown(outcome.out) == [
        *("--fps", "--slowmo", "--start", "--end", "--output", "--force", "--codec", "--out-dir", "--dry-run")
    ]
    every = len(shown(dynode("interpolate", "--help").out))
    assert outcome.out.endswith(f"These are the usual ones. All {every} options: dynode interpolate --help\n")
    assert outcome.out.index("Examples:") < outcome.out.index("What to render:") < outcome.out.index("Output:")


def test_long_help_shows_every_option_that_is_declared(dynode) -> None:
    flags = {flag for request in (Interpolate, Batch) for field in fields_of(request) for flag in field.flags}
    told = dynode("interpolate", "--help").out
    assert [flag for flag in flags if not re.search(rf"(?<![\w-]){flag}\b", told)] == []
    assert "These are the usual ones" not in told


@pytest.mark.parametrize("command", LONG)
def test_short_help_is_short_and_says_where_the_rest_is(command: str, dynode) -> None:
    short, long = dynode(command, "-h").out, dynode(command, "--help").out
    assert 5 <= len(shown(short)) <= 14 < len(shown(long))
    assert f"All {len(shown(long))} options: dynode {command} --help" in " ".join(short.split())
    assert "--output" in short or command == "eval"
    assert "--json" not in shown(short) and "--json" in shown(long)


def test_what_renders_stands_before_how_it_is_written(dynode) -> None:
    for command in ("interpolate", "edit"):
        for how in ("-h", "--help"):
            told = dynode(command, how).out
            assert told.index("What to render:") < told.index("Output:")


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_no_help_shows_how_types_are_called_in_python(words: tuple[str, ...], dynode) -> None:
    for how in ("-h", "--help"):
        told = dynode(*words, how).out
        noise = re.findall(r"<(?!NAME>)[a-z\[]\S*|\{[A-Z]\S*|\[\[\S*|\bx[<>]=\S*|<=x", told)
        assert noise == []


def test_ranges_and_choices_are_told_in_words(dynode) -> None:
    told = " ".join(dynode("interpolate", "--help").out.split())
    assert "--cuts hold|extrapolate" in told and "--seed N" in told
    assert "0 to 64]" in told and "[1 or more]" in told
    bench = dynode("bench", "-h").out
    assert "Usage: dynode bench [OPTIONS] [WHAT]" in bench and bench.count("solvers (") == 1
    assert "Usage: dynode edit [OPTIONS] [IN]\n" in dynode("edit", "-h").out
    assert "Usage: dynode interpolate [OPTIONS] IN...\n" in dynode("interpolate", "-h").out


def test_help_names_what_there_is_to_choose_from() -> None:
    host = load_host()
    told = {field.name: set(re.findall(r"[a-z][a-z0-9-]+", field.help)) for field in fields_of(Interpolate)}
    assert set(host.names("generator")) <= told["generator"]
    assert set(host.names("inverter")) <= told["inverter"]
    assert {"spline", "linear", "natural", "gp", "ode", "sde", "auto"} <= told["dynamics"] & set(
        host.names("dynamics")
    )


def test_the_value_of_an_option_asks_for_no_help(dynode) -> None:
    # The word is the output's name; what is not there is the input.
    assert dynode("interpolate", "nothing.mp4", "-o", "-h").code != 0


def test_the_word_help_shows_what_the_option_does(dynode) -> None:
    assert dynode("help", "interpolate").out == dynode("interpolate", "--help").out
    assert dynode("help", "runs", "list").out == dynode("runs", "list", "--help").out
    assert dynode("help").out == dynode("--help").out
    assert dynode("-q", "help", "eval").out == dynode("eval", "--help").out
