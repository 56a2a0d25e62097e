from __future__ import annotations

import json

import pytest

LOCAL = '''
"""A plugin in one file."""
from dataclasses import dataclass

from dynode_cli import Dynamics, hookimpl, option


@dataclass(frozen=True)
class Options:
    tension: float = option(0.5, help="How tight the curve is.", unit="1/s", minimum=0.0, maximum=1.0)
    ends: str = option("free", help="What happens at the ends.", choices=("free", "held"))


class Tight(Dynamics):
    """A tight curve.

    Longer words about it.
    """

    Options = Options

    def fit(self, times, codes, progress=None): ...


@hookimpl
def dynode_register_dynamics(register):
    register("tight", Tight, summary="Tight curve")
'''


@pytest.fixture
def local(tmp_path, monkeypatch):
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "tight_plugin.py").write_text(LOCAL)
    (folder / "bad.py").write_text("import no_such_module_anywhere")
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(folder))
    return folder


def test_list_shows_what_can_be_used_and_what_is_broken(dynode, local):
    outcome = dynode("plugins", "list")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert "dynamics   tight" in outcome.out
    assert any("Tight curve" in line and "tight_plugin (single file)" in line for line in lines)
    assert any(line.startswith("generator  motion") and "motion (dynode-cli " in line for line in lines)
    (broken,) = [line for line in lines if line.startswith("broken: bad")]
    assert "ModuleNotFoundError: No module named 'no_such_module_anywhere'" in broken


def test_list_as_json(dynode, local, monkeypatch):
    monkeypatch.setenv("DYNODE_DISABLE_PLUGINS", "motion")
    listing = json.loads(dynode("plugins", "list", "--json", "--all").out)
    plugins = {plugin["name"]: plugin for plugin in listing["plugins"]}
    assert plugins["tight_plugin"]["hooks"] == ["dynode_register_dynamics"]
    assert plugins["tight_plugin"]["provides"] == [{"kind": "dynamics", "name": "tight", "summary": "Tight curve"}]
    assert plugins["dynamics"]["licence"] == "MIT"
    assert plugins["dynamics"]["distribution"] == "dynode-cli"
    assert [plugin["name"] for plugin in listing["switched_off"]] == ["motion"]
    assert [problem["plugin"] for problem in listing["problems"]] == ["bad"]
    assert json.loads(dynode("plugins", "list", "--json").out)["switched_off"] == []


def test_list_of_one_hook(dynode, local):
    listing = json.loads(dynode("plugins", "list", "--json", "--hook", "dynode_register_inverters").out)
    names = [plugin["name"] for plugin in listing["plugins"]]
    assert "motion" in names
    assert "dynamics" not in names
    assert {item["kind"] for plugin in listing["plugins"] for item in plugin["provides"]} == {"inverter"}
    outcome = dynode("plugins", "list", "--hook", "dynode_register_inverter")
    assert outcome.code == 2
    assert "did you mean 'dynode_register_inverters'" in outcome.err


def test_info_shows_options_with_types_units_and_defaults(dynode, local):
    outcome = dynode("plugins", "info", "tight")
    assert outcome.code == 0
    assert "dynamics tight: Tight curve" in outcome.out
    assert "A tight curve." in outcome.out
    assert "float from 0 to 1 1/s; default 0.5" in outcome.out
    assert "free or held; default free" in outcome.out
    assert "How tight the curve is." in outcome.out


def test_info_as_json(dynode, local):
    (item,) = json.loads(dynode("plugins", "info", "tight", "--json").out)["implementations"]
    tension, ends = item["options"]
    assert (tension["name"], tension["type"], tension["default"], tension["unit"]) == ("tension", "float", 0.5, "1/s")
    assert (tension["minimum"], tension["maximum"]) == (0.0, 1.0)
    assert ends["choices"] == ["free", "held"]
    assert item["documentation"].startswith("A tight curve.\n")


def test_info_of_a_plugin_lists_what_it_brings(dynode, local):
    outcome = dynode("plugins", "info", "tight_plugin")
    assert outcome.out.startswith("plugin tight_plugin (single file)")
    assert "  dynamics tight: Tight curve" in outcome.out


def test_info_of_every_first_party_implementation(dynode):
    listing = json.loads(dynode("plugins", "list", "--json").out)
    for plugin in listing["plugins"]:
        for item in plugin["provides"]:
            found = json.loads(dynode("plugins", "info", item["name"], "--json").out)["implementations"]
            (described,) = [each for each in found if each["kind"] == item["kind"]]
            assert described["documentation"] or item["kind"] in ("command", "weights")
            for option in described["options"] or ():
                assert option["help"], f"option {option['name']} of {item['name']} is undocumented"


def test_info_of_something_unknown_or_broken(dynode, local):
    outcome = dynode("plugins", "info", "tihgt")
    assert outcome.code == 4
    assert "did you mean 'tight'?" in outcome.err
    assert "plugin 'bad': cannot be imported" in dynode("plugins", "info", "bad").err


def test_options_in_a_settings_file_are_checked_with_its_name(dynode, local, clean):
    from dynode_cli import settings
    from dynode_cli.cli.session import Session
    from dynode_cli.errors import UsageError

    (clean / "dynode.toml").write_text("[dynamics.tight]\ntension = 0.25\nends = 'held'")
    session = Session(settings=settings.load())
    merged = session.plugin_options("dynamics", "tight", ["tension=0.75"])
    assert merged == {"tension": "0.75", "ends": "held"}
    (clean / "dynode.toml").write_text("[dynamics.tight]\ntensoin = 0.25")
    session = Session(settings=settings.load())
    with pytest.raises(
        UsageError, match=r"dynode.toml: \[dynamics.tight\]: dynamics 'tight' has no option 'tensoin'"
    ):
        session.plugin_options("dynamics", "tight")


def test_what_plugins_bring_nothing(dynode, monkeypatch):
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")
    outcome = dynode("plugins", "list")
    assert outcome.code == 0 and all(line.startswith("not installed: ") for line in outcome.out.splitlines())
    assert outcome.err == "no plugin brings anything here\n"
    assert "dynode-rife" in outcome.out
    of_dynamics = dynode("plugins", "list", "--hook", "dynode_register_dynamics")
    assert of_dynamics.out == ""
    assert dynode("plugins", "list", "-q").err == ""
