"""Comparison of two runs: what changed, and by how much against the spread of their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dynode_cli.benchmark.results import Quartiles, Results, Row, Value, twice

Judgement = Literal["slower", "faster", "more", "less", "worse", "better", "same"]
GOOD: frozenset[Judgement] = frozenset({"faster", "less", "better"})

PLAIN_LIMIT = 0.05
"""Share by which a figure has to change to count."""
DECIBELS = 0.05
"""Change of PSNR that counts."""
COMPARED: dict[str, tuple[Judgement, Judgement]] = {
    "ms": ("slower", "faster"),
    "peak": ("more", "less"),
    "small": ("more", "less"),
    "large": ("more", "less"),
    "missed": ("worse", "better"),
    "psnr": ("better", "worse"),
}
"""Columns that are compared, and what it is called if a figure rose or fell."""


@dataclass(frozen=True)
class Change:
    """One figure of one row, before and now."""

    section: str
    group: str
    name: str
    column: str
    before: float
    now: float
    ratio: float
    spreads: float | None
    """Change over the larger of the two interquartile ranges; None for a figure that was measured once."""
    twice: float | None
    """Share by which what was measured twice in the same group differed from itself, in the worse of the two runs;
    None where nothing was."""
    judgement: Judgement


@dataclass(frozen=True)
class Comparison:
    """All changes, and what is in one run only."""

    changes: Sequence[Change]
    only_before: Sequence[str]
    only_now: Sequence[str]
    warnings: Sequence[str]
    """What makes the two runs hard to compare."""


def compare(before: Results, now: Results) -> Comparison:
    """Figures of rows that both runs have."""
    old, new = _rows(before), _rows(now)
    measured = {section.name for section in now.sections}
    chance: dict[tuple[str, str], float] = {}
    for section in (*before.sections, *now.sections):
        for (group, _), ratio in twice(section.rows).items():
            chance[section.name, group] = max(chance.get((section.name, group), 0.0), abs(ratio - 1.0))
    changes = [
        change
        for key in new
        if key in old
        for change in _changes(key[0], old[key], new[key], chance.get((key[0], key[1])))
    ]
    return Comparison(
        changes,
        [_shown(key) for key in old if key not in new and key[0] in measured],
        [_shown(key) for key in new if key not in old],
        list(_warnings(before, now)),
    )


def judge(before: Value, now: Value) -> tuple[float, float, float | None] | None:
    """Both figures and the change in spreads; None if they cannot be compared."""
    if isinstance(before, Quartiles) and isinstance(now, Quartiles):
        width = max(before.iqr, now.iqr)
        change = now.median - before.median
        return before.median, now.median, change / width if width > 0 else None
    if isinstance(before, float | int) and isinstance(now, float | int):
        return float(before), float(now), None
    return None


def _changes(section: str, before: Row, now: Row, chance: float | None) -> Iterator[Change]:
    for column, (rose, fell) in COMPARED.items():
        judged = judge(before.values.get(column), now.values.get(column))
        if judged is None or judged[0] <= 0 or judged[1] <= 0:
            continue
        old, new, spreads = judged
        ratio = new / old
        apart = chance if column == "ms" else None
        if column == "psnr":
            real = abs(new - old) > DECIBELS
        else:
            # A median moves by chance by a fraction of the interquartile range; by a whole one hardly ever. A time that
            # was taken once tells nothing; memory and errors hardly vary.
            beyond = column != "ms" if spreads is None else abs(spreads) > 1.0
            # Slower by a half and faster by a half are counted alike.
            real = beyond and max(ratio, 1.0 / ratio) - 1.0 > max(PLAIN_LIMIT, apart or 0.0)
        judgement: Judgement = "same" if not real else rose if ratio > 1.0 else fell
        yield Change(section, now.group, now.name, column, old, new, ratio, spreads, apart, judgement)


def _warnings(before: Results, now: Results) -> Iterator[str]:
    def processor(results: Results) -> str:
        return ", ".join(str(device.get("model")) for device in results.environment.get("devices", ()))

    if processor(before) != processor(now):
        yield f"other hardware: {processor(before)} before, {processor(now)} now"
    for key in ("threads", "device", "quick"):
        if before.settings.get(key) != now.settings.get(key):
            yield f"{key}: {before.settings.get(key)} before, {now.settings.get(key)} now"
    for name in ("torch", "python"):
        old, new = (results.environment.get("versions", {}).get(name) for results in (before, now))
        if old != new:
            yield f"{name} {old} before, {new} now"


def _rows(results: Results) -> dict[tuple[str, str, str], Row]:
    return {(section.name, row.group, row.name): row for section in results.sections for row in section.rows}


def _shown(key: Sequence[str]) -> str:
    return " / ".join(key)


def changed(comparison: Comparison) -> list[Change]:
    """Those that are more than chance, the largest first."""
    real = [change for change in comparison.changes if change.judgement != "same"]
    return sorted(real, key=lambda change: -max(change.ratio, 1 / change.ratio))
