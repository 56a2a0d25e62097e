"""The names that plugins may import: loaded on first use, and known to type checkers."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import dynode_cli


def test_every_public_name_is_there() -> None:
    for name in dynode_cli.__all__:
        assert getattr(dynode_cli, name) is not None
    assert set(dynode_cli.__all__) == set(dir(dynode_cli))


def test_a_name_that_does_not_exist() -> None:
    try:
        dynode_cli.interpolat  # type: ignore[attr-defined]  # noqa: B018
    except AttributeError as error:
        assert "interpolat" in str(error)
    else:
        raise AssertionError("a missing name was found")


def test_the_stub_says_what_the_module_does() -> None:
    stub = ast.parse(Path(dynode_cli.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    stated = {
        alias.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert set(stated) == set(dynode_cli.__all__) - {"__version__"}
    for name, module in stated.items():
        assert module is not None
        assert getattr(import_module(module), name) is getattr(dynode_cli, name)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import dynode_cli, sys; print([m for m in ('torch', 'av', 'cv2', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
