"""What a command must do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from typer.main import get_command

from dynode_cli.conformance.checks import require
from dynode_cli.conformance.program import Outcome, private_home, run_captured
from dynode_cli.errors import DynodeError

NAME = "command-under-test"
_HOOKS = """
from dynode_cli import hookimpl

@hookimpl
def dynode_register_commands(register):
    register({name!r}, {target!r}, summary="Under test")
"""
_HEAVY = ("torch", "av", "cv2", "scipy")


class CommandSuite(ABC):
    """The suite of commands, without the program that they are a part of.

    Tests subclass :class:`dynode_cli.testing.conformance.CommandConformance`, which has it.
    """

    target: ClassVar[str]
    """``"package.module:app"``."""
    arguments: ClassVar[Sequence[str]] = ()
    """Of a quick run that succeeds in an empty folder; `prepare` can make files for it."""

    @abstractmethod
    def main(self, arguments: Sequence[str]) -> int:
        """Run ``dynode ARGUMENTS`` in this process, and give its exit code."""

    def prepare(self, folder: Path) -> None:  # noqa: B027  # most need nothing
        """Make the files that `arguments` name; `folder` is the working folder."""

    def run(self, *arguments: str) -> Outcome:
        """Run the command as a part of the real program, in a folder and a home of its own."""
        with _folder() as folder:
            self.prepare(folder)
            plugins = folder / ".plugins"
            plugins.mkdir()
            (plugins / "under_test.py").write_text(_HOOKS.format(name=NAME, target=self.target), encoding="utf-8")
            with private_home(folder / ".home"):
                os.environ["DYNODE_PLUGINS_DIR"] = str(plugins)
                os.environ["DYNODE_LOAD_PLUGINS"] = "under_test"
                return run_captured(self.main, (NAME, *arguments))

    def test_has_help(self) -> None:
        """``-h`` explains it and succeeds."""
        outcome = self.run("-h")
        require(outcome.code == 0, f"-h ends with exit code {outcome.code}: {outcome.err}")
        require("Usage" in outcome.out, "-h shows no usage")
        module, _, attribute = self.target.partition(":")
        explained = get_command(getattr(import_module(module), attribute)).help
        require(bool(explained), "-h does not say what the command does: give it a docstring")

    def test_runs(self) -> None:
        """With its arguments it succeeds, and gives the same twice."""
        first, second = self.run(*self.arguments), self.run(*self.arguments)
        require(first.code == 0, f"exit code {first.code}: {first.err}")
        require(first.out == second.out, "a second run prints something else")

    def test_json_is_all_that_stdout_shows(self) -> None:
        """Under ``--json`` stdout is one JSON value."""
        outcome = self.run(*self.arguments, "--json")
        require(outcome.code == 0, f"--json ends with exit code {outcome.code}: {outcome.err}")
        try:
            json.loads(outcome.out, parse_constant=_refuse)
        except ValueError as error:
            shown = outcome.out[:60]
            raise AssertionError(f"--json printed {shown!r}, which is not JSON ({error})") from error

    def test_unknown_options_are_refused(self) -> None:
        """With exit code 2."""
        outcome = self.run(*self.arguments, "--no-such-option")
        require(outcome.code == 2, f"an unknown option ends with exit code {outcome.code}, expected 2")

    def test_errors_are_typed(self) -> None:
        """Arguments that make no sense end with a documented exit code and a message, not with a traceback."""
        for arguments in ((), ("\x00",), ("no-such-file.mp4", "no-such-file.mp4", "no-such-file.mp4")):
            try:
                outcome = self.run(*arguments)
            except Exception as error:  # whatever it is, it is named
                raise AssertionError(
                    f"the arguments {arguments} end in a traceback: {type(error).__name__}: {error}"
                ) from error
            known = {0, 130} | {kind.exit_code for kind in _all_errors(DynodeError)}
            require(outcome.code in known, f"the arguments {arguments} end with exit code {outcome.code}")
            require(outcome.code == 0 or bool(outcome.err.strip()), f"the arguments {arguments} fail without a word")

    def test_help_is_quick(self) -> None:
        """To be imported it imports none of torch, av, cv2 and scipy: they belong inside the function."""
        module = self.target.partition(":")[0]
        script = f"import sys, {module}; print(*[name for name in {_HEAVY!r} if name in sys.modules])"
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        done = subprocess.run(
            [sys.executable, "-P", "-c", script], env=environment, capture_output=True, text=True, check=False
        )
        require(done.returncode == 0, f"{module} cannot be imported: {done.stderr[-300:]}")
        require(not done.stdout.strip(), f"importing {module} imports {done.stdout.strip()}")


@contextmanager
def _folder() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _all_errors(kind: type[DynodeError]) -> set[type[DynodeError]]:
    return {kind}.union(*(_all_errors(child) for child in kind.__subclasses__()))
