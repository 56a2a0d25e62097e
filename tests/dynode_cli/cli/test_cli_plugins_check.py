"""`dynode plugins check|install|uninstall`, and whose defect a traceback shows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dynode_cli import DynodeError
from dynode_cli.plugin_host import pip

PLUGIN = """
from dynode_cli import hookimpl
from dynode_cli.conformance import fakes


class Late(fakes.FakeTrajectory):
    def evaluate(self, t):
        return super().evaluate(t + 0.04)


class LateDynamics(fakes.FakeDynamics):
    def fit(self, times, codes, progress=fakes.silent):
        super().fit(times, codes, progress)
        return Late(times, codes)


class Broken(fakes.FakeDynamics):
    def fit(self, times, codes, progress=fakes.silent):
        return {}["nothing"]


@hookimpl
def dynode_register_dynamics(register):
    register("late", LateDynamics)
    register("on-time", fakes.FakeDynamics)
    register("broken", Broken)


@hookimpl
def dynode_register_inverters(register):
    register("fake", fakes.FakeInverter)


@hookimpl
def dynode_register_generators(register):
    register("fake", fakes.FakeGenerator)


@hookimpl
def dynode_register_framings(register):
    register("fake", fakes.FakeFraming)
"""


@pytest.fixture
def local(clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "local.py").write_text(PLUGIN, encoding="utf-8")
    (folder / "bad.py").write_text("import no_such_module_anywhere", encoding="utf-8")
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    return folder


def test_a_sound_plugin_passes(local, dynode) -> None:
    outcome = dynode("plugins", "check", "on-time", "--json")
    assert outcome.code == 0, outcome.err
    result = json.loads(outcome.out)
    assert result["failed"] == 0 and result["checked"] > 20
    assert {finding["what"] for finding in result["results"]} == {"dynamics on-time"}


def test_an_unsound_one_does_not(local, dynode) -> None:
    outcome = dynode("plugins", "check", "late")
    assert outcome.code == 8
    assert "NO  dynamics late: observed codes are met\n    the curve at the observed times differs by" in outcome.out
    assert "requirements are not met by 'late'" in outcome.err


def test_everything_of_a_kind_with_an_option(local, dynode) -> None:
    outcome = dynode("plugins", "check", "fake", "--kind", "framing", "-O", "share=0.7", "--json")
    assert outcome.code == 0, outcome.out
    outcome = dynode("plugins", "check", "fake", "--kind", "framing", "-O", "share=7")
    assert outcome.code == 2 and "share" in outcome.err


def test_an_inverter_is_checked_with_its_generator(local, dynode) -> None:
    outcome = dynode("plugins", "check", "fake", "--kind", "inverter", "--json")
    assert outcome.code == 0, outcome.out
    outcome = dynode("plugins", "check", "flow", "--json")
    assert outcome.code == 0, outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("on-tim",), 4, "did you mean 'on-time'"),
        (("bad",), 4, "no_such_module_anywhere"),
        (("fake", "--kind", "weights"), 2, "there is no suite for the kind 'weights'"),
        (("fake", "--kind", "generator", "--weights", "missing.pt"), 3, "missing.pt"),
    ],
)
def test_what_cannot_be_checked(local, dynode, arguments, code, words) -> None:
    outcome = dynode("plugins", "check", *arguments)
    assert outcome.code == code, outcome.err
    assert words in outcome.err


def test_a_traceback_names_the_plugin(local, dynode, tmp_path, dynode_moving_clip) -> None:
    with pytest.raises(KeyError) as caught:
        dynode("interpolate", str(dynode_moving_clip.path), "-g", "fake", "-d", "broken", "-o", "out.mp4")
    note = caught.value.__notes__[-1]
    assert note.startswith("raised in plugin 'local'") and "DYNODE_DISABLE_PLUGINS=local" in note
    assert not Path("out.mp4").exists()


def test_pip_is_shown_before_it_runs(dynode, monkeypatch) -> None:
    ran: list[list[str]] = []

    monkeypatch.setattr(pip, "run", lambda command, tell: ran.append(command))
    expected = [sys.executable, "-P", "-m", "pip", "install", "dynode-tight", "./dynode other"]
    outcome = dynode("plugins", "install", "dynode-tight", "./dynode other")
    assert outcome.code == 0, outcome.err
    assert outcome.out.strip() == pip.shown(expected) and "'./dynode other'" in outcome.out
    assert ran == [expected]
    outcome = dynode("plugins", "uninstall", "dynode-tight", "--json")
    assert json.loads(outcome.out) == {"command": ran[-1], "run": True}
    assert ran[-1] == [sys.executable, "-P", "-m", "pip", "uninstall", "--yes", "dynode-tight"]
    dynode("plugins", "install", "--upgrade", "dynode-tight", "--dry-run")
    assert len(ran) == 2


def test_pip_that_fails_is_said(tmp_path) -> None:
    said: list[str] = []
    with pytest.raises(DynodeError, match="exit code 3"):
        pip.run([sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], said.append)
    assert said == ["no such thing"]


def test_pip_leaves_dynode_alone(dynode, monkeypatch) -> None:
    outcome = dynode("plugins", "uninstall", "dynode_cli")
    assert outcome.code == 2 and "dynode itself" in outcome.err
    monkeypatch.setattr(pip.importlib.util, "find_spec", lambda name: None)
    outcome = dynode("plugins", "install", "dynode-tight")
    assert outcome.code == 4 and "there is no pip" in outcome.err
