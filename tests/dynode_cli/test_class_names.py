"""A name of a class says which one is meant: no two public classes of dynode_cli have the same."""

from __future__ import annotations

import ast
from pathlib import Path

import dynode_cli


def test_no_two_classes_have_one_name() -> None:
    root = Path(dynode_cli.__file__).parent
    homes: dict[str, list[str]] = {}
    for path in sorted(root.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(f"{path.relative_to(root)}:{node.lineno}")
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert not twice, "say in the names what each is"
