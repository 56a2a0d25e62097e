"""The first moments of the program, in processes of its own: where modules come from, and signals meanwhile."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import dynode_cli

TELLING = "from pathlib import Path\nPath({marker!r}).touch()\nraise ImportError('a module of the current folder')\n"


def started(cwd: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What ``python -m dynode_cli ARGUMENTS`` did; modules of `path` hide installed ones."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("DYNODE_")}
    entries = [str(path)] if path else []
    variables["PYTHONPATH"] = os.pathsep.join([*entries, *(entry for entry in sys.path if entry)])
    return subprocess.run(
        [sys.executable, "-m", "dynode_cli", *arguments],
        env={**variables, "DYNODE_HOME": str(cwd / "home")},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("module", ["cv2", "torch", "typer", "av"])
def test_no_module_of_the_current_folder_is_imported(tmp_path: Path, module: str) -> None:
    marker = tmp_path / "imported"
    (tmp_path / f"{module}.py").write_text(TELLING.format(marker=str(marker)))
    done = started(tmp_path, "plugins", "info", "motion")
    assert (done.returncode, done.stderr) == (0, "") and not marker.exists()


def test_no_plugin_of_the_current_folder_is_loaded(tmp_path: Path) -> None:
    marker = tmp_path / "imported"
    (tmp_path / "local_hooks.py").write_text(TELLING.format(marker=str(marker)))
    info = tmp_path / "dynode_local-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: dynode-local\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[dynode]\nlocal = local_hooks\n")
    done = started(tmp_path, "plugins", "list", "--json")
    assert done.returncode == 0 and "dynode-local" not in done.stdout and not marker.exists()


def test_child_processes_look_for_no_module_in_the_current_folder() -> None:
    found = []
    for path in Path(dynode_cli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.List) and node.elts and ast.unparse(node.elts[0]) == "sys.executable":
                found.append(f"{path.name}: {ast.unparse(node.elts[1])}")
    assert found and all(line.endswith(("'-P'", "'-I'")) for line in found), found


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "stopped by SIGTERM"), ("SIGHUP", 129, "stopped by SIGHUP")],
)
def test_a_signal_during_the_imports_ends_it_like_any_other(tmp_path: Path, name: str, code: int, words: str) -> None:
    """Also where what is imported swallows every exception."""
    (tmp_path / "typer.py").write_text(
        f"import os, signal\ntry:\n    os.kill(os.getpid(), signal.{name})\nexcept BaseException:\n    pass\n"
    )
    cwd = tmp_path / "work"
    cwd.mkdir()
    # Under nohup children would ignore it.
    before = signal.signal(signal.Signals[name], signal.SIG_DFL)
    try:
        done = started(cwd, "--version", path=tmp_path)
    finally:
        signal.signal(signal.Signals[name], before)
    assert (done.returncode, done.stderr) == (code, f"error: {words}\n")
