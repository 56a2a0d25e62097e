"""``dynode weights``, with a plugin that registers one file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

DATA = b"weights" * 100
PLUGIN = """
from dynode_cli import WeightsEntry, hookimpl


@hookimpl
def dynode_register_weights(register):
    register(WeightsEntry("tiny", "MIT", {size}, "{sha256}", "file:{source}", "seven letters, many times"))
"""


@pytest.fixture
def source(clean: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = clean / "tiny.bin"
    file.write_bytes(DATA)
    folder = clean / "plugins"
    folder.mkdir()
    (folder / "tiny_plugin.py").write_text(
        PLUGIN.format(size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest(), source=file)
    )
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "tiny_plugin")
    return file


def test_from_list_to_verify(dynode, source: Path) -> None:
    listed = json.loads(dynode("weights", "list", "--json").out)
    assert [(entry["name"], entry["present"], entry["licence"]) for entry in listed] == [("tiny", False, "MIT")]
    assert "not fetched" in dynode("weights", "list").out
    pulled = dynode("weights", "pull", "tiny")
    assert pulled.code == 0
    assert "downloading weights 'tiny'" in pulled.err
    path = Path(pulled.out.strip())
    assert path.read_bytes() == DATA
    assert dynode("weights", "path", "tiny").out.strip() == str(path)
    assert "downloading" not in dynode("weights", "pull", "tiny").err
    assert json.loads(dynode("weights", "verify", "--json").out)[0]["intact"] is True
    path.write_bytes(b"x")
    broken = dynode("weights", "verify")
    assert broken.code == 4
    assert "damaged" in broken.out
    assert "is damaged: its sha256" in broken.err


def test_missing_unknown_and_offline_are_code_4(dynode, source: Path) -> None:
    for arguments, words in {
        ("verify", "tiny"): "not on this machine",
        ("pull", "tinny"): "did you mean 'tiny'?",
        ("path", "nothing"): "there are no weights called 'nothing'",
        ("pull", "tiny", "--offline"): "dynode is offline",
    }.items():
        outcome = dynode("weights", *arguments)
        assert outcome.code == 4
        assert words in outcome.err
    assert dynode("weights", "verify").code == 0


def test_add_takes_a_file_under_a_name(dynode, source: Path) -> None:
    assert dynode("weights", "add", str(source)).out.strip() == "tiny"
    other = source.with_name("Other One.pt")
    other.write_bytes(b"other")
    assert dynode("weights", "add", str(other)).out.strip() == "other-one"
    added = json.loads(dynode("weights", "add", str(other), "--name", "mine", "--json").out)
    assert (added["name"], added["present"], added["size"]) == ("mine", True, 5)
    names = [entry["name"] for entry in json.loads(dynode("weights", "list", "--json").out)]
    assert names == ["tiny", "mine", "other-one"]
    assert dynode("weights", "add", str(source.with_name("none.pt"))).code == 3
