"""The documentation says everything that there is to say, and what it says is so."""

from __future__ import annotations

import importlib.util
import inspect
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch

import dynode_cli
from dynode_cli import Codes, DynodeError, hookspecs, save_codes
from dynode_cli.plugin_host.kinds import IMPLEMENTED, KINDS
from dynode_cli.requests.base import fields_of
from dynode_cli.requests.codes import Invert
from dynode_cli.requests.edit import Edit
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.requests.machine import GLOBAL
from dynode_cli.synthetic.clips import moving_texture, write_clip
from dynode_cli.testing import conformance, plugin as pytest_plugin

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def text_of(path: str) -> str:
    return (DOCS / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def made(generator: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("COLUMNS", "100")
    return generator.pages()


def test_made_pages_are_up_to_date(made: dict[str, str]) -> None:
    stale = [path for path, text in made.items() if not (DOCS / path).is_file() or text_of(path) != text]
    assert stale == [], "run: python docs/generate.py"


def test_no_made_page_is_left_over(made: dict[str, str]) -> None:
    note = "Made by docs/generate.py"
    found = {str(path.relative_to(DOCS)) for path in PAGES if note in path.read_text(encoding="utf-8")}
    assert found == set(made)


def test_every_hook_has_a_page_with_its_signature() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for hook in (row.hook for row in KINDS.values()):
        register = inspect.signature(getattr(hookspecs, hook)).parameters["register"].annotation
        assert f"def {hook}(register: {register}) -> None" in text_of(f"hooks/{hook}.md")
        assert f"hooks/{hook}.md" in navigation


def test_every_public_name_is_in_the_reference_and_shared_arguments_once() -> None:
    page = text_of("reference/python.md")
    names = set(dynode_cli.__all__) - {"__version__"}
    assert [name for name in names if f"### {name}\n" not in page and f"| `{name}` |" not in page] == []
    assert [page.count(f"\n| `{name}` |") for name in ("device", "memory", "offline", "show")] == [1, 1, 1, 1]


def test_every_option_has_an_anchor_of_its_own() -> None:
    page = text_of("reference/cli.md")
    anchors = re.findall(r'<a id="([^"]+)" href="#([^"]+)">', page)
    assert all(anchor == target for anchor, target in anchors)
    assert len({anchor for anchor, _ in anchors}) == len(anchors)
    named = {anchor for anchor, _ in anchors}
    for request, command in ((Interpolate, "interpolate"), (Edit, "edit"), (Invert, "invert")):
        flags = {field.flag for field in fields_of(request) if field.flags and field.panel != GLOBAL}
        assert {f"{command}{flag}" for flag in flags} <= named
    assert {"global--json", "global--help", "plugins-new--kind"} <= named


def test_every_kind_is_in_the_tutorial_and_the_settings() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in text_of("plugins/tutorial.md")] == []
    assert [kind for kind in IMPLEMENTED if f"`{kind}`" not in text_of("reference/settings.md")] == []


def test_hooks_stand_under_one_entry() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (above,) = re.findall(r"^( +)- Hooks:$", navigation, re.MULTILINE)
    below = re.findall(r"^( +)- .*: hooks/", navigation, re.MULTILINE)
    assert len(below) > 10 and all(len(indent) > len(above) for indent in below)


def boost(page: str) -> float:
    """How far up a search shows a page."""
    found = re.match(r"---\nsearch:\n  boost: ([\d.]+)\n---\n", text_of(page))
    return float(found[1]) if found else 1


def test_a_search_shows_how_it_is_used_before_what_plugins_have() -> None:
    first, last = ("index.md", "coming-from.md"), ("reference/options.md", "reference/python.md", "hooks/index.md")
    assert min(map(boost, first)) > boost("reference/cli.md") > max(map(boost, last))


def test_the_first_page_shows_what_it_does() -> None:
    first = text_of("index.md").partition("## Install")[0]
    assert len(re.findall(r"!\[[^\]]+\]\(images/", first)) == 3
    assert [word for word in ("smoother", "slow motion", "any computer") if word not in first.lower()] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [str(path.relative_to(DOCS)) for path in PAGES if str(path.relative_to(DOCS)) not in navigation] == []


def test_the_settings_file_of_the_page_is_sound(dynode_run, dynode_moving_clip) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", text_of("reference/settings.md"), re.MULTILINE | re.DOTALL)
    Path("dynode.toml").write_text(example, encoding="utf-8")
    outcome = dynode_run("interpolate", dynode_moving_clip.path, "-o", "out.mp4")
    assert outcome.code == 0 and "warning" not in outcome.err, outcome.err


def every_error(kind: type[DynodeError] = DynodeError) -> set[type[DynodeError]]:
    own = [child for child in kind.__subclasses__() if child.__module__ == "dynode_cli.errors"]
    return {kind}.union(*(every_error(child) for child in own))


def test_every_exit_code_is_documented() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.*?) \|", text_of("reference/exit-codes.md"), re.MULTILINE))
    for error in every_error():
        assert f"`{error.__name__}`" in rows[str(error.exit_code)]
    assert set(rows) == {str(error.exit_code) for error in every_error()} | {"0", "130"}


def test_every_environment_variable_is_documented() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "dynode_cli").rglob("*.py"))
    used = set(re.findall(r"[\"'`](DYNODE_[A-Z_]+)[\"'`=]", source)) - {"DYNODE_"}
    documented = set(re.findall(r"^\| `(\w+)` \|", text_of("reference/settings.md"), re.MULTILINE))
    assert used <= documented
    assert documented - used <= {"NO_COLOR"}


def test_every_suite_and_fixture_is_documented() -> None:
    page = text_of("plugins/testing.md")
    suites = {name for name in vars(conformance) if name.endswith("Conformance")} - {"Conformance"}
    fixtures = {name for name in vars(pytest_plugin) if name.startswith("dynode_")}
    assert len(fixtures) > 10
    assert [name for name in suites | fixtures if f"`{name}`" not in page] == []


def commands() -> list[tuple[str, str]]:
    """(page, command) of every documented command in a ``sh`` block; those in ``bash`` blocks change the machine."""
    found: dict[str, str] = {}
    for page in PAGES:
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                command = " ".join(shlex.split(line, comments=True)) and line
                if command:
                    found.setdefault(command, str(page.relative_to(DOCS)))
    return [(page, command) for command, page in found.items()]


def test_commands_were_found() -> None:
    assert len(commands()) > 15
    assert {page for page, _ in commands()} >= {"index.md", "dynamics.md", "plugins/tutorial.md"}


@pytest.mark.parametrize(("page", "command"), commands(), ids=[command for _, command in commands()])
def test_a_documented_command_runs(page: str, command: str, dynode_run, tmp_path: Path) -> None:
    program, *arguments = shlex.split(command, comments=True)
    assert program == "dynode", f"{page}: only dynode is run; put other programs into a bash block"
    write_clip(tmp_path / "clip.mp4", moving_texture(8, size=(48, 64)))
    times = torch.arange(4, dtype=torch.float64) / 10
    save_codes(tmp_path / "codes.safetensors", Codes(torch.randn(4, 6, generator=torch.Generator()), times))
    outcome = dynode_run(*arguments)
    assert outcome.code == 0, f"{page}: {outcome.err}"


def test_every_command_in_bash_blocks_exists(dynode_run) -> None:
    for page in PAGES:
        for block in re.findall(r"^```bash\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words[:1] == ["dynode"]:
                    named = [word for word in words[1:3] if re.fullmatch(r"[a-z]+", word)]
                    assert dynode_run(*named, "-h").code == 0, f"{page}: {line}"
