from __future__ import annotations

from pathlib import Path

from dynode_cli import paths
from dynode_cli.suggestions import closest, did_you_mean, hint


def test_dynode_home_moves_everything(monkeypatch, tmp_path):
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path))
    folders = [paths.config_dir(), paths.cache_dir(), paths.weights_dir(), paths.runs_dir()]
    assert folders == [tmp_path, tmp_path / "cache", tmp_path / "weights", tmp_path / "runs"]
    assert list(tmp_path.iterdir()) == [], "asking for a folder makes none"


def test_without_it_folders_are_the_platforms(monkeypatch):
    monkeypatch.setenv("DYNODE_HOME", "")
    assert paths.home() is None
    folders = [paths.config_dir(), paths.cache_dir(), paths.weights_dir(), paths.runs_dir()]
    assert len(set(folders)) == 4
    assert all("dynode" in folder.parts for folder in folders)


def test_a_home_below_the_users(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert paths.home({"DYNODE_HOME": "~/d"}) == Path("/home/ada/d")


def test_suggestions():
    known = ["interpolate", "eval", "plugins", "pix-fmt"]
    assert closest("interpolte", known) == ["interpolate"]
    assert closest("PIX_FMT", known) == ["pix-fmt"]
    assert closest("zzz", known) == []
    assert closest("fsp", ["fps", "gaps"]) == ["fps"], "letters that changed places"
    assert hint("evla", known) == "did you mean 'eval'? known: interpolate, eval, plugins, pix-fmt"
    assert hint("zzz", known, what="commands").startswith("commands: interpolate")
    assert did_you_mean("evla", known) == "did you mean 'eval'?"
    assert did_you_mean("zzz", known, what="keys") == "keys: interpolate, eval, plugins, pix-fmt"
    assert hint("x", []) == "there are none"
