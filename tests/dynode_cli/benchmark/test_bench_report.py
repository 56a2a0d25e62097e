"""Results as JSON and as a page, and what changed between two runs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dynode_cli.benchmark.parts import memory, quality, solvers, startup
from dynode_cli.benchmark.results import (
    AGAIN,
    Column,
    Curve,
    Quartiles,
    Results,
    Row,
    Section,
    Value,
    from_json,
    load,
    twice,
)
from dynode_cli.benchmark.telling import text
from dynode_cli.benchmark.telling.charts import NARROW, WIDE, Shape, chart
from dynode_cli.benchmark.telling.compare import changed, compare
from dynode_cli.benchmark.telling.report import render, write_report
from dynode_cli.errors import DynodeError, InputError

COLUMNS = (Column("ms", "time", "ms"), Column("peak", "peak", "MB"))


def results(ms: float, peak: float = 10.0, name: str = "rk4 <fast>", model: str = "a processor") -> Results:
    values: dict[str, Value] = {"ms": Quartiles(ms, 0.9 * ms, 1.1 * ms, 9, 2, 3 * ms), "peak": peak}
    curve = Curve("Time over T", "T", "ms", {"linear": [(60, 1.0), (2400, 40.0)], "rk4": [(60, 2.0), (2400, 30.0)]})
    sections = [
        Section("solvers", "Solvers", "How.", COLUMNS, [Row("case", name, values, "a note")], [curve], ["Found."]),
        Section("startup", "Start-up", "How too.", COLUMNS, [Row("startup", "absent", {}, "no CUDA device")]),
    ]
    facts = {"devices": [{"model": model}], "versions": {"torch": "2.4"}, "measured": "today", "threads": 1}
    return Results(
        {**facts, "processors": 2, "memory": 4e9}, {"threads": 1, "device": "cpu", "quick": True}, sections
    )


def test_json_there_and_back() -> None:
    before = results(2.0)
    written = json.loads(json.dumps(before.to_json()))
    assert from_json(written, "x").to_json() == before.to_json()
    assert from_json(written, "x").sections[0].rows[0].values["ms"] == Quartiles(2.0, 1.8, 2.2, 9, 2, 6.0)


def test_results_are_told_in_a_few_lines() -> None:
    assert repr(results(2.0)).splitlines() == [
        "Results(today, on cpu)",
        "  solvers: 1 row",
        "    Found.",
        "  startup: 1 row, 1 of them without figures",
    ]


def test_other_files_are_refused(tmp_path: Path) -> None:
    for content, message in (("<html>", "is no JSON"), ("[1]", "no results"), ('{"format": 99}', "another version")):
        path = tmp_path / "old.json"
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            load(path)
    with pytest.raises(InputError, match="cannot read"):
        load(tmp_path / "absent.json")


def test_a_page_has_all_sections_and_needs_nothing_else() -> None:
    page = render(results(2.0), compare(results(1.0), results(2.0)))
    for part in ("solvers", "startup", "environment", "comparison"):
        assert f'<section id="{part}">' in page
    for said in ("rk4 &lt;fast&gt;", "a note; 2 of 9 outlying", "no CUDA device", "Found.", "a processor", "slower"):
        assert said in page
    assert page.count("<svg") == 2, "one for wide screens, one for a phone"
    assert "prefers-color-scheme: dark" in page
    assert not any(word in page for word in ("http:", "https:", "<script", "<link", "@import", "url("))


def test_a_page_without_curves_or_comparison() -> None:
    bare = results(1.0)
    page = render(replace(bare, sections=bare.sections[1:]))
    assert "<svg" not in page and 'id="comparison"' not in page


def test_a_page_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DynodeError, match="writing failed"):
        write_report(tmp_path / "file" / "page.html", results(1.0), replace=False)


def test_changes_count_against_the_spread() -> None:
    (time, memory) = compare(results(10.0), results(20.0)).changes
    assert (time.column, time.before, time.now, time.ratio, time.judgement) == ("ms", 10.0, 20.0, 2.0, "slower")
    # The wider interquartile range is that of 20: from 18 to 22.
    assert time.spreads == pytest.approx(2.5)
    assert (memory.column, memory.judgement, memory.spreads) == ("peak", "same", None)
    assert [c.judgement for c in compare(results(20.0), results(10.0)).changes] == ["faster", "same"]
    once = Quartiles(10.0, 10.0, 10.0, 1)
    single = [_with(results(1.0), spread) for spread in (once, replace(once, median=30.0))]
    assert [c.judgement for c in compare(*single).changes] == ["same"]
    # 15 % is within the spread of 20 %.
    assert changed(compare(results(10.0), results(11.5))) == []
    assert [c.judgement for c in changed(compare(results(10.0, 10.0), results(10.0, 12.0)))] == ["more"]


def test_what_differs_from_itself_by_as_much_is_chance() -> None:
    def run(ms: float, again: float) -> Results:
        made = results(ms)
        first = made.sections[0].rows[0]
        once_more = replace(first, name=first.name + AGAIN, values={"ms": Quartiles(again, again, again, 9)})
        return replace(made, sections=[replace(made.sections[0], rows=[first, once_more])])

    quiet, noisy = run(10.0, 10.2), run(15.0, 22.5)
    assert [(name, pytest.approx(ratio)) for name, ratio in twice(noisy.sections[0].rows).items()] == [
        (("case", "rk4 <fast>"), 1.5)
    ]
    (time, *_) = compare(quiet, run(15.0, 15.3)).changes
    assert (time.twice, time.judgement) == (pytest.approx(0.02), "slower")
    for runs in ((quiet, noisy), (run(10.0, 15.0), run(15.0, 15.3))):
        (time, *_) = compare(*runs).changes
        assert (time.twice, time.judgement) == (pytest.approx(0.5), "same")
    assert compare(results(1.0), results(2.0)).changes[0].twice is None


def _with(run: Results, ms: Quartiles) -> Results:
    section = run.sections[0]
    return replace(run, sections=[replace(section, rows=[replace(section.rows[0], values={"ms": ms})])])


def test_rows_and_machines_that_differ_are_told() -> None:
    compared = compare(results(1.0, name="gone"), results(1.0, name="new", model="another"))
    assert compared.only_before == ["solvers / case / gone"]
    assert compared.only_now == ["solvers / case / new"]
    assert compared.warnings == ["other hardware: a processor before, another now"]


def test_no_cell_is_empty() -> None:
    rows = [Row("a", "timed", {"ms": 1.0}), Row("a", "absent", {}, "why"), Row("b", "sized", {"peak": 2.0})]
    first, second = text.tables(Section("s", "S", "", COLUMNS, rows))
    assert [column.key for column in first.columns] == ["ms"]
    assert [(line.cells, line.measured) for line in first.lines] == [(["1.00"], True), (["–"], False)]
    assert [column.key for column in second.columns] == ["peak"]
    page = render(replace(results(1.0), sections=[Section("s", "S", "", COLUMNS, rows)]))
    assert '<td class="note" colspan="2">why</td>' in page


@pytest.mark.parametrize("screen", [320, 420, 760, 761, 1024, 1280])
def test_labels_of_charts_are_legible_at_any_width(screen: int) -> None:
    page = render(results(1.0))

    def number(pattern: str) -> float:
        (found,) = re.findall(pattern, page)
        return float(found)

    padding = 16 * number(r"main \{ [^}]*padding: 2rem ([\d.]+)rem")
    narrow = screen <= number(r"@media \(max-width: (\d+)px\)")
    widest = 16 * number(
        r"\.narrow \{ display: block; max-width: (\d+)rem" if narrow else r"figure \{[^}]*max-width: (\d+)rem"
    )
    size = number(r"\.narrow text \{ font-size: (\d+)px" if narrow else r"\nsvg text \{[^}]*font-size: (\d+)px")
    shape = NARROW if narrow else WIDE
    assert min(screen - 2 * padding, widest) / shape.width * size >= 11


def test_the_best_is_bold_and_the_baseline_is_named() -> None:
    columns = (
        Column("psnr", "PSNR", "dB", better="high"),
        Column("ms", "time", "ms", better="low"),
        Column("n", "n"),
    )
    rows = [
        Row("a", "linear", {"psnr": 30.0, "ms": 1.0, "n": 1}),
        Row("a", "spline", {"psnr": 34.0, "ms": Quartiles(2.0, 1.0, 3.0, 5), "n": 2}),
        Row("a", "absent", {}, "why"),
        Row("b", "alone", {"psnr": 30.0}),
    ]
    first, second = text.tables(Section("s", "S", "", columns, rows))
    assert [(line.baseline, set(line.best)) for line in first.lines] == [(True, {1}), (False, {0}), (False, set())]
    assert [set(line.best) for line in second.lines] == [set()], "there is no best of one"
    page = render(replace(results(1.0), sections=[Section("s", "S", "", columns, rows)]))
    assert re.findall(r'<td class="best">(.*?)</td>', page) == ["1.00", "34.0"]
    assert page.count('<tr class="base">') == 1 and '" (baseline)"' in page


def test_a_table_shows_that_it_goes_on_and_keeps_its_names() -> None:
    page = render(results(1.0))
    (box,) = re.findall(r"\.wide \{(.*?)\n\}", page, re.DOTALL)
    assert "overflow-x: auto" in box and "local" in box and "scroll" in box
    assert "td:first-child { position: sticky; left: 0;" in page


def test_headings_are_explained_where_they_are_used() -> None:
    column = Column("nfe", "NFE", meaning="how often it is evaluated")
    section = Section("s", "S", "", (column, replace(column, key="other")), [Row("a", "x", {"nfe": 3})])
    assert text.glossary(section) == [("NFE", "how often it is evaluated")]
    page = render(replace(results(1.0), sections=[section]))
    assert "<dt>NFE</dt><dd>how often it is evaluated</dd>" in page
    assert "<details" not in render(results(1.0))
    for part in (memory, quality, solvers, startup):
        assert [c.heading for c in part.COLUMNS if not c.meaning] == [], part.__name__
    assert all(c.meaning for c in quality.FIGURES)


def test_quartiles_are_shown_where_there_are_some() -> None:
    assert text.shown(Quartiles(2.0, 1.0, 3.0, 5), COLUMNS[0]) == "2.00 [1.00, 3.00]"
    assert text.shown(Quartiles(2.0, 2.0, 2.0, 1), COLUMNS[0]) == "2.00"


@pytest.mark.parametrize("shape", [WIDE, NARROW], ids=["wide", "narrow"])
def test_curves_lie_within_their_drawing_and_rise(shape: Shape) -> None:
    curve = Curve("", "x", "y", {"a": [(1, 1.0), (10, 10.0), (100, 0.0)], "b": [(1, 1.0)], "none": []})
    drawing = chart(curve, shape)
    assert drawing.x == "x (log scale)"
    assert [line.name for line in drawing.lines] == ["a", "b"]
    (x0, y0), (x1, y1) = drawing.lines[0].points
    assert shape.left <= x0 < x1 <= shape.right
    assert shape.bottom >= y0 > y1 >= shape.top
    assert abs(drawing.lines[0].label_y - drawing.lines[1].label_y) >= 14
    assert [tick.label for tick in drawing.x_ticks] == ["1", "10"]  # (100, 0) has no logarithm.
    few = chart(Curve("", "x", "y", {"a": [(2, 1.0), (4, 3.0)]}))
    assert [tick.label for tick in few.x_ticks] == ["2", "4"]
    many = chart(Curve("", "x", "y", {"a": [(float(x), 1.0) for x in range(1, 101)]}))
    assert {tick.label for tick in many.x_ticks} >= {"1", "10", "100"}


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (1234.6, "1 235"), (12.345, "12.3"), (0.00123, "0.00123"), (0.0000123, "1.23e-05")],
)
def test_numbers_are_shown_with_three_digits(value: float, words: str) -> None:
    assert text.number(value, 3) == words
