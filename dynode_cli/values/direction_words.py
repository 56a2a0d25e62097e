"""Words that name a direction: ``smile=0.8``, ``age.pt@0-7=2``, ``sefa:0``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    pass


SPACES = ("z", "w", "w+")


_LAYERS = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True)
class Word:
    """A direction as it was written."""

    name: str
    """Name of a plugin's direction, ``sefa``, or a file."""
    strength: str | None = None
    component: int | None = None
    layers: tuple[int, int] | None = None
    space: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it names a file rather than something that has a name."""
        return "/" in self.name or "\\" in self.name or Path(self.name).suffix != ""


def parse_word(text: str) -> Word:
    """Read ``NAME[:COMPONENT][@LAYERS][@SPACE][=STRENGTH]``.

    Raises:
        UsageError: it makes no sense.
    """
    rest, equals, strength = text.strip().rpartition("=")
    if not equals:
        rest, strength = strength, ""
    layers: tuple[int, int] | None = None
    space: str | None = None
    while "@" in rest:
        before, _, tail = rest.rpartition("@")
        numbers = _LAYERS.fullmatch(tail)
        if numbers:
            first = int(numbers[1])
            layers = (first, int(numbers[2] or first))
            if layers[1] < first:
                raise UsageError(f"--direction {text}: layers must ascend", hint=f"write @{layers[1]}-{first}")
        elif tail in SPACES:
            space = tail
        else:
            break
        rest = before
    name, colon, number = rest.rpartition(":")
    component = None
    if colon and number.isdecimal():
        rest, component = name, int(number)
    hint = "write smile, smile=0.8 or age.pt=1.5"
    if not rest:
        raise UsageError(f"--direction {text}: nothing is named", hint=hint)
    if equals and not strength.strip():
        raise UsageError(f"--direction {text}: no strength follows the =", hint=hint)
    return Word(rest, strength.strip() or None, component, layers, space)
