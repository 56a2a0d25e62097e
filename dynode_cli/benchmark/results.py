"""Results of a benchmark: sections of rows of figures, written as JSON and read back."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dynode_cli.errors import InputError
from dynode_cli.values.amounts import counted

FORMAT = 1
"""Version of the JSON."""
AGAIN = ", again"
"""Ending of the name of a row that measures once more, in the same run, what the row of the rest of the name does."""


@dataclass(frozen=True)
class Quartiles:
    """Median and quartiles of repeated measurements of one thing, in the unit of its column."""

    median: float
    low: float
    """First quartile."""
    high: float
    """Third quartile."""
    count: int
    outliers: int = 0
    """Measurements farther than 1.5 interquartile ranges outside the quartiles (Tukey, 1977)."""
    cold: float | None = None
    """The very first one, which the others do not include."""

    @property
    def iqr(self) -> float:
        """Interquartile range."""
        return self.high - self.low


Value = float | int | str | Quartiles | None


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    key: str
    heading: str
    unit: str = ""
    digits: int = 3
    """Significant digits that are shown."""
    meaning: str = ""
    """For those who do not know the heading: what it counts."""
    better: Literal["", "low", "high"] = ""
    """Which of the rows of a group, that are rivals then, has the best figure."""


@dataclass(frozen=True)
class Row:
    """One line of a table; `group` and `name` tell it from all others of its section."""

    group: str
    name: str
    values: Mapping[str, Value] = field(default_factory=dict)
    note: str = ""
    """Why figures are missing, or what to know about them."""


@dataclass(frozen=True)
class Curve:
    """Points to be drawn: `series` maps a name to (x, y) points."""

    title: str
    x: str
    y: str
    series: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Section:
    """One question and the table that answers it."""

    name: str
    title: str
    method: str
    """How it was measured, and what the columns mean."""
    columns: Sequence[Column]
    rows: Sequence[Row]
    curves: Sequence[Curve] = ()
    findings: Sequence[str] = ()
    """What follows from the figures, in words made from them."""


@dataclass(frozen=True)
class Results:
    """Everything that one run measured."""

    environment: Mapping[str, Any]
    settings: Mapping[str, Any]
    sections: Sequence[Section]

    def __repr__(self) -> str:
        """Where it was measured, and for each section its size and what was found; `to_json` has the figures."""
        where = ", ".join(str(self.environment[key]) for key in ("measured", "revision") if self.environment.get(key))
        return "\n".join([f"Results({where}, on {self.settings.get('device', '?')})", *map(_told, self.sections)])

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries."""
        return {
            "format": FORMAT,
            "environment": dict(self.environment),
            "settings": dict(self.settings),
            "sections": [_section_json(section) for section in self.sections],
        }


def twice(rows: Sequence[Row]) -> dict[tuple[str, str], float]:
    """Times of what was measured twice: the second over the first, by group and name."""
    times = {(row.group, row.name): row.values.get("ms") for row in rows}
    found: dict[tuple[str, str], float] = {}
    for (group, name), first in times.items():
        again = times.get((group, name + AGAIN))
        if isinstance(first, Quartiles) and isinstance(again, Quartiles) and first.median > 0:
            found[group, name] = again.median / first.median
    return found


def rounded(value: float, digits: int) -> float:
    """`value` with so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def from_json(data: Any, name: str) -> Results:
    """What :meth:`Results.to_json` wrote.

    Raises:
        InputError: `data`, read from `name`, is not that.
    """
    try:
        if data["format"] != FORMAT:
            raise InputError(f"{name} was written by another version of dynode bench (format {data['format']})")
        sections = [_section(section) for section in data["sections"]]
        return Results(data["environment"], data["settings"], sections)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{name} holds no results of dynode bench", hint="give a file that `dynode bench --json` wrote"
        ) from error


def load(path: Path) -> Results:
    """The results in the JSON file `path`.

    Raises:
        InputError: it cannot be read, or is no such file.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(
            f"{path} is no JSON", hint="give a file that `dynode bench --json` wrote, not the page of -o"
        ) from error
    return from_json(data, str(path))


def _told(section: Section) -> str:
    """A line for the section, and one for each of its findings."""
    missing = sum(all(value is None for value in row.values.values()) for row in section.rows)
    left_out = f", {missing} of them without figures" if missing else ""
    rows = f"  {section.name}: {counted(len(section.rows), 'row')}{left_out}"
    return "\n    ".join([rows, *section.findings])


def _section_json(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "method": section.method,
        "columns": [vars(column) for column in section.columns],
        "rows": [
            {
                "group": row.group,
                "name": row.name,
                "values": {key: _value_json(value) for key, value in row.values.items()},
                "note": row.note,
            }
            for row in section.rows
        ],
        "curves": [
            {
                "title": curve.title,
                "x": curve.x,
                "y": curve.y,
                "series": {name: [list(point) for point in points] for name, points in curve.series.items()},
            }
            for curve in section.curves
        ],
        "findings": list(section.findings),
    }


def _value_json(value: Value) -> Any:
    if isinstance(value, Quartiles):
        return {key: rounded(item, 5) if isinstance(item, float) else item for key, item in vars(value).items()}
    if isinstance(value, float):
        # JSON has no infinity; what is not finite is said in words.
        return rounded(value, 5) if math.isfinite(value) else str(value)
    return value


def _section(data: Any) -> Section:
    rows = [
        Row(
            row["group"],
            row["name"],
            {key: Quartiles(**value) if isinstance(value, dict) else value for key, value in row["values"].items()},
            row["note"],
        )
        for row in data["rows"]
    ]
    curves = [
        Curve(
            curve["title"],
            curve["x"],
            curve["y"],
            {name: [(x, y) for x, y in points] for name, points in curve["series"].items()},
        )
        for curve in data["curves"]
    ]
    columns = [Column(**column) for column in data["columns"]]
    return Section(data["name"], data["title"], data["method"], columns, rows, curves, data["findings"])
