"""``[KIND.NAME]`` of a settings file: read for every kind, and what is wrong in it is said before any work."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dynode_cli.plugin_host.kinds import KINDS

IMPLEMENTED = [kind for kind, row in KINDS.items() if row.contract is not None]
SIDE = """
from dataclasses import dataclass
from dynode_cli import hookimpl, option
from dynode_cli.conformance import fakes

@dataclass(frozen=True)
class Options:
    side: int = option(1, help="A side.", minimum=1, maximum=9)
    share: float = option(0.5, help="As of the fake framing.")

class Sided(fakes.Fake{name}):
    Options = Options

    def __init__(self, options, context):
        print("side", options.side)
        super().__init__(options, context)

@hookimpl
def {hook}(register):
    register("{registered}", {target}, summary="Says what side it is given")
"""


@pytest.fixture
def interpolate(clean, dynode, dynode_fakes, dynode_moving_clip):
    """Runs ``dynode interpolate`` with the fakes."""

    def run(*arguments: str):
        names = ("-g", "fake", "-d", "fake", "-o", "out.mp4", "--force")
        return dynode("interpolate", str(dynode_moving_clip.path), *names, *arguments)

    return run


def add_sided(kind: str, name: str = "sided", target: str = "Sided") -> None:
    """A plugin with an implementation of `kind` that prints its option ``side`` when it is built."""
    import os

    source = SIDE.format(name=kind.capitalize(), hook=KINDS[kind].hook, registered=name, target=target)
    (Path(os.environ["DYNODE_PLUGINS_DIR"]) / "sided.py").write_text(source, encoding="utf-8")


@pytest.mark.parametrize("kind", IMPLEMENTED)
def test_an_unknown_key_is_refused_before_any_work(interpolate, clean, kind):
    (clean / "dynode.toml").write_text(f"[{kind}.fake]\nnonsense = 1")
    outcome = interpolate()
    assert outcome.code == 2
    assert f"dynode.toml: [{kind}.fake]: {kind} 'fake' has no option 'nonsense'" in outcome.err
    assert not Path("out.mp4").exists()


@pytest.mark.parametrize("kind", IMPLEMENTED)
def test_an_option_of_any_kind_can_be_written_down(interpolate, clean, kind):
    add_sided(kind)
    (clean / "dynode.toml").write_text(f"[{kind}.sided]\nside = 4")
    assert interpolate().code == 0
    (clean / "dynode.toml").write_text(f"[{kind}.sided]\nsied = 4")
    outcome = interpolate()
    assert outcome.code == 2
    assert "has no option 'sied'" in outcome.err and "did you mean 'side'?" in outcome.err


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("generator", ("-g", "sided", "-i", "fake")),
        ("inverter", ("-i", "sided")),
        ("dynamics", ("-d", "sided")),
        ("framing", ("--framing", "sided")),
        ("estimator", ("-g", "motion", "-i", "flow", "-I", "estimator=sided")),
    ],
)
def test_it_is_what_the_implementation_is_built_with(interpolate, clean, kind, arguments):
    add_sided(kind)
    (clean / "dynode.toml").write_text(f"[{kind}.sided]\nside = 4")
    outcome = interpolate(*arguments)
    assert outcome.code == 0, outcome.err
    assert "side 4" in outcome.out


def test_an_option_on_the_command_line_wins(interpolate, clean):
    add_sided("dynamics")
    (clean / "dynode.toml").write_text("[dynamics.sided]\nside = 4")
    assert "side 6" in interpolate("-d", "sided", "-D", "side=6").out


def test_a_bad_value_names_the_file(interpolate, clean):
    add_sided("framing")
    (clean / "dynode.toml").write_text("[framing.sided]\nside = 40")
    outcome = interpolate()
    assert outcome.code == 2
    assert "dynode.toml: [framing.sided]: option 'side' of framing 'sided': '40' is above 9" in outcome.err


def test_a_table_of_a_name_that_no_plugin_brings_is_a_warning(interpolate, clean):
    (clean / "dynode.toml").write_text("[framing.fkae]\nshare = 0.5\n[dynamics.gone-today]\nx = 1")
    outcome = interpolate()
    assert outcome.code == 0, outcome.err
    assert "dynode.toml: [framing.fkae] is not used: there is no framing 'fkae'; did you mean 'fake'?" in outcome.err
    assert "[dynamics.gone-today] is not used" in outcome.err


def test_a_table_of_a_broken_plugin_is_a_warning(interpolate, clean):
    add_sided("metric", target='"no_such_module_anywhere:X"')
    (clean / "dynode.toml").write_text("[metric.sided]\nside = 4")
    outcome = interpolate()
    assert outcome.code == 0, outcome.err
    assert "[metric.sided] is not used: metric 'sided' of plugin 'sided' cannot be imported" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plugins", "list"),
        ("plugins", "info", "linear"),
        ("doctor",),
        ("weights", "list"),
        ("directions", "list"),
        ("directions", "show", "smile"),
        ("interpolate", "-h"),
    ],
)
def test_commands_that_run_no_method_do_not_look_into_them(dynode, dynode_fakes, clean, arguments):
    (clean / "dynode.toml").write_text("[metric.fake]\nnonsense = 1\n[metric.fkae]\nfoo = 3")
    outcome = dynode(*arguments)
    assert outcome.code == 0, outcome.err
    assert "nonsense" not in outcome.err and "fkae" not in outcome.err


def test_a_name_may_be_written_with_either_dash(interpolate, clean):
    add_sided("dynamics", name="two-sides")
    for written in ("two-sides", "two_sides"):
        (clean / "dynode.toml").write_text(f"[dynamics.{written}]\nside = 4")
        assert "side 4" in interpolate("-d", "two-sides").out


def test_only_what_a_table_names_is_imported(clean):
    (clean / "dynode.toml").write_text("[generator.motion]\nmask = 0.5")
    script = (
        "import sys; from dynode_cli.cli.session import Session; from dynode_cli import settings\n"
        "Session(settings=settings.load()).host\n"
        "print(*(name for name in ('dynode_motion.generator', 'dynode_stylegan.generators.stylegan2') "
        "if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["dynode_motion.generator"]


def test_json_says_it_too(interpolate, clean):
    (clean / "dynode.toml").write_text("[metric.fake]\nfoo = 3")
    error = json.loads(interpolate("--json").out)["error"]
    assert error["exit_code"] == 2 and "[metric.fake]" in error["message"]
