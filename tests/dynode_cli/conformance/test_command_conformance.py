"""The suite of commands: a good one passes, and each mutant is caught."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynode_cli.testing.conformance import CommandConformance, run_suite

GOOD = '''
from typing import Annotated

import typer

from dynode_cli import InputError, session_of

app = typer.Typer()


@app.command()
def count(ctx: typer.Context, text: Annotated[str, typer.Argument(help="What to look at.")]) -> None:
    """Count the letters of a text."""
    if chr(0) in text:
        raise InputError("the text has a zero byte", hint="leave it out")
    session = session_of(ctx)
    if session.json:
        session.console.print_json({"letters": len(text)})
    else:
        session.console.write(f"{len(text)} letters")
'''
MUTANTS = {
    "chatty": ("if session.json:", "print('counting')\n    if session.json:", "json_is_all_that_stdout_shows"),
    "not_a_number": ("len(text)})", "float('nan')})", "json_is_all_that_stdout_shows"),
    "speechless": ('    """Count the letters of a text."""\n', "", "has_help"),
    "untyped": ("raise InputError(", "raise KeyError(", "errors_are_typed"),
    "heavy": ("import typer\n\n", "import typer\nimport scipy\n\n", "help_is_quick"),
    "stateful": (
        "    session = session_of(ctx)",
        "    session = session_of(ctx)\n    app.runs = getattr(app, 'runs', 0) + 1\n    text += app.runs * '.'",
        "runs",
    ),
    "failing": ("    session = session_of(ctx)", "    raise InputError('no')", "runs"),
    "careless": (
        "@app.command()",
        "@app.command(context_settings={'ignore_unknown_options': True, 'allow_extra_args': True})",
        "unknown_options_are_refused",
    ),
}  # fmt: skip


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [name for name in sys.modules if name.startswith("command_under_test_")]:
        del sys.modules[name]


def complaints(modules: Path, name: str, source: str) -> dict[str, str]:
    (modules / f"command_under_test_{name}.py").write_text(source, encoding="utf-8")
    body = {"target": f"command_under_test_{name}:app", "arguments": ("four",)}
    suite = type("Subject", (CommandConformance,), body)
    return {finding.requirement: finding.reason for finding in run_suite(suite) if not finding.met}


def test_a_good_command_passes(modules: Path) -> None:
    assert complaints(modules, "good", GOOD) == {}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(modules: Path, name: str) -> None:
    old, new, requirement = MUTANTS[name]
    assert old in GOOD
    assert requirement in complaints(modules, name, GOOD.replace(old, new))
