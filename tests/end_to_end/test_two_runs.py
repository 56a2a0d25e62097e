"""Two runs at once with one output: the second is refused. Runs are listed and removed; a killed one is cleaned up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.program import Dynode

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks")

FIRST = """
import sys
from dynode_cli.media.writing import sinks
from dynode_cli.cli import main
real = sinks.ContainerSink.write
def waiting(*arguments):
    real(*arguments)
    if not hasattr(sinks, "began"):
        sinks.began = True
        print("writing", flush=True)
        sys.stdin.readline()
sinks.ContainerSink.write = waiting
sys.exit(main(sys.argv[1:]))
"""


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".dynode-")]


def first_run(*arguments: object) -> subprocess.Popen[str]:
    """Another process that has written a frame, and waits for a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", FIRST, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "writing\n"
    return process


def test_the_second_run_with_one_output_is_refused(dynode: Dynode, carphone: Path, tmp_path: Path) -> None:
    arguments = ("interpolate", carphone, "--fps", "source", "--end", "6f", "-o", "out.mkv", "--codec", "ffv1")
    first = first_run(*arguments)
    for force in ([], ["--force"]):
        second = dynode(*arguments, *force)
        assert second.code == 2 and second.err.startswith("error: out.mkv: another run is writing it\n")
    first.communicate("go on\n")
    assert first.returncode == 0 and not hidden(tmp_path)
    again = dynode(*arguments)
    assert again.code == 2 and "already exists" in again.err


def test_what_a_killed_run_left_goes_with_the_next(dynode: Dynode, carphone: Path, tmp_path: Path) -> None:
    arguments = ("interpolate", carphone, "--fps", "source", "--end", "6f", "-o", "out.mkv", "--codec", "ffv1")
    first = first_run(*arguments)
    first.kill()
    first.communicate()
    assert len(hidden(tmp_path)) == 2 and not Path("out.mkv").exists()
    assert dynode(*arguments).code == 0
    assert not hidden(tmp_path) and Path("out.mkv").is_file()


def test_runs_are_listed_and_removed(dynode: Dynode, carphone: Path) -> None:
    assert dynode("runs", "list").err == "no runs here\n"
    for name in ("one.mkv", "two.mkv"):
        done = dynode("interpolate", carphone, "--fps", "source", "--end", "4f", "-o", name, "--runs-limit", "1MiB")
        assert done.code == 0
    listed = dynode("runs", "list", "--json").data
    assert [run["source"] for run in listed] == [str(carphone)] * 2
    assert {run["command"] for run in listed} == {"interpolate"} and not any(run["in_use"] for run in listed)
    assert "2 runs would be removed" in dynode("runs", "clean", "--dry-run").err
    assert len(dynode("runs", "clean", "--json").data["removed"]) == 2
    assert dynode("runs", "list", "--json").data == []
