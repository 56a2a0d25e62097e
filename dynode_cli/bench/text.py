"""Figures as people read them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dynode_cli.bench.results import Column, Section, Spread, Value


def shown(value: Value, column: Column) -> str:
    """A cell, without its unit: a spread is its median with the quartiles in brackets, if there are any."""
    if value is None:
        return ""
    if isinstance(value, Spread) and value.count == 1:
        return number(value.median, 3)
    if isinstance(value, Spread):
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


def columns_in_use(section: Section) -> list[Column]:
    """Columns in which at least one row has a figure."""
    return [c for c in section.columns if any(row.values.get(c.key) is not None for row in section.rows)]


def groups(section: Section) -> Iterator[tuple[str, list[tuple[str, list[str], str]]]]:
    """Groups of rows: name, cells and note of each."""
    columns = columns_in_use(section)
    found: dict[str, list[tuple[str, list[str], str]]] = {}
    for row in section.rows:
        cells = [shown(row.values.get(column.key), column) for column in columns]
        spread = next((v for v in row.values.values() if isinstance(v, Spread)), None)
        note = row.note
        if spread is not None and spread.outliers:
            outliers = f"{spread.outliers} of {spread.count} outlying"
            note = f"{note}; {outliers}" if note else outliers
        found.setdefault(row.group, []).append((row.name, cells, note))
    yield from found.items()
