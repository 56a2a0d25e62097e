"""The table of footage: what people have, what is awkward in it, what dynode does, and the files that show it.

`docs/footage.md` is made of it, and every file of every row is rendered by `test_footage.py`: nothing is claimed that is
not tried. A new kind of footage is a row in one of the lists here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.footage.made import Writer


@dataclass(frozen=True, kw_only=True)
class Input:
    """One file, and how it is rendered."""

    name: str
    write: Writer
    target: str = "out.mkv"
    fps: str = "2x"
    more: Sequence[str] = ()
    """Arguments of ``dynode interpolate``."""
    begin: Fraction = Fraction(0)
    end: Fraction | None = None
    """What part of it is asked for."""
    told: Sequence[str] = ()
    """What the run says of it, as regular expressions: all of this, and nothing else."""
    probed: Sequence[str] = ()
    """What ``dynode probe`` says of it, as regular expressions."""
    refused: str | None = None
    """How it is refused, if it is."""
    colours: float = 1.0
    """Levels that pictures may be off in the mean; more than one only for a reason, which stands beside it."""
    rate: Fraction | None = None
    """Frames a second of the output, if not what `fps` makes of the source's 25."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A kind of footage."""

    kind: str
    """What people have."""
    awkward: str
    does: str
    inputs: Sequence[Input]


def all_inputs(rows: Sequence[Row]) -> Iterator[Input]:
    """Every file of every row."""
    for row in rows:
        yield from row.inputs
