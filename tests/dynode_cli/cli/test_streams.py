"""Standard streams that are closed or full: the exit code tells, and no file is printed into."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dynode_cli.console import Console
from dynode_cli.errors import DeviceError, DynodeError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="redirections of a POSIX shell")


class Full(io.StringIO):
    """Refuses what is written to it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, text: str) -> int:
        raise OSError(self._number, os.strerror(self._number))


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a shell did with ``dynode LINE``."""
    command = f"{shlex.quote(sys.executable)} -m dynode_cli {line}"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("DYNODE_")}
    variables |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "DYNODE_HOME": str(cwd / "home")}
    return subprocess.run(command, shell=True, env=variables, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("--version >&-", 1, "error: the result cannot be written to standard output (Bad file descriptor)"),
        ("plugins list --json >&-", 1, "error: the result cannot be written to standard output"),
        (
            "plugins list --json >/dev/full",
            5,
            "error: the result cannot be written to standard output (No space left",
        ),
        ("plugins list >/dev/full", 5, "error: there is no space left"),
        ("--help >/dev/full", 5, "error: there is no space left"),
        ("probe none.mp4 --json >/dev/full", 3, "error: none.mp4: no such file"),
        ("probe none.mp4 --json >&-", 3, "error: none.mp4: no such file"),
        ("probe none.mp4 2>&-", 3, ""),
        ("probe none.mp4 2>/dev/full", 3, ""),
        ("probe none.mp4 <&- >&- 2>&-", 3, ""),
        ("plugins list -v 2>/dev/full", 0, ""),
        ("probe - <&-", 3, "standard input: starting\nerror: standard input: nothing came in"),
    ],
)
def test_the_exit_code_tells(tmp_path: Path, line: str, code: int, said: str) -> None:
    if "/dev/full" in line and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    done = shell(line, tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith(said) and "Traceback" not in done.stderr and "ignored" not in done.stderr


def test_no_file_gets_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    """What prints to a number, as native libraries do, must not print into a file."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os\nfrom dynode_cli.cli.streams import open_missing\nopen_missing()\n"
        "number = os.open('output', os.O_WRONLY | os.O_CREAT)\nos.write(2, b'talk')\nos._exit(number)\n"
    )
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} {script} <&- >&- 2>&-",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode > 2
    assert (tmp_path / "output").read_bytes() == b""


def test_talk_that_cannot_be_heard_stops_nothing() -> None:
    console = Console(err=Full(28))
    console.message("a")
    console.warn("b")
    console.error("c", hint="d")


@pytest.mark.parametrize(("number", "kind"), [(28, DeviceError), (9, DynodeError)])
def test_a_result_that_is_lost_is_an_error(number: int, kind: type[DynodeError]) -> None:
    console = Console(out=Full(number))
    with pytest.raises(kind, match="cannot be written to standard output") as caught:
        console.write("a")
    assert caught.value.exit_code == kind.exit_code
