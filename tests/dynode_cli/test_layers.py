"""The layers of dynode_cli, read from its imports: every arrow runs down, nothing runs in a circle.

What is above may import what is below, never the other way round. A module that breaks this is handed what it needs
(as an argument), or what it needs moves down to where both may reach it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Literal

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "dynode_cli"
PLUGINS = sorted(path.parent for path in (ROOT / "plugins").glob("dynode_*/hooks.py"))

LAYERS = {
    # folder or module of dynode_cli: which others it may import, for type checkers too
    "__main__": "cli idle_threads",
    "testing": "cli conformance synthetic plugin_host",
    "cli": "api verbs benchmark conformance scaffold settings pipeline media requests weights plugin_host trust console "
    "values options contracts suggestions other_words outside errors",
    "api": "benchmark verbs pipeline plugin_host console requests values contracts outside errors",
    "benchmark": "verbs pipeline synthetic media weights saving plugin_host machine requests values options contracts "
    "errors",
    "conformance": "synthetic plugin_host options contracts suggestions errors",
    "scaffold": "saving plugin_host errors",
    "settings": "plugin_host trust paths suggestions errors",
    "verbs": "pipeline directions weights media files saving plugin_host machine requests paths values contracts "
    "suggestions errors",
    "pipeline": "weights media files saving plugin_host machine requests allocator paths values options contracts "
    "outside errors version",
    "synthetic": "media",
    "directions": "files plugin_host values contracts suggestions errors",
    "weights": "saving plugin_host paths contracts suggestions errors",
    "media": "saving machine requests values contracts suggestions other_words errors",
    "files": "saving errors",
    "console": "progress requests values contracts errors",
    "requests": "plugin_host values options contracts suggestions other_words errors version",
    "plugin_host": "hookspecs trust options contracts suggestions other_words errors",
    "trust": "saving paths errors",
    "progress": "values contracts",
    "options": "contracts suggestions errors",
    "values": "errors",
    "hookspecs": "contracts",
    "contracts": "errors",
    "machine": "version",
    "saving": "errors",
    "allocator": "",
    "idle_threads": "",
    "paths": "",
    "outside": "errors",
    "suggestions": "",
    "other_words": "",
    "errors": "",
    "version": "",
}
BENCH = {
    "run": "parts telling measuring results",
    "parts": "problems measuring results",
    "telling": "results",
    "measuring": "results",
    "problems": "",
    "results": "",
}
"""The shelves of dynode_cli.benchmark, likewise."""
LIGHT = (
    "cli requests settings trust console progress scaffold plugin_host weights saving options values hookspecs contracts "
    "machine suggestions other_words paths outside errors"
)
"""What must import fast, because ``dynode --help`` does: contracts and the commands import torch in functions only."""
HEAVY = {"torch", "av", "cv2", "numpy", "safetensors", "scenedetect"}


@dataclass(frozen=True)
class Import:
    """A line that imports `target`, a module or (of another package) a dotted name."""

    source: str
    target: str
    place: str
    """Path and line."""
    when: Literal["at once", "in a call", "for types"]
    """For types: under ``TYPE_CHECKING``, so never when the program runs."""


@dataclass(frozen=True)
class Package:
    """The modules below a folder, by dotted name, and what they import."""

    name: str
    modules: Mapping[str, Path]
    imports: tuple[Import, ...]

    def part(self, module: str, within: str = "") -> str:
        """The folder or module directly in the package `within` (default: this one) that holds `module`; else empty."""
        inside = module.removeprefix(f"{within or self.name}.")
        return inside.split(".")[0] if inside != module else ""


def read_package(folder: Path) -> Package:
    """All imports of the package `folder`."""
    modules = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    imports = tuple(found for module in modules for found in _imports(module, modules, folder))
    return Package(folder.name, modules, imports)


def _imports(module: str, modules: Mapping[str, Path], folder: Path) -> Iterator[Import]:
    path = modules[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, when: Literal["at once", "in a call", "for types"]) -> Iterator[Import]:
        place = f"{path.relative_to(folder.parent)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (Import(module, name.name, place, when) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for name in node.names:
                full = f"{base}.{name.name}"
                # A name of the top-level package is counted as such: it may stand for any module.
                yield Import(module, full if full in modules or base == folder.name else base, place, when)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from visit(child, "for types")
            for child in node.orelse:
                yield from visit(child, when)
        else:
            function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, "in a call" if function and when == "at once" else when)

    return visit(ast.parse(path.read_text(encoding="utf-8")), "at once")


def upward(package: Package, layers: Mapping[str, str], within: str = "") -> Iterator[tuple[str, str]]:
    """Arrows that `layers` do not allow between the parts of `within`: ``"a -> b"``, and what to say of it."""
    for found in package.imports:
        source, target = package.part(found.source, within), package.part(found.target, within)
        if not source or not target or source == target or found.target == f"{package.name}.__version__":
            continue
        if source not in layers:
            yield f"{source} -> {target}", f"{found.place}: give '{source}' its place in the table of layers"
        elif target not in layers[source].split():
            yield (
                f"{source} -> {target}",
                f"{found.place}: {found.source} imports {found.target}, but '{source}' may import only "
                f"{layers[source] or 'nothing'}: hand it in, or move it to where both may reach it",
            )


def circles(package: Package, within: str | None = None) -> Iterator[str]:
    """Circles of imports that run in a program: of modules, or of the folders and modules directly in `within`."""
    lines: dict[tuple[str, str], str] = {}
    for found in package.imports:
        ends = (found.source, found.target)
        source, target = ends if within is None else (package.part(end, within) for end in ends)
        known = within is not None or found.target in package.modules
        if found.when != "for types" and known and source and target and source != target:
            lines.setdefault((source, target), f"{found.place} ({found.source} -> {found.target})")
    after: dict[str, list[str]] = {}
    for source, target in lines:
        after.setdefault(source, []).append(target)
    done: set[str] = set()
    for start in after:
        circle = _back_to(start, after, done)
        done.add(start)
        if circle:
            shown = "\n".join(f"    {lines[arrow]}" for arrow in pairwise(circle))
            yield f"a circle {' -> '.join(circle)}: cut one of these, or move what both need down\n{shown}"


def _back_to(start: str, after: Mapping[str, list[str]], without: set[str]) -> list[str]:
    """The shortest way from `start` to itself that avoids `without`; empty if there is none."""
    ways = [[start]]
    seen = set(without)
    for way in ways:
        for target in after.get(way[-1], ()):
            if target == start:
                return [*way, start]
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []


def heavy(package: Package, parts: str) -> Iterator[str]:
    """Ways on which importing a module of `parts` imports what is slow to import."""
    at_once: dict[str, list[Import]] = {}
    for found in package.imports:
        if found.when == "at once":
            at_once.setdefault(found.source, []).append(found)
    for module in package.modules:
        if package.part(module) not in parts.split():
            continue
        ways = [[module]]
        seen = {module}
        for way in ways:
            for found in at_once.get(way[-1], ()):
                if found.target.split(".")[0] in HEAVY:
                    yield f"{found.place}: {' -> '.join([*way, found.target])}: import it where it is used"
                # Importing a module imports the packages that hold it.
                pieces = found.target.split(".")
                for target in (".".join(pieces[:n]) for n in range(1, len(pieces) + 1)):
                    if target in package.modules and target not in seen:
                        seen.add(target)
                        ways.append([*way, target])


@pytest.fixture(scope="module")
def product() -> Package:
    return read_package(PRODUCT)


def told(problems: Iterator[str]) -> str:
    return "\n".join(dict.fromkeys(problems))


def test_the_table_of_layers_runs_down() -> None:
    for table in (LAYERS, BENCH):
        order = list(table)
        for part, allowed in table.items():
            assert set(allowed.split()) <= set(order[order.index(part) + 1 :]), f"'{part}' points up, or to nothing"


def test_every_arrow_runs_down(product: Package) -> None:
    assert not (lines := told(line for _, line in upward(product, LAYERS))), lines


def test_the_parts_of_the_bench_know_nothing_of_how_they_are_told(product: Package) -> None:
    assert not (lines := told(line for _, line in upward(product, BENCH, "dynode_cli.benchmark"))), lines


@pytest.mark.parametrize("folder", [PRODUCT, *PLUGINS], ids=lambda folder: folder.name)
def test_nothing_runs_in_a_circle(folder: Path) -> None:
    package = read_package(folder)
    packages = [name for name, path in package.modules.items() if path.name == "__init__.py"]
    found = chain(circles(package), *(circles(package, name) for name in packages))
    assert not (lines := told(found)), lines


def test_help_imports_nothing_slow(product: Package) -> None:
    assert not (lines := told(heavy(product, LIGHT))), lines


@pytest.mark.parametrize("folder", [PRODUCT, *PLUGINS], ids=lambda folder: folder.name)
def test_nothing_imports_what_it_must_not(folder: Path) -> None:
    """torchvision is no dependency; a plugin is found by its entry point; what tests need is no part of the product."""
    ours = {folder.name, "dynode_cli"} | ({path.name for path in PLUGINS} if folder != PRODUCT else set())
    for found in read_package(folder).imports:
        top = found.target.split(".")[0]
        assert top != "torchvision", f"{found.place}: torchvision is no dependency; write what is needed with torch"
        assert not top.startswith("dynode_") or top in ours, f"{found.place}: dynode_cli must not know {top}"
        if folder == PRODUCT:
            inside = found.source.startswith("dynode_cli.testing")
            assert inside or not found.target.startswith("dynode_cli.testing"), (
                f"{found.place}: {found.source} imports {found.target}, which is for tests of plugins only"
            )
        else:
            assert top != "dynode_cli" or found.target == top, (
                f"{found.place}: a plugin imports what dynode_cli exports, not {found.target}"
            )


@pytest.fixture
def made(tmp_path: Path) -> Package:
    """A package with each fault once."""
    sources = {
        "__init__": "",
        "top/__init__": "",
        "top/a": "from made.base import low\nimport made.top.b",
        "top/b": "def later():\n    from made.top import a",
        "base/__init__": "import torch.nn",
        "base/low": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..top.a import A\n    import numpy",
        "base/side": "from made import public",
    }
    for name, source in sources.items():
        path = tmp_path / "made" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return read_package(tmp_path / "made")


def test_an_arrow_upwards_is_found(made: Package) -> None:
    found = dict(upward(made, {"top": "base", "base": ""}))
    assert set(found) == {"base -> top", "base -> public"}
    assert found["base -> top"].startswith("made/base/low.py:3: made.base.low imports made.top.a, but 'base' may")
    assert found["base -> public"].startswith("made/base/side.py:1: made.base.side imports made.public")
    assert [line for _, line in upward(made, {"base": "top public"})] == [
        "made/top/a.py:1: give 'top' its place in the table of layers"
    ]
    assert [arrow for arrow, _ in upward(made, {"a": "", "b": "a"}, "made.top")] == ["a -> b"]


def test_circles_are_found_but_not_those_for_types(made: Package) -> None:
    (files,) = circles(made)
    assert files.startswith("a circle made.top.a -> made.top.b -> made.top.a: cut one")
    assert "made/top/a.py:2" in files and "made/top/b.py:2" in files
    assert [circle.split(":")[0] for circle in circles(made, "made.top")] == ["a circle a -> b -> a"]
    assert not list(circles(made, "made"))


def test_slow_imports_are_found_through_the_package_of_a_module(made: Package) -> None:
    assert list(heavy(made, "top")) == [
        "made/base/__init__.py:1: made.top.a -> made.base -> torch.nn: import it where it is used"
    ]
