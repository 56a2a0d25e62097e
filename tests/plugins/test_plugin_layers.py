"""The arrows between the folders of a plugin run one way, and of dynode a plugin sees its public names only.

Tests of a plugin may use more of dynode (`dynode_cli.conformance`, `.synthetic`, `.testing`); its own modules may not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dynode_cli

PLUGINS = Path(__file__).parents[2] / "plugins"
OURS = sorted(path.parent for path in PLUGINS.glob("dynode_*/hooks.py"))
EXAMPLES = sorted(path.parent for path in PLUGINS.glob("examples/*/src/*/hooks.py"))

SHELVES: dict[str, dict[str, set[str]]] = {
    "dynode_dynamics": {
        "curves": set(),
        "fields": {"curves"},
        "solving": {"fields", "curves"},
        "methods": {"solving", "fields", "curves"},
    },
    "dynode_faces": {
        "geometry": set(),
        "finding": {"geometry"},
        "framing": {"finding", "geometry"},
        "following": {"finding", "geometry"},
        "editing": {"following", "finding", "geometry"},
    },
    "dynode_stylegan": {
        "checkpoints": set(),
        "networks": {"checkpoints"},
        "layouts": {"networks", "checkpoints"},
        "generators": {"layouts", "networks", "checkpoints"},
        "inverters": {"generators", "networks", "checkpoints"},
    },
}
"""What each folder of a plugin may import of the others. Files beside the folders are no part of it: `hooks` lies above
them all, `weights` below."""


@cache
def imports_of(plugin: Path) -> dict[Path, list[str]]:
    """Full names of all that each file of `plugin` imports, wherever in the file."""
    return {
        path: list(_imports(ast.parse(path.read_text(encoding="utf-8")))) for path in sorted(plugin.rglob("*.py"))
    }


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports within a plugin are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(plugin: Path, name: str) -> Path | None:
    """The file of `plugin` that defines the imported `name`, if one does."""
    parts = name.split(".")
    if parts[0] != plugin.name:
        return None
    for end in (len(parts), len(parts) - 1):
        for file in (
            plugin.joinpath(*parts[1:end]).with_suffix(".py"),
            plugin.joinpath(*parts[1:end], "__init__.py"),
        ):
            if file.is_file():
                return file
    raise AssertionError(f"{name} is nowhere in {plugin}")


def folder(plugin: Path, file: Path) -> str:
    """The folder of `plugin` that `file` lies in; empty for one beside the folders."""
    parts = file.relative_to(plugin).parts
    return parts[0] if len(parts) > 1 else ""


@pytest.mark.parametrize("plugin", OURS, ids=lambda path: path.name)
def test_folders_import_only_what_lies_below(plugin: Path) -> None:
    allowed = SHELVES.get(plugin.name, {})
    assert {path.parent.name for path in plugin.glob("*/__init__.py")} == set(allowed)
    for file, names in imports_of(plugin).items():
        here = folder(plugin, file)
        for target in filter(None, (own(plugin, name) for name in names)):
            there = folder(plugin, target)
            if here and there and here != there:
                assert there in allowed[here], f"{file.relative_to(PLUGINS)} imports {target.relative_to(PLUGINS)}"
            assert target.name != "hooks.py", f"{file.relative_to(PLUGINS)} imports the hooks, which are on top"


@pytest.mark.parametrize("plugin", [*OURS, *EXAMPLES], ids=lambda path: path.name)
def test_no_files_import_each_other_in_a_circle(plugin: Path) -> None:
    found = {file: {own(plugin, name) for name in names} - {None, file} for file, names in imports_of(plugin).items()}
    TopologicalSorter(found).prepare()


@pytest.mark.parametrize("plugin", sorted(SHELVES))
def test_the_shelves_themselves_are_no_circle(plugin: str) -> None:
    TopologicalSorter(SHELVES[plugin]).prepare()


@pytest.mark.parametrize("plugin", [*OURS, *EXAMPLES], ids=lambda path: path.name)
def test_of_dynode_a_plugin_sees_public_names_only(plugin: Path) -> None:
    public = {f"dynode_cli.{name}" for name in dynode_cli.__all__}
    others = {path.name for path in [*OURS, *EXAMPLES]} - {plugin.name}
    for file, names in imports_of(plugin).items():
        for name in names:
            root = name.partition(".")[0]
            assert root != "dynode_cli" or name in public, f"{file.relative_to(PLUGINS)} imports {name}"
            assert root not in others, f"{file.relative_to(PLUGINS)} imports another plugin's {name}"
