"""What CONTRIBUTING says of an option and of a dynamics is enough: done to a copy of dynode, it works everywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.scaffold import write_package
from dynode_cli.synthetic.clips import moving_texture, write_clip

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```python\n# (\S+\.py), .*?\n(.*?)^```", CONTRIBUTING, re.MULTILINE | re.DOTALL))
"""The code that CONTRIBUTING shows, by the file that it belongs to."""


@dataclass
class Copy:
    """A copy of dynode that is changed, with a clip in a folder to work in."""

    root: Path
    work: Path

    def change(self, path: str, before: str, after: str) -> None:
        """Replace the only `before` in a file."""
        file = self.root / path
        source = file.read_text(encoding="utf-8")
        assert source.count(before) == 1, f"{path}: {before}"
        file.write_text(source.replace(before, after), encoding="utf-8")

    def run(self, *words: str) -> str:
        """What a Python process says that sees this dynode."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DYNODE_")}
        places = {
            "PYTHONPATH": os.pathsep.join([str(self.root), str(self.root / "plugins"), str(self.root / "docs")])
        }
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.work,
            env={**kept, **places, "DYNODE_HOME": str(self.work / "home"), "COLUMNS": "100"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answers(self, code: str) -> dict[str, Any]:
        """What `code` puts into the dict `said`; it sees `run`, which runs the program and gives its outcome."""
        whole = (
            "import json\nfrom dynode_cli.testing.program import run_program as run\n"
            f"said = {{}}\n{code}\nprint(json.dumps(said))"
        )
        return dict(json.loads(self.run("-c", whole)))


def one_line(text: str) -> str:
    """Without the lines that help wraps at."""
    return " ".join(text.split())


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    root, work = tmp_path / "dynode", tmp_path / "work"
    # The page on footage is made from what the tests try.
    for folder in ("dynode_cli", "tests", *(f"plugins/{path.name}" for path in (ROOT / "plugins").glob("dynode_*"))):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "generate.py", root / "docs")
    work.mkdir()
    write_clip(work / "clip.mp4", moving_texture(4, size=(32, 48)))
    return Copy(root, work)


def test_an_option_is_a_declaration_and_what_reads_it(copy: Copy) -> None:
    request, verb = "dynode_cli/requests/interpolate.py", "dynode_cli/verbs/interpolate.py"
    copy.change(request, "    loop: bool = option(", f"{BLOCKS[request]}    loop: bool = option(")
    copy.change(verb, "source, _label_of(prepared.plan)", f"source, {BLOCKS[verb].strip()}")

    said = copy.answers(
        """
import inspect, os, pathlib
import generate
from dynode_cli import Interpolate, UsageError, forecast, interpolate

def output(*words):
    return run("interpolate", "clip.mp4", "--dry-run", "--json", *words).data["output"]

said["help"] = run("interpolate", "--help").out
said["signature"] = str(inspect.signature(interpolate).parameters["label"])
said["documentation"] = inspect.getdoc(interpolate)
said["python"] = forecast("clip.mp4", label="python").output
said["command line"] = output("--label", "words")
os.environ["DYNODE_LABEL"] = "variable"
said["environment"] = output()
del os.environ["DYNODE_LABEL"]
pathlib.Path("dynode.toml").write_text('[interpolate]\\nlabel = "file"\\n')
said["settings"] = output("--config", "dynode.toml")
asked = Interpolate("clip.mp4", label="kept")
said["read back"] = Interpolate.from_json(asked.to_json()).label
try:
    Interpolate("clip.mp4", label=3)
except UsageError as error:
    said["refused"] = str(error)
pages = generate.pages()
said["commands"], said["reference"] = pages["reference/cli.md"], pages["reference/python.md"]
"""
    )

    told = "What an output without a name is called after."
    assert f"--label WORD {told}" in one_line(said["help"])
    assert said["signature"] == "label: 'str | None' = None" and f"label: {told}" in said["documentation"]
    ways = ("python", "command line", "environment", "settings")
    assert [said[way] for way in ways] == [f"clip-{word}.mp4" for word in ("python", "words", "variable", "file")]
    assert said["read back"] == "kept"
    assert said["refused"] == "--label 3: must be text"
    assert f"<code>--label WORD</code></a> | {told}" in said["commands"] and told in said["reference"]


def test_a_dynamics_is_a_class_and_a_line_that_registers_it(copy: Copy) -> None:
    hooks = "plugins/dynode_dynamics/hooks.py"
    package, _ = write_package("eased", "dynamics", copy.work)
    shutil.move(package / "src/dynode_eased/dynamics.py", copy.root / "plugins/dynode_dynamics/methods/eased.py")
    copy.change(hooks, "_DYNAMICS = (\n", f"_DYNAMICS = (\n{BLOCKS[hooks]}")

    said = copy.answers(
        """
import pathlib
import generate
from dynode_cli import interpolate

said["info"] = run("plugins", "info", "eased").out
done = interpolate("clip.mp4", "python.mp4", dynamics="eased", dynamics_options={"ease": 0.25})
said["python"] = done.fits[0].method, done.fits[0].details["ease"]
said["refused"] = run("interpolate", "clip.mp4", "-o", "no.mp4", "-d", "eased", "-D", "ease=2").err
pathlib.Path("dynode.toml").write_text("[dynamics.eased]\\nease = 0.75\\n")
said["settings"] = run("interpolate", "clip.mp4", "-o", "file.mp4", "-d", "eased", "--json").data["fits"]
said["options"] = generate.pages()["reference/options.md"]
"""
    )

    assert "eased lines between neighbours" in said["info"] and "ease" in said["info"]
    assert said["python"] == ["eased", 0.25]
    assert "option 'ease' of dynamics 'eased': '2' is above 1" in said["refused"]
    assert '"ease": 0.75' in json.dumps(said["settings"])
    assert "## dynamics eased\n\neased lines between neighbours." in said["options"]
    assert "| `ease` | float from 0 to 1; default 0.5 |" in said["options"]


def test_every_place_in_the_table_is_there() -> None:
    rows = re.findall(r"^\| (`.+?`) \|", CONTRIBUTING, re.MULTILINE)
    named = re.findall(r"`(.+?)`", " ".join(rows))
    assert len(named) > 10
    assert [path for path in named if not any((base / path).exists() for base in (ROOT, ROOT / "dynode_cli"))] == []
