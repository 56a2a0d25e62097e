"""One parser for each kind of quantity that users write, other than times (see :mod:`dynode_cli.values.times`)."""

from __future__ import annotations

import re
from fractions import Fraction

from dynode_cli.errors import UsageError
from dynode_cli.values.words import short

_UNITS = {"": 1, "b": 1, **{f"{p}b": 1000**i for i, p in enumerate("kmgt", 1)}}
_UNITS |= {p: 1024**i for i, p in enumerate("kmgt", 1)} | {f"{p}ib": 1024**i for i, p in enumerate("kmgt", 1)}


def parse_memory(text: str | int) -> int:
    """Read an amount of memory in bytes: `6GiB`, `512MiB`, `2GB`, `1073741824`; `6G` means GiB.

    Raises:
        UsageError: it is none of these, or below 1 MiB.
    """
    match = re.fullmatch(r"(\d{1,99}(?:\.\d{1,99})?)\s*([a-z]*)", str(text).strip().lower())
    if match is None or match[2] not in _UNITS:
        raise UsageError(f"'{short(text)}' is not an amount of memory", hint="write 6GiB or 512MiB")
    amount = int(Fraction(match[1]) * _UNITS[match[2]])
    if amount < 1 << 20:
        raise UsageError(
            f"{short(text)} of memory is too little", hint="give at least 1MiB; 512MiB or more is sensible"
        )
    return amount


def format_memory(amount: int) -> str:
    """`amount` bytes for people: `1.5 GiB`."""
    size = float(amount)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def format_seconds(seconds: float) -> str:
    """A duration for people: `0.8 s`, `2 min 05 s`, `1 h 20 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def counted(count: int, thing: str) -> str:
    """`1 frame`, `2 frames`."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
