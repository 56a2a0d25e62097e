"""Running a program in this process, as a user would run it in another one: output and home are its own.

The program itself, `dynode_cli.cli.main`, lies above this module: whoever runs it hands it in.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynode_cli.plugin_host.host import load_host

Main = Callable[[Sequence[str]], int]
"""A program: given the words after its name, it prints, and gives the exit code."""


@dataclass(frozen=True)
class Outcome:
    """What a run of the program gave."""

    code: int
    """Exit code."""
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What ``--json`` printed."""
        return json.loads(self.out)


def run_captured(main: Main, arguments: Sequence[object]) -> Outcome:
    """Run `main` with `arguments`; anything that is not a deliberate error is raised, as in a traceback."""
    out, err = _Stream(), _Stream()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Outcome(code, out.text(), err.text())


@contextmanager
def private_home(folder: Path) -> Iterator[Path]:
    """No ``DYNODE_`` variables but ``DYNODE_HOME``, which is `folder`; everything as before afterwards."""
    before = {name: value for name, value in os.environ.items() if name.startswith("DYNODE_")}
    for name in before:
        del os.environ[name]
    os.environ["DYNODE_HOME"] = str(folder)
    load_host.cache_clear()
    try:
        yield folder
    finally:
        for name in [name for name in os.environ if name.startswith("DYNODE_")]:
            del os.environ[name]
        os.environ.update(before)
        load_host.cache_clear()


class _Stream(io.TextIOWrapper):
    """Text that also takes bytes through ``buffer``, as the real stdout does."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", newline="", write_through=True)

    def text(self) -> str:
        """Everything written so far."""
        self.flush()
        return self._bytes.getvalue().decode("utf-8", errors="replace")
