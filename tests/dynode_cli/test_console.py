from __future__ import annotations

import io
import json
import re
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dynode_cli import console as console_module
from dynode_cli.console import Console, show_progress, show_where_seen
from dynode_cli.progress import Lines, bar_on
from dynode_cli.requests.base import show_nothing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def make(verbosity=0, color="auto", terminal=False):
    stream = Terminal if terminal else io.StringIO
    out, err = stream(), stream()
    return Console(verbosity=verbosity, color=color, out=out, err=err), out, err


def lines_of(err):
    """What stood on the terminal, line after line, without the codes that move and colour."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err.getvalue())
    return [line.rstrip() for line in re.split(r"[\r\n]+", text) if line.strip()]


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


def test_progress_on_a_terminal_is_one_bar_that_ends_full():
    console, out, err = make(terminal=True)
    with console.progress("out.mp4", 10) as progress:
        progress(5, 10)
        progress(20, 20)
    assert out.getvalue() == ""
    assert "out.mp4" in err.getvalue()
    assert lines_of(err)[-1].startswith("out.mp4 ━") and lines_of(err)[-1].endswith("20 frames in 0.0 s")


def test_a_job_has_one_bar_from_its_start_on_and_no_second_one():
    console, _, err = make(terminal=True)
    with console.starting("in.mp4"):
        assert "in.mp4" in err.getvalue() and "starting" in err.getvalue()
        with console.progress("out.mp4", 0) as progress:
            progress(0, 20)
            with console.progress("fetch weights", 100, unit="bytes") as fetching:
                fetching(50, 100)
                assert bar_on(err).details() == "0/20 · fetch weights 50%"
            progress(20, 20)
        assert bar_on(err).details().startswith("20/20")
    assert bar_on(err) is None
    assert "0/0" not in err.getvalue()
    assert [line for line in lines_of(err) if "frames in" in line] == lines_of(err)[-1:]


def test_a_narrow_terminal_cuts_the_last_words_not_the_name(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    console, _, err = make(terminal=True)
    with console.progress("a-clip-of-mine.mp4", 18000) as progress:
        progress(12, 18000)
        bar_on(err).doing("finding motion", 0.0123, 360000.0)
        bar_on(err)._live.refresh()
    (line, *_) = [line for line in lines_of(err) if "12/18000" in line]
    assert line.startswith("a-clip-of-mine.mp4 ━━━━━━━━ 12/18000 · 0.012 fram") and len(line) <= 60


def test_what_is_said_stands_above_the_bar_and_leaves_it_whole():
    console, _, err = make(terminal=True)
    with console.progress("out.mp4", 20) as progress:
        progress(1, 20)
        console.warn("a warning of our own that is longer than a line of this terminal, which has eighty columns")
        print("a word of somebody else's", file=sys.stderr)
        other = Console(err=sys.stderr)
        other.message("of another console")
        progress(20, 20)
    lines = lines_of(err)
    said = ("warning: a warning of our own", "a word of somebody else's", "of another console")
    for word in said:
        assert [line for line in lines if word in line and "━" not in line], word
    assert lines[-1].startswith("out.mp4 ━")


def test_a_bar_of_what_fails_or_has_no_total_goes_away():
    console, _, err = make(terminal=True)
    with pytest.raises(ValueError, match="stop"), console.progress("out.mp4", 10) as progress:
        progress(5, 10)
        raise ValueError("stop")
    with console.progress("in.mp4", 0):
        pass
    # The line is emptied at the end.
    assert err.getvalue().endswith("\x1b[2K")


def test_a_dumb_terminal_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    console, _, err = make(terminal=True)
    with console.starting("out.mp4"):
        pass
    assert err.getvalue() == "out.mp4: starting\n"


def test_elsewhere_a_line_is_said_every_five_seconds(monkeypatch):
    intervals = []

    class Noted(Lines):
        def __init__(self, *args):
            super().__init__(*args)
            intervals.append(self._interval)

    monkeypatch.setattr(console_module, "Lines", Noted)
    console, _, _ = make()
    with console.progress("out.mp4", 3):
        pass
    assert intervals == [5.0]


def test_the_first_line_is_said_once():
    console, _, err = make()
    console.message("[1/2] a.mp4")
    with console.starting("a.mp4"):
        pass
    assert err.getvalue() == "[1/2] a.mp4\n"


def test_auto_shows_progress_in_terminals_and_notebooks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show_where_seen() is show_nothing
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert show_where_seen() is show_progress
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    assert show_where_seen() is show_progress


def test_progress_in_a_notebook_is_one_line_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    page = ModuleType("IPython.display")
    keep = SimpleNamespace(update=lambda data, raw: lines.append(data["text/plain"]))
    page.display = lambda data, raw, display_id: lines.append(data["text/plain"]) or keep  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel", ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", page)
    monkeypatch.setattr(console_module, "_NOTEBOOK_INTERVAL", 0.0)
    with show_progress("out.mp4", 3) as progress:
        for k in range(3):
            progress(k + 1, 3)
    assert lines[0] == "out.mp4"
    assert re.fullmatch("out.mp4 ━{10}╌{20} 1/3", lines[1])
    assert re.fullmatch(r"out.mp4 ━{30} 3 frames in \d.\d s", lines[-1])
