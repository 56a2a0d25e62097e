"""Layers of media: what may import what, read from the sources."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dynode_cli

ROOT = Path(dynode_cli.__file__).parent
MEDIA = "dynode_cli.media."

BESIDE = {
    "chroma": set[str](),
    "pixels": set[str](),
    "colour_names": set[str](),
    "rates": set[str](),
    "rotation": set[str](),
    "containers": set[str](),
    "spatial": set[str](),
    "colour": {"chroma", "colour_names", "pixels"},
    "alpha": {"pixels"},
    "facts": {"colour", "colour_names", "spatial"},
    "repeat_count": {"containers"},
    "ffmpeg": {"containers"},
}
"""The files beside the folders, and what each may import of media."""
ALLOWED = BESIDE | {
    "looking": set[str](),
    "reading": {*BESIDE, "looking"},
    "carried": {*BESIDE, "reading"},
    "writing": {*BESIDE, "reading", "carried"},
}
BELOW = {"other_words", "outside", "saving", "contracts", "errors", "machine", "requests", "suggestions", "values"}
"""What media may import of the rest of dynode."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted((ROOT / "media").rglob("*.py"))}


def imports(module: str) -> set[str]:
    """Modules of dynode that `module` imports, be it at the top, in a function or for types alone."""
    found = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module is not None, f"{module} imports by a relative name"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in FILES else node.module for name in whole}
    return {name for name in found if name.split(".")[0] == "dynode_cli"}


def group(module: str) -> str:
    return module.removeprefix(MEDIA).split(".")[0]


@pytest.mark.parametrize("module", [name for name in FILES if name.startswith(MEDIA)])
def test_imports_run_down(module: str) -> None:
    inside = {group(name) for name in imports(module) if name.startswith(MEDIA)}
    assert inside <= ALLOWED[group(module)] | {group(module)}
    outside = {name.split(".")[1] for name in imports(module) if not name.startswith(MEDIA)}
    assert outside <= BELOW


def test_no_file_imports_itself_through_others() -> None:
    # It raises if there is a circle, and names it.
    TopologicalSorter({module: imports(module) & set(FILES) for module in FILES}).prepare()


def test_the_layers_are_those_that_there_are() -> None:
    assert set(ALLOWED) == {group(name) for name in FILES if name.startswith(MEDIA)}
    # Those that may be imported come first, so that the order of the table is that of the layers.
    order = list(ALLOWED)
    assert all(order.index(below) < order.index(name) for name, allowed in ALLOWED.items() for below in allowed)
