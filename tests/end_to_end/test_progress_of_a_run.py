"""What is seen of a run while it works: its first line, its one bar, and nothing through it."""

from __future__ import annotations

import ast
import io
import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import dynode_cli
from dynode_cli.cli import main
from dynode_cli.pipeline import to_file
from dynode_cli.progress import Bar
from dynode_cli.synthetic.clips import moving_texture, write_clip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "in.mp4", list(moving_texture(12, size=(48, 64))))


def seen(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every line that stood on the terminal of a run, one after the other."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert main(arguments) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def test_a_run_has_one_bar_that_ends_full(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rich.live._RefreshThread.run", lambda thread: None)
    phases: set[str] = set()

    def drawn(bar: Bar) -> None:
        phases.add(re.sub(r" \d+%", "", bar.phase))
        bar._live.refresh()

    monkeypatch.setattr(Bar, "moved", drawn)
    lines = seen(["interpolate", str(clip), "--fps", "2x", "-o", "out.mp4", "--crf", "40"], monkeypatch)
    assert lines[0].startswith("out.mp4 ") and lines[0].endswith("starting")
    assert {"looking through", "finding motion", "making frames", "writing"} <= phases
    assert not [line for line in lines if "0/0" in line or "-:--" in line]
    bars = [line for line in lines if "━" in line]
    assert {line.split()[0] for line in bars} == {"out.mp4"}
    assert {int(found[1]) for line in bars if (found := re.search(r"/(\d+)", line))} == {24}
    assert "24 frames in" in bars[-1]
    assert lines.index(bars[-1]) == len(lines) - 2
    assert re.match(r"wrote out\.mp4: .*, 24 frames", lines[-1])


@pytest.mark.filterwarnings("default")
def test_nothing_is_printed_through_the_bar(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = to_file.VideoWriter

    def talking(*arguments: object, **options: object) -> object:
        logging.getLogger("dynode_cli.weights").warning(
            "downloading weights of a face detector, 300 kB, from far away"
        )
        warnings.warn("a plugin is not sure", UserWarning, stacklevel=1)
        print("a library prints", file=sys.stderr)
        return usual(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(to_file, "VideoWriter", talking)
    lines = seen(["interpolate", str(clip), "--fps", "2x", "-o", "out.mp4", "--crf", "40"], monkeypatch)
    for said in ("downloading weights of a face detector", "a plugin is not sure", "a library prints"):
        assert [line for line in lines if said in line and "━" not in line], said
    assert not [line for line in lines if "━" in line and not line.startswith("out.mp4 ")]


def test_the_table_of_a_dry_run_stands_where_the_bar_was(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = Terminal()
    monkeypatch.setattr(sys, "stdout", both)
    monkeypatch.setattr(sys, "stderr", both)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["interpolate", str(clip), "--fps", "25", "--dry-run"]) == 0
    shown, _, table = both.getvalue().rpartition("━")
    assert "nothing is added" in shown
    assert "source frames" in table and "source frames" not in shown


def test_a_run_that_fails_leaves_no_bar(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["interpolate", str(clip), "--start", "100s", "-o", "out.mp4"]) != 0
    shown, _, error = terminal.getvalue().rpartition("\x1b[2K")
    assert "━" in shown
    assert "━" not in error and "lies beyond the end" in error


FIRST = """
import sys

class Watched:
    encoding, errors, closed = "utf-8", "strict", False
    def write(self, text):
        if not hasattr(self, "first"):
            self.first = (text, sorted({{"torch", "av", "cv2", "numpy", "scipy"}} & set(sys.modules)))
    def flush(self): pass
    def isatty(self): return {terminal}
    def fileno(self): return 2

sys.stderr = Watched()
from dynode_cli.cli import main
code = main({words})
print([code, *sys.stderr.first])
"""


@pytest.mark.parametrize("terminal", [True, False])
def test_the_first_line_is_there_at_once(clip: Path, tmp_path: Path, terminal: bool) -> None:
    words = ["interpolate", str(clip), "-o", str(tmp_path / "out.mp4"), "--end", "3f", "--crf", "40"]
    run = subprocess.run(
        [sys.executable, "-c", FIRST.format(words=words, terminal=terminal)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm"},
    )
    code, text, slow = ast.literal_eval(run.stdout)
    assert code == 0
    assert "out.mp4" in text or terminal
    assert slow == []


NOTEBOOK = """
import json, sys, types, warnings
sys.modules["ipykernel"] = sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel")
shell = types.SimpleNamespace(config={"IPKernelApp": {}})
lines = []
page = types.ModuleType("IPython.display")
page.display = lambda data, raw, display_id: lines.append(data) or types.SimpleNamespace(
    update=lambda data, raw: lines.append(data))
python = types.ModuleType("IPython")
python.get_ipython, python.display, python.version_info = (lambda: shell), page, (8, 0)
sys.modules |= {"IPython": python, "IPython.display": page, "ipywidgets": None}
import dynode_cli
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    dynode_cli.interpolate(sys.argv[1], sys.argv[2], fps="2x", crf=40, show="auto")
print(json.dumps([[str(w.message) for w in caught], [line["text/plain"] for line in lines]]))
"""


def test_auto_in_a_notebook_is_a_bar_without_warnings_of_others(clip: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", NOTEBOOK, str(clip), str(tmp_path / "out.mp4")],
        capture_output=True,
        text=True,
        check=True,
    )
    caught, lines = json.loads(run.stdout)
    assert caught == []
    assert run.stderr == ""
    assert lines[0] == "out.mp4"
    assert re.fullmatch(r"out.mp4 ━{30} 24 frames in .*", lines[-1])


def test_auto_elsewhere_shows_nothing(clip: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    dynode_cli.interpolate(clip, tmp_path / "out.mp4", fps="2x", crf=40, show="auto")
    assert capfd.readouterr() == ("", "")


def test_show_is_auto_or_a_display(clip: Path) -> None:
    with pytest.raises(dynode_cli.UsageError, match="show=True: must be 'auto'"):
        dynode_cli.interpolate(clip, fps="2x", show=True)  # type: ignore[arg-type]


def test_a_display_of_ones_own_is_opened_once(clip: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    opened: list[str] = []

    @contextmanager
    def show(description: str, total: int) -> Iterator[dynode_cli.Progress]:
        opened.append(description)
        yield lambda done, total: told.append((done, total))

    dynode_cli.interpolate(clip, tmp_path / "out.mp4", fps="2x", crf=40, show=show)
    assert opened == ["out.mp4"]
    assert {total for _, total in told} == {0, 24}
    assert told[-1] == (24, 24)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
