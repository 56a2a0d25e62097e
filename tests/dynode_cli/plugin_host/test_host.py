from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from dynode_cli.cli.plugin_reports import listing
from dynode_cli.contracts import Context
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.discovery import installed
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import IMPLEMENTED
from dynode_cli.plugin_host.known import KNOWN, KnownPlugin
from dynode_cli.plugin_host.records import OptionTable

GOOD = """
from dynode_cli import Dynamics, hookimpl

class Good(Dynamics):
    def fit(self, times, codes, progress=None): ...

@hookimpl
def dynode_register_dynamics(register):
    register("good", Good, summary="works")
"""


def only_problem(host: Host) -> str:
    assert len(host.problems) == 1
    return str(host.problems[0])


def test_a_plugin_brings_what_it_registers(site):
    site.add("dynode-good", GOOD, name="good")
    host = site.host()
    (registration,) = host.registrations("dynamics")
    assert (registration.name, registration.summary, registration.plugin) == ("good", "works", "good")
    assert (registration.distribution, registration.version) == ("dynode-good", "1.0")
    assert host.registrations("generator") == []
    assert host.problems == []
    assert host.plugins[0].hooks == ("dynode_register_dynamics",)


BROKEN = {
    "import error": ("import no_such_module_anywhere", "cannot be imported: ModuleNotFoundError: No module named"),
    "syntax error": ("def (:", "cannot be imported: SyntaxError: "),
    "error at import": ("1 / 0", "cannot be imported: ZeroDivisionError"),
    "exit at import": ("raise SystemExit(3)", "cannot be imported: SystemExit"),
    "no hook": ("x = 1", "implements no hook; hooks: dynode_register_carriers"),
    "misspelt hook": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamic(register): ...",
        "there is no hook dynode_register_dynamic; did you mean dynode_register_dynamics?",
    ),
    "unmarked hook": ("def dynode_register_dynamics(register): ...", "is not marked with @hookimpl"),
    "wrong signature": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(registrar): ...",
        "registrar",
    ),
    "no parameter": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(): return 42",
        "dynode_register_dynamics does not take the parameter 'register'",
    ),
    "next API": ("dynode_api_version = 2\n" + GOOD, "made for version 2 of the plugin interface"),
    "API as text": ('dynode_api_version = "0.9"\n' + GOOD, "made for version 0.9 of the plugin interface"),
    "exception in a hook": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(register): {}['x']",
        "dynode_register_dynamics failed: KeyError: 'x'",
    ),
    "bad name": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(register): register('A b', 'a:B')",
        "registers a dynamics named 'A b'",
    ),
    "same name twice": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(register):\n"
        "    register('a', 'a:B')\n    register('a', 'a:C')",
        "registers dynamics 'a' twice",
    ),
    "bad target": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(register): register('a', 'a.B')",
        "write 'package.module:Class'",
    ),
    "instance as target": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_dynamics(register): register('a', 3)",
        "give a class or 'package.module:Class'",
    ),
    "no weights entry": (
        "from dynode_cli import hookimpl\n@hookimpl\ndef dynode_register_weights(register): register('url')",
        "give a WeightsEntry",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_plugin_is_named_with_its_reason_and_the_others_work(site, case):
    source, reason = BROKEN[case]
    site.add("dynode-broken", source)
    site.add("dynode-good", GOOD)
    host = site.host()
    assert reason in only_problem(host)
    assert only_problem(host).startswith("plugin 'dynode-broken' (dynode-broken): ")
    assert "\n" not in only_problem(host)
    assert host.names("dynamics") == ["good"]


def test_of_a_plugin_that_breaks_halfway_nothing_is_kept(site):
    site.add(
        "dynode-half", GOOD + "\n@hookimpl\ndef dynode_register_metrics(register):\n    raise ValueError('no')\n"
    )
    host = site.host()
    assert "dynode_register_metrics failed: ValueError: no" in only_problem(host)
    assert host.registrations() == []


def test_an_entry_point_may_name_an_object_with_hooks(site):
    source = """
        from dynode_cli import hookimpl

        class Hooks:
            @hookimpl
            def dynode_register_metrics(self, register):
                register("m", "a:B")

        hooks = Hooks()
        number = 3
    """
    module = site.add("dynode-object", source, target="dynode_object_hooks:hooks")
    assert site.host().names("metric") == ["m"]
    for wrong, reason in {"number": "int 3, which implements no hook", "Hooks": "the class Hooks"}.items():
        point = EntryPoint("wrong", f"{module}:{wrong}", "dynode")
        assert reason in only_problem(Host.from_environment({}, [point]))
    missing = EntryPoint("wrong", f"{module}:absent", "dynode")
    assert "cannot be imported: AttributeError" in only_problem(Host.from_environment({}, [missing]))


def test_two_plugins_with_one_name_are_reported_and_the_first_is_kept(site):
    site.add("dynode-zebra", GOOD)
    site.add("dynode-apple", GOOD)
    host = site.host()
    assert host.registration("dynamics", "good").distribution == "dynode-apple"
    reason = only_problem(host)
    assert "plugin 'dynode-zebra'" in reason
    assert "dynamics 'good' is already registered by plugin 'dynode-apple' (dynode-apple 1.0)" in reason


def test_first_party_wins_over_any_other(site):
    site.add("dynode-apple", GOOD)
    site.add("dynode-cli", GOOD, name="own")
    host = site.host()
    assert host.registration("dynamics", "good").plugin == "own"
    assert "plugin 'dynode-apple'" in only_problem(host)


def test_which_plugins_are_loaded(site):
    site.add("dynode-a", GOOD.replace("good", "a"), name="a")
    site.add("dynode-b", GOOD.replace("good", "b"), name="b")
    assert site.host().names("dynamics") == ["a", "b"]
    assert site.host(DYNODE_LOAD_PLUGINS="").names("dynamics") == []
    assert site.host(DYNODE_LOAD_PLUGINS=" b ").names("dynamics") == ["b"]
    assert site.host(DYNODE_LOAD_PLUGINS="a,dynode-b").names("dynamics") == ["a", "b"]
    host = site.host(DYNODE_DISABLE_PLUGINS="a")
    assert host.names("dynamics") == ["b"]
    assert [candidate.name for candidate in host.switched_off] == ["a"]
    assert site.host(DYNODE_DISABLE_PLUGINS="dynode_a_hooks").names("dynamics") == ["b"]
    assert site.host(DYNODE_LOAD_PLUGINS="a,b", DYNODE_DISABLE_PLUGINS="dynode-b").names("dynamics") == ["a"]


def test_a_plugin_that_is_switched_off_is_not_even_imported(site):
    module = site.add("dynode-bomb", "raise AssertionError('imported')")
    assert site.host(DYNODE_DISABLE_PLUGINS="dynode-bomb").problems == []
    assert module not in sys.modules


def test_asking_for_a_plugin_that_is_absent_is_a_problem(site):
    site.add("dynode-good", GOOD)
    reason = only_problem(site.host(DYNODE_LOAD_PLUGINS="dynode-goot"))
    assert "is not installed" in reason
    assert "did you mean 'dynode-good'?" in reason


def test_strict_turns_problems_into_an_error(site):
    site.add("dynode-broken", "import no_such_module_anywhere")
    site.host().require_sound_if_strict()
    site.host(DYNODE_STRICT_PLUGINS="0").require_sound_if_strict()
    with pytest.raises(PluginError, match=r"dynode-broken.*no_such_module_anywhere"):
        site.host(DYNODE_STRICT_PLUGINS="1").require_sound_if_strict()
    site.host(DYNODE_STRICT_PLUGINS="1", DYNODE_DISABLE_PLUGINS="dynode-broken").require_sound_if_strict()


def test_trace_tells_what_is_loaded_and_how_long_it_takes(site, capsys):
    site.add("dynode-good", GOOD)
    site.add("dynode-broken", "import no_such_module_anywhere")
    site.host(DYNODE_TRACE_PLUGINS="1")
    captured = capsys.readouterr()
    assert captured.out == ""
    broken, good = captured.err.splitlines()
    assert "dynode-broken: refused after" in broken
    assert "dynode-good: dynode_good_hooks loaded in" in good
    assert " ms (dynode_register_dynamics)" in good


def test_a_folder_of_single_file_plugins(site, tmp_path):
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "mine.py").write_text(GOOD.replace("good", "mine"))
    (folder / "by_name.py").write_text(
        GOOD.replace('register("good", Good', 'register("by-name", "dynode_local_by_name:Good"')
    )
    (folder / "bad.py").write_text("1 / 0")
    (folder / "_helper.py").write_text("1 / 0")
    host = site.host(DYNODE_PLUGINS_DIR=str(folder))
    assert host.names("dynamics") == ["by-name", "mine"]
    assert host.implementation("dynamics", "by-name").__name__ == "Good"
    assert only_problem(host).startswith("plugin 'bad': cannot be imported: ZeroDivisionError")


def test_a_plugins_folder_that_is_missing_is_a_problem(site, tmp_path):
    assert "is no folder" in only_problem(site.host(DYNODE_PLUGINS_DIR=str(tmp_path / "absent")))


OPTIONS = """
from dataclasses import dataclass
from dynode_cli import Dynamics, hookimpl, option

@dataclass(frozen=True)
class Options:
    tension: float = option(0.5, help="How tight.", minimum=0.0, maximum=1.0)

class Tight(Dynamics):
    Options = Options
    def fit(self, times, codes, progress=None): ...

class Stranger: ...

@hookimpl
def dynode_register_dynamics(register):
    register("tight", "dynode_tight_hooks:Tight")
    register("absent", "no_such_module_anywhere:X")
    register("gone", "dynode_tight_hooks:Gone")
    register("stranger", "dynode_tight_hooks:Stranger")
"""


def test_an_implementation_is_built_with_its_options(site):
    site.add("dynode-tight", OPTIONS)
    context = Context(seed=3)
    made = site.host().create("dynamics", "tight", {"tension": "0.25"}, context)
    assert type(made).__name__ == "Tight"
    assert made.options.tension == 0.25
    assert made.context == replace(context, name="tight")
    with pytest.raises(UsageError, match="dynamics 'tight' has no option 'tensoin'"):
        site.host().create("dynamics", "tight", {"tensoin": "0.25"}, context)
    with pytest.raises(UsageError, match="'2' is above 1"):
        site.host().create("dynamics", "tight", {"tension": "2"}, context)


def test_options_of_settings_files_come_under_those_that_are_given(site):
    site.add("dynode-tight", OPTIONS)
    plain = site.host()
    tables = [
        OptionTable("dynamics", "tight", {"tension": 0.1}, "weak.toml"),
        OptionTable("dynamics", "tight", {"tension": 0.2}, "strong.toml"),
        OptionTable("generator", "tight", {"tension": 9}, "weak.toml"),
    ]
    host = plain.with_options(tables)
    assert host.options_for("dynamics", "tight", {}) == {"tension": 0.2}
    assert host.options_for("dynamics", "tight", {"tension": "0.3"}) == {"tension": "0.3"}
    made = host.create("dynamics", "tight", {}, Context())
    assert made.options.tension == 0.2
    assert made.context.settings_of("dynamics", "tight") == {"tension": 0.2}
    assert plain.options_for("dynamics", "tight", {}) == {}
    assert host.check_options() == [
        "weak.toml: [generator.tight] is not used: there is no generator 'tight'; there are none"
    ]


def test_a_bad_value_in_any_file_names_that_file(site):
    site.add("dynode-tight", OPTIONS)
    tables = [
        OptionTable("dynamics", "tight", {"tension": 2}, "weak.toml"),
        OptionTable("dynamics", "tight", {"tension": 0.2}, "strong.toml"),
    ]
    with pytest.raises(UsageError, match=r"weak.toml: \[dynamics.tight\]: option 'tension' .* '2' is above 1"):
        site.host().with_options(tables).check_options()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent", "cannot be imported from no_such_module_anywhere:X: ModuleNotFoundError"),
        ("gone", "cannot be imported from dynode_tight_hooks:Gone: AttributeError"),
        ("stranger", "which is not a subclass of dynode_cli.Dynamics"),
    ],
)
def test_a_broken_implementation_names_plugin_and_reason(site, name, reason):
    site.add("dynode-tight", OPTIONS)
    with pytest.raises(PluginError) as caught:
        site.host().implementation("dynamics", name)
    assert reason in str(caught.value)
    assert "plugin 'dynode-tight' (dynode-tight 1.0)" in str(caught.value)
    assert caught.value.exit_code == 4


def test_an_unknown_name_gets_a_suggestion_and_the_known_names(site):
    site.add("dynode-tight", OPTIONS)
    site.add("dynode-broken", "import no_such_module_anywhere")
    with pytest.raises(PluginError, match="there is no dynamics 'tihgt'") as caught:
        site.host().implementation("dynamics", "tihgt")
    assert caught.value.hint is not None
    assert "did you mean 'tight'?" in caught.value.hint
    assert "absent, gone, stranger, tight" in caught.value.hint
    assert "1 problem(s) with plugins, see `dynode plugins list`" in caught.value.hint
    with pytest.raises(PluginError) as caught:
        site.host().implementation("generator", "tight")
    assert "there are none" in (caught.value.hint or "")


def test_a_known_plugin_that_is_absent_shows_how_to_install_it(site):
    flow = KnownPlugin("dynode-flow", "A flow", "pip install dynode-flow", [("inverter", "flow-net")])
    host = Host([], known=[flow])
    assert host.absent() == [flow]
    with pytest.raises(PluginError) as caught:
        host.implementation("inverter", "flow-net")
    assert caught.value.hint == "dynode-flow brings it: pip install dynode-flow"
    (item,) = listing(host)["not_installed"]
    assert item == {"distribution": "dynode-flow", "summary": "A flow", "install": "pip install dynode-flow"}
    site.add("dynode-flow", "import no_such_module_anywhere")
    broken = Host(installed(site.points()), known=[flow])
    assert broken.absent() == []


def test_the_first_party_plugins_are_found_through_their_entry_points():
    own = [p for p in importlib.metadata.entry_points(group="dynode") if p.dist and p.dist.name == "dynode-cli"]
    host = Host.from_environment({}, own)
    assert host.problems == []
    assert {plugin.name for plugin in host.plugins} == {point.name for point in own}
    assert "motion" in host.names("generator")
    for registration in host.registrations():
        if registration.kind in IMPLEMENTED:
            assert registration.summary, f"{registration.kind} {registration.name} says nothing about itself"


def test_finding_plugins_imports_nothing_heavy():
    code = (
        "import sys; from dynode_cli.plugin_host.host import load_host; load_host()\n"
        "heavy = {'torch', 'av', 'cv2', 'scipy', 'numpy', 'rich', 'typer'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("plugin", KNOWN, ids=lambda plugin: plugin.distribution)
def test_known_plugins_lie_where_their_install_line_says(plugin: KnownPlugin) -> None:
    root = Path(__file__).parents[3]
    words = plugin.install.split()
    assert words[:-1] == ["python", "-m", "pip", "install"]
    project = tomllib.loads((root / words[-1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == plugin.distribution
    package = next((root / words[-1]).rglob("hooks.py")).read_text(encoding="utf-8")
    assert all(f'"{name}"' in package for _, name in plugin.provides)
