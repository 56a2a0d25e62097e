"""Tests of plugins import from `dynode_cli.testing`: every public name of what was moved is there, and the same."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

import pytest

MOVED = {
    "conformance": "dynode_cli.conformance",
    "fakes": "dynode_cli.conformance.fakes",
    "clips": "dynode_cli.synthetic.clips",
    "memory_clip": "dynode_cli.synthetic.memory_clip",
    "synthetic": "dynode_cli.synthetic.awkward",
    "program": "dynode_cli.conformance.program",
}
OF_THE_PROGRAM = {"CommandSuite", "Main", "run_captured"}
"""What needs the program, which is handed in under another name."""


@pytest.mark.parametrize("old", MOVED)
def test_every_public_name_is_the_same(old: str) -> None:
    module, home = import_module(f"dynode_cli.testing.{old}"), import_module(MOVED[old])
    public = getattr(home, "__all__", None) or [name for name in _defined(home) if not name.startswith("_")]
    missing = [name for name in public if not hasattr(module, name) and name not in OF_THE_PROGRAM]
    assert missing == []
    assert all(getattr(module, name) is getattr(home, name) for name in public if hasattr(module, name))


def _defined(module: ModuleType) -> Iterator[str]:
    """Names that `module` gives to something itself."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
