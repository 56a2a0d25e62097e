"""`dynode plugins new`: every kind of package is found once it is installed, passes its own tests and works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dynode_cli import scaffold
from dynode_cli.plugin_host.kinds import KINDS

NAMES = {
    "generator": "my-generator",
    "inverter": "gradient",
    "estimator": "my-estimator",
    "dynamics": "my-dynamics",
    "framing": "middle",
    "direction": "my-direction",
    "carrier": "my-carrier",
    "metric": "edges",
    "command": "travel",
    "weights": "my-weights",
}
CHECK = """
import sys
from dynode_cli.cli import main
sys.exit(max(main(["plugins", "check", name]) for name in sys.argv[1:]))
"""


def install(package: Path, site: Path) -> None:
    """Put `package` into `site` as an installer does: its modules, and metadata with the entry points."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for source in (package / "src").iterdir():
        shutil.copytree(source, site / source.name)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
        f"License-Expression: {project['license']}\n",
        encoding="utf-8",
    )
    lines = [f"{name} = {module}" for name, module in project["entry-points"]["dynode"].items()]
    (info / "entry_points.txt").write_text("[dynode]\n" + "\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new package of every kind."""
    folder = tmp_path_factory.mktemp("packages")
    for kind, name in NAMES.items():
        scaffold.write_package(name, kind, folder)
    return folder


@pytest.fixture(scope="module")
def environment(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of a process in which all of them are installed."""
    site = tmp_path_factory.mktemp("site")
    for package in packages.iterdir():
        install(package, site)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DYNODE_")}
    home = str(tmp_path_factory.mktemp("home"))
    paths = os.pathsep.join([str(site), *filter(None, [kept.get("PYTHONPATH")])])
    return kept | {"PYTHONPATH": paths, "DYNODE_HOME": home, "PYTHONDONTWRITEBYTECODE": "1"}


def run(environment: dict[str, str], *arguments: object, cwd: Path) -> str:
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_kind_has_a_template() -> None:
    assert list(NAMES) == list(KINDS)


def test_they_are_listed(environment: dict[str, str], tmp_path: Path) -> None:
    listing = json.loads(run(environment, "-m", "dynode_cli", "plugins", "list", "--json", cwd=tmp_path))
    assert listing["problems"] == []
    found = {p["distribution"]: {(i["kind"], i["name"]) for i in p["provides"]} for p in listing["plugins"]}
    for kind, name in NAMES.items():
        assert (kind, name) in found[f"dynode-{name}"]
    licences = {p["licence"] for p in listing["plugins"] if p["distribution"] == "dynode-my-dynamics"}
    assert licences == {"MIT"}


def test_their_own_tests_pass_and_they_work_in_the_program(
    environment: dict[str, str], packages: Path, tmp_path: Path
) -> None:
    tests = [package / "tests" for package in sorted(packages.iterdir())]
    plugin = ["-p", "dynode_cli.testing.plugin", "-p", "no:cacheprovider"]
    arguments = ["-q", "-W", "error", "--import-mode=importlib", "--rootdir", packages, *plugin, *tests]
    alone = environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    output = run(alone, "-m", "pytest", *arguments, cwd=tmp_path)
    assert "failed" not in output and "skipped" not in output
    assert all("test_it_interpolates" in (t / "test_program.py").read_text() for t in tests if _interpolates(t))


def _interpolates(tests: Path) -> bool:
    names = {f"dynode-{NAMES[kind]}" for kind in ("generator", "inverter", "dynamics", "framing")}
    return tests.parent.name in names


def test_they_pass_the_check_of_what_is_installed(environment: dict[str, str], tmp_path: Path) -> None:
    names = [name for kind, name in NAMES.items() if KINDS[kind].suite is not None]
    assert "NO  " not in run(environment, "-c", CHECK, *names, cwd=tmp_path)


def test_what_is_written_is_typed_and_tidy(packages: Path) -> None:
    for path in sorted(packages.rglob("*")):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "$" not in text.replace("${{", ""), path
            assert not any(len(line) > 120 for line in text.splitlines()), path
            assert text.endswith("\n"), path


def test_names() -> None:
    called = scaffold.naming("my-dynamics", "dynamics")
    assert (called.distribution, called.package, called.class_name) == (
        "dynode-my-dynamics",
        "dynode_my_dynamics",
        "MyDynamics",
    )
    assert scaffold.naming("dynode-tight", "dynamics") == scaffold.naming("tight", "dynamics")
    assert scaffold.naming("tight", "dynamics").class_name == "TightDynamics"


def test_the_command_says_what_it_wrote(dynode, tmp_path: Path) -> None:
    outcome = dynode("plugins", "new", "tight", "--kind", "dynamics", "--json", "-o", str(tmp_path))
    assert outcome.code == 0, outcome.err
    written = json.loads(outcome.out)
    assert written["folder"] == str(tmp_path / "dynode-tight")
    assert all(Path(path).is_file() for path in written["files"])
    project = tomllib.loads((tmp_path / "dynode-tight" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["dynode"] == {"tight": "dynode_tight.hooks"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("Tight", "--kind", "dynamics"), 2, "lower case"),
        (("3d", "--kind", "dynamics"), 2, "a letter first"),
        (("tight", "--kind", "dynamo"), 2, "there is no template for the kind 'dynamo'"),
        (("tight",), 2, "--kind"),
        (("tight", "--kind", "metric", "-o", "nowhere"), 3, "no such folder"),
        (("full", "--kind", "metric"), 2, "already exists"),
    ],
)
def test_what_cannot_be(dynode, arguments: tuple[str, ...], code: int, words: str) -> None:
    Path("dynode-full").mkdir()
    Path("dynode-full/kept.txt").write_text("kept", encoding="utf-8")
    outcome = dynode("plugins", "new", *arguments)
    assert outcome.code == code, outcome.err
    assert words in outcome.err
    assert [path.name for path in Path().iterdir()] == ["dynode-full"]
