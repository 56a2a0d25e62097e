"""The settings file of a folder may be a stranger's: what it may do, and what only once it is trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynode_cli.cli import COMMANDS
from dynode_cli.cli.program import Program

MARKED = """
from pathlib import Path
Path({marker!r}).touch()
from dynode_cli import hookimpl
@hookimpl
def dynode_register_weights(register): pass
"""
OPTIONS = """
from dataclasses import dataclass
from pathlib import Path
from dynode_cli import hookimpl, option
from dynode_cli.conformance.fakes import FakeDynamics

class Wide(FakeDynamics):
    @dataclass(frozen=True)
    class Options:
        number: float = option(1.0, help="x")
        pair: tuple[int, int] = option((1, 1), help="x")
        word: str = option("a", help="x", choices=("a", "b"))
        stated: str = option("a", help="x", project=True)
        text: str | None = option(None, help="x")
        path: Path | None = option(None, help="x")
        unsafe: bool = option(False, help="x", project=False)

@hookimpl
def dynode_register_dynamics(register): register("wide", Wide, summary="x")
"""
FOR_A_FOLDER = {
    *(
        "fps",
        "slowmo",
        "start",
        "end",
        "cuts",
        "cadence",
        "loop",
        "input_rate",
        "deinterlace",
        "rate",
        "keep_every",
        "limit",
    ),
    *("crf", "codec", "preset", "pix_fmt", "audio", "device", "seed", "memory", "threads", "verbose", "color"),
    *("generator", "inverter", "framing", "dynamics", "carrier", "transport", "refine", "samples", "metric"),
    *("methods", "method", "space", "strength", "feather", "gate", "scan", "quick"),
}
"""Every option that the file of a folder may set. Add one only if no value of it can run code, name a file, overwrite,
reach the network or be handed on as it is."""


def test_what_the_file_of_a_folder_may_set():
    program = Program(COMMANDS)
    found = program.option_names(None, plugins=False)
    assert {name for options in found.values() for name, free in options.items() if free} == FOR_A_FOLDER
    strict = {name for options in found.values() for name, free in options.items() if not free}
    assert not strict & FOR_A_FOLDER
    assert {"output", "force", "plugins_dir", "report", "weights", "encoder_opt", "offline", "quiet"} <= strict


@pytest.mark.parametrize("file", ["dynode.toml", "pyproject.toml"])
def test_a_folder_imports_no_code_unless_it_is_trusted(dynode, clean: Path, tmp_path: Path, file: str):
    marker = tmp_path / "imported"
    (clean / "mine").mkdir()
    (clean / "mine" / "marked.py").write_text(MARKED.format(marker=str(marker)))
    head = "[tool.dynode]\n" if file == "pyproject.toml" else ""
    (clean / file).write_text(f"{head}plugins_dir = 'mine'")
    outcome = dynode("plugins", "list")
    assert outcome.code == 2 and not marker.exists()
    assert f"{file}" in outcome.err and "'plugins_dir'" in outcome.err and "dynode trust add" in outcome.err
    assert dynode("trust", "add").code == 0
    assert not marker.exists()
    outcome = dynode("plugins", "list")
    assert outcome.code == 0 and marker.exists()
    assert outcome.err.startswith(f"settings of this folder: {file}")


@pytest.mark.parametrize("key", ["output", "force", "report", "encoder-opt", "out_dir", "weights"])
def test_a_folder_chooses_no_output(dynode, clean: Path, key: str):
    (clean / "dynode.toml").write_text(f"[interpolate]\n{key} = 'x'" if key != "report" else "report = 'x'")
    outcome = dynode("interpolate", "clip.mp4")
    assert outcome.code == 2 and "dynode.toml is not trusted and sets '" in outcome.err
    assert key.replace("-", "_") in outcome.err


def test_a_change_of_its_words_ends_the_trust(dynode, clean: Path):
    file = clean / "dynode.toml"
    file.write_text("force = true")
    assert dynode("trust", "add").err == "force = true\n"
    assert dynode("trust", "list").out.split() == ["folder", "state", str(clean), "trusted"]
    file.write_text("# a comment\nforce = true")
    assert dynode("doctor").code == 0
    file.write_text("force = true\nplugins_dir = 'x'")
    assert dynode("doctor").code == 2
    assert json.loads(dynode("trust", "list", "--json").out) == [{"folder": str(clean), "state": "changed since"}]
    file.unlink()
    assert "no settings file" in dynode("trust", "list").out
    assert dynode("trust", "remove").out == f"{clean}\n"
    assert dynode("trust", "list").err == "no folder is trusted\n"


def test_trust_commands_obey_no_folder(dynode, clean: Path):
    (clean / "dynode.toml").write_text("plugins_dir = 'mine'\ncolor = 'pink'")
    assert dynode("trust", "list").code == 0
    assert dynode("trust", "remove").code == 2
    assert dynode("trust", "add").code == 0


def test_nothing_to_trust(dynode, clean: Path):
    outcome = dynode("trust", "add")
    assert (outcome.code, outcome.err.splitlines()[0]) == (
        2,
        "error: .: there is no dynode.toml, and no pyproject.toml with [tool.dynode]",
    )


@pytest.mark.parametrize(
    ("folder", "told"),
    [("absent", "no such folder"), ("file", "is a file, not a folder"), ("bad", "bad/dynode.toml: ")],
)
def test_why_there_is_nothing_to_trust(dynode, clean: Path, folder: str, told: str):
    (clean / "file").touch()
    (clean / "bad").mkdir()
    (clean / "bad" / "dynode.toml").write_text("force = [")
    outcome = dynode("trust", "add", folder)
    assert outcome.code == 2 and told in outcome.err


def test_trust_of_a_folder_is_short_for_add(dynode, clean: Path):
    (clean / "dynode.toml").write_text("force = true")
    assert dynode("trust", ".").out == f"{clean}\n"
    assert dynode("trust", "list").out.split()[-1] == "trusted"
    assert "no such command 'absent'" in dynode("trust", "absent").err


def test_what_is_trusted_is_shown_as_plain_text(dynode, clean: Path):
    (clean / "dynode.toml").write_text('output = "\\u001b[2Jx"\n"\\u001b" = 1')
    assert dynode("trust", "add").err == 'output = "\\u001b[2Jx"\n"\\u001b" = 1\n'


def test_which_file_applies_is_said_once_and_not_with_q(dynode, clean: Path):
    (clean / "dynode.toml").write_text("fps = 30")
    outcome = dynode("plugins", "list", "--json")
    assert outcome.err.count("settings of this folder: dynode.toml\n") == 1
    json.loads(outcome.out)
    assert "settings" not in dynode("plugins", "list", "-q").err
    (clean / "dynode.toml").unlink()
    assert "settings" not in dynode("plugins", "list").err


@pytest.mark.parametrize(
    ("key", "free"),
    [
        ("number = 2.0", True),
        ("pair = [1, 2]", True),
        ("word = 'b'", True),
        ("stated = 'x'", True),
        ("text = 'x'", False),
        ("path = 'x'", False),
        ("unsafe = true", False),
    ],
)
def test_options_of_plugins_by_their_type(dynode, clean: Path, tmp_path: Path, monkeypatch, key: str, free: bool):
    (tmp_path / "wide").mkdir()
    (tmp_path / "wide" / "wide.py").write_text(OPTIONS)
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path / "wide"))
    (clean / "dynode.toml").write_text(f"[dynamics.wide]\n{key}")
    # What is asked for is not there: the settings are looked at before.
    command = ("interpolate", "none.mp4", "--dynamics", "wide")
    if not free:
        outcome = dynode(*command)
        assert outcome.code == 2
        name = key.split()[0]
        assert f"dynode.toml: [dynamics.wide] is not trusted and sets '{name}'" in outcome.err
        dynode("trust", "add")
    assert dynode(*command).code == 3


def test_a_settings_file_before_the_commands_name_counts(dynode, clean: Path):
    (clean / "given.toml").write_text("nonsense = 1")
    outcome = dynode("--config", "given.toml", "doctor")
    assert outcome.code == 2 and "given.toml: unknown key 'nonsense'" in outcome.err
