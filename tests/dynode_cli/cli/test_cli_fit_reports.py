"""What is said of fits: the table with -v, warnings always, each once."""

from __future__ import annotations

import io

from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.console import Console
from dynode_cli.contracts import FitReport


def told(fits: dict[int, FitReport], verbosity: int = 0, known: tuple[str, ...] = ()) -> list[str]:
    err = io.StringIO()
    tell_fits(Console(out=io.StringIO(), err=err, verbosity=verbosity), fits, known)
    return err.getvalue().splitlines()


def test_the_table_is_for_those_who_ask_and_best_first() -> None:
    report = FitReport("gp", leave_one_out={"linear": 0.5, "gp": 0.25})
    assert told({0: report}) == []
    assert told({0: report}, verbosity=1) == ["   0.250  gp (kept)", "   0.500  linear"]
    assert told({0: report, 1: FitReport("spline")}, verbosity=1)[0] == "shot 0:    0.250  gp (kept)"


def test_a_warning_stands_once_with_its_shots() -> None:
    fits = {0: FitReport("a", warnings=("x", "y")), 1: FitReport("a"), 2: FitReport("a", warnings=("x",))}
    assert told(fits) == ["warning: x (shots 0, 2)", "warning: y (shot 0)"]
    assert told({0: fits[0]}) == ["warning: x", "warning: y"]
    assert told({0: fits[0]}, known=("x",)) == ["warning: y"]
