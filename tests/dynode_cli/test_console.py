from __future__ import annotations

import io
import json
import re
import sys
import time
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dynode_cli import console as console_module
from dynode_cli.console import Console, show_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make(verbosity=0, color="auto", terminal=False):
    stream = Terminal if terminal else io.StringIO
    out, err = stream(), stream()
    return Console(verbosity=verbosity, color=color, out=out, err=err), out, err


@pytest.fixture(autouse=True)
def colour_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_data_goes_to_stdout_and_talk_to_stderr():
    console, out, err = make(verbosity=1)
    console.write("data")
    console.message("message")
    console.detail("detail")
    console.warn("careful")
    console.error("broken", hint="mend it")
    assert out.getvalue() == "data\n"
    assert err.getvalue() == "message\ndetail\nwarning: careful\nerror: broken\nhint: mend it\n"


def test_quiet_keeps_warnings_and_errors():
    console, out, err = make(verbosity=-1)
    console.message("message")
    console.detail("detail")
    console.warn("careful")
    console.write("data")
    with console.progress("working", 10) as progress:
        progress(10, 10)
    assert out.getvalue() == "data\n"
    assert err.getvalue() == "warning: careful\n"


def test_details_are_for_those_who_ask():
    console, _, err = make()
    console.detail("detail")
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    ("color", "terminal", "no_color", "expected"),
    [
        ("auto", True, "", True),
        ("auto", False, "", False),
        ("auto", True, "1", False),
        ("always", False, "1", True),
        ("never", True, "", False),
    ],
)
def test_colour(monkeypatch, color, terminal, no_color, expected):
    monkeypatch.setenv("NO_COLOR", no_color)
    console, out, err = make(color=color, terminal=terminal)
    console.error("broken")
    console.table(["a"], [["b"]])
    assert ("\x1b[" in err.getvalue()) is expected
    assert ("\x1b[" in out.getvalue()) is expected


def test_a_dumb_terminal_gets_no_colour(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console, _, err = make(terminal=True)
    console.error("broken")
    assert err.getvalue() == "error: broken\n"


def test_tables_in_a_pipe_are_aligned_and_never_cut():
    console, out, _ = make()
    long = "x" * 500
    console.table(["name", "what"], [["a", long], ["longer", "[bold]not markup[/bold]"], ["none", None]])
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["name", "what"]
    assert lines[1] == f"a       {long}"
    assert lines[2] == "longer  [bold]not markup[/bold]"
    assert lines[3] == "none"


def test_json_takes_what_json_has_no_type_for():
    console, out, _ = make()
    console.print_json({"rate": Fraction(24000, 1001), "path": Path("a"), "set": {"b", "a"}, "text": "é"})
    assert json.loads(out.getvalue()) == {"rate": "24000/1001", "path": "a", "set": ["a", "b"], "text": "é"}
    assert "é" in out.getvalue()


def test_progress_on_a_terminal_shows_rate_and_time_left():
    console, out, err = make(terminal=True)
    with console.progress("render", 10, "frames") as progress:
        progress(5, 10)
        progress(20, 20)
    assert out.getvalue() == ""
    assert "render" in err.getvalue()
    assert "20/20" in err.getvalue()
    assert "frames/s" in err.getvalue()


def test_no_time_left_is_foretold_from_the_first_frames():
    console, _, err = make(terminal=True)
    with console.progress("render", 1000, "frames") as progress:
        for done in range(1, 6):
            progress(done, 1000)
            time.sleep(0.002)
    assert "5/1000" in err.getvalue()
    assert not re.search(r"\d:\d\d:\d\d", err.getvalue())
    with console.progress("render", 1000, "frames") as progress:
        for done in range(1, 40):
            progress(done, 1000)
            time.sleep(0.002)
    assert re.search(r"\d:\d\d:\d\d", err.getvalue())


def logged(monkeypatch, moments, description, total, unit, steps):
    """Lines of a step that is told of `steps`; its clock reads `moments`."""
    clock = iter(moments)
    monkeypatch.setattr(console_module.time, "monotonic", lambda: next(clock))
    console, _, err = make()
    with console.progress(description, total, unit) as progress:
        for done in steps:
            progress(done, total)
    return err.getvalue().splitlines()


def test_progress_elsewhere_is_a_line_now_and_then(monkeypatch):
    assert logged(monkeypatch, [0.0, 1.0, 11.0, 12.0, 20.0], "render", 40, None, (2, 22, 24)) == [
        "render: 22/40 frames, 2.0 frames/s, 9.0 s left",
        "render: 24 frames in 20.0 s",
    ]


def test_a_slow_step_shows_a_rate_that_is_not_zero(monkeypatch):
    lines = logged(monkeypatch, [0.0, 80.0, 160.0, 160.0], "fit", 10, "shots", (1, 2))
    assert lines[:2] == ["fit: 1/10 shots", "fit: 2/10 shots, 0.013 shots/s, 10 min 40 s left"]


def test_what_comes_before_the_first_frame_does_not_count(monkeypatch):
    lines = logged(monkeypatch, [0.0, 60.0, 61.0, 71.0, 80.0], "render", 40, None, (1, 2, 12))
    assert lines[:2] == ["render: 1/40 frames", "render: 12/40 frames, 1.0 frames/s, 28.0 s left"]


def test_a_short_step_says_nothing_in_a_log():
    console, _, err = make()
    with console.progress("render", 4) as progress:
        progress(4, 4)
    assert err.getvalue() == ""


def test_progress_gives_way_to_an_error():
    console, _, err = make(terminal=True)
    with pytest.raises(ValueError, match="stop"), console.progress("render", 4) as progress:
        progress(1, 4)
        raise ValueError("stop")
    assert err.getvalue().endswith("\n") or "\x1b[?25h" in err.getvalue()


def test_progress_for_python_is_told_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynode_cli.console._PLAIN_INTERVAL", 0.0)
    with show_progress("rendering", 3) as progress:
        for k in range(3):
            progress(k + 1, 3)
    told = capsys.readouterr()
    assert told.out == "" and "rendering: 3/3 frames" in told.err


def test_progress_in_a_notebook_is_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    page = ModuleType("IPython.display")
    keep = SimpleNamespace(update=lambda data, raw: lines.append(data["text/plain"]))
    page.display = lambda data, raw, display_id: lines.append(data["text/plain"]) or keep  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    monkeypatch.setattr(console_module, "_NOTEBOOK_INTERVAL", 0.0)
    with show_progress("rendering", 3) as progress:
        for k in range(3):
            progress(k + 1, 3)
    assert lines[:2] == ["rendering", "rendering: 1/3 frames"]
    assert lines[-1].startswith("rendering: 3 frames in ")
