"""Tables of a benchmark: its figures as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dynode_cli.benchmark.results import Column, Quartiles, Row, Section, Value

ABSENT = "–"
"""A cell to which its column does not apply."""


@dataclass(frozen=True)
class Line:
    """A row as it is shown."""

    name: str
    cells: Sequence[str]
    note: str
    measured: bool
    """Whether there is any figure; if not, `note` says why."""
    best: frozenset[int] = frozenset()
    """Cells that no other row of the group is better in."""
    baseline: bool = False
    """What the others are measured against."""


@dataclass(frozen=True)
class Table:
    """A group of rows as it is shown."""

    group: str
    columns: Sequence[Column]
    """Those in which at least one row has a figure."""
    lines: Sequence[Line]


def shown(value: Value, column: Column) -> str:
    """A cell, without its unit: a spread is its median with the quartiles in brackets, if there are any."""
    if value is None:
        return ABSENT
    if isinstance(value, Quartiles) and value.count == 1:
        return number(value.median, 3)
    if isinstance(value, Quartiles):
        return f"{number(value.median, 3)} [{number(value.low, 3)}, {number(value.high, 3)}]"
    if isinstance(value, float):
        return number(value, column.digits)
    return str(value)


def number(value: float, digits: int) -> str:
    """`value` with so many significant digits, without an exponent where it can be done."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude < -3:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(0, digits - 1 - magnitude)}f}".replace(",", " ")


def heading(column: Column) -> str:
    """Heading with its unit."""
    return f"{column.heading} ({column.unit})" if column.unit else column.heading


def tables(section: Section) -> Iterator[Table]:
    """A table for every group of rows."""
    groups: dict[str, list[Row]] = {}
    for row in section.rows:
        groups.setdefault(row.group, []).append(row)
    for group, rows in groups.items():
        columns = [c for c in section.columns if any(row.values.get(c.key) is not None for row in rows)]
        best = {column.key: _best(rows, column) for column in columns}
        yield Table(group, columns, [_line(row, columns, best) for row in rows])


def glossary(section: Section) -> list[tuple[str, str]]:
    """What the headings of its columns mean, in the order of the columns."""
    there = {key for row in section.rows for key, value in row.values.items() if value is not None}
    return [(column.heading, column.meaning) for column in section.columns if column.meaning and column.key in there]


def _best(rows: Sequence[Row], column: Column) -> float | None:
    """The best figure of rivals; None where they are none, or all are alike."""
    figures = [figure for row in rows if (figure := _figure(row.values.get(column.key))) is not None]
    if not column.better or len(set(figures)) < 2:
        return None
    return max(figures) if column.better == "high" else min(figures)


def _figure(value: Value) -> float | None:
    if isinstance(value, Quartiles):
        return value.median
    return float(value) if isinstance(value, float | int) and math.isfinite(value) else None


def _line(row: Row, columns: Sequence[Column], best: Mapping[str, float | None]) -> Line:
    cells = [shown(row.values.get(column.key), column) for column in columns]
    spread = next((v for v in row.values.values() if isinstance(v, Quartiles)), None)
    note = row.note
    if spread is not None and spread.outliers:
        outliers = f"{spread.outliers} of {spread.count} outlying"
        note = f"{note}; {outliers}" if note else outliers
    return Line(
        row.name,
        cells,
        note,
        any(value is not None for value in row.values.values()),
        frozenset(
            number
            for number, column in enumerate(columns)
            if best[column.key] is not None and _figure(row.values.get(column.key)) == best[column.key]
        ),
        row.name.startswith("linear"),
    )
