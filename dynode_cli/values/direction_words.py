"""Words that name a direction: ``smile=0.8``, ``age.pt@0-7=2``, ``sefa:0``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.values.strengths import Strength, parse_strength_words

SPACES = ("z", "w", "w+")
_DIGITS = 9
_LAYERS = re.compile(rf"(\d{{1,{_DIGITS}}})(?:-(\d{{1,{_DIGITS}}}))?")


@dataclass(frozen=True)
class Word:
    """A direction as it was written."""

    name: str
    """Name of a plugin's direction, ``sefa``, or a file."""
    strength: Strength | None = None
    component: int | None = None
    layers: tuple[int, int] | None = None
    space: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it names a file rather than something that has a name."""
        return "/" in self.name or "\\" in self.name or Path(self.name).suffix != ""

    def __str__(self) -> str:
        """Text that :func:`parse_word` reads back."""
        component = "" if self.component is None else f":{self.component}"
        layers = "" if self.layers is None else f"@{self.layers[0]}-{self.layers[1]}"
        space = "" if self.space is None else f"@{self.space}"
        strength = "" if self.strength is None else f"={self.strength}"
        return f"{self.name}{component}{layers}{space}{strength}"


def parse_word(text: str | Word) -> Word:
    """Read ``NAME[:COMPONENT][@LAYERS][@SPACE][=STRENGTH]``.

    Raises:
        UsageError: it makes no sense.
    """
    if isinstance(text, Word):
        return text
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
    if colon and number.isdecimal() and len(number) <= _DIGITS:
        rest, component = name, int(number)
    hint = "write smile, smile=0.8 or age.pt=1.5"
    if not rest:
        raise UsageError(f"--direction {text}: nothing is named", hint=hint)
    if equals and not strength.strip():
        raise UsageError(f"--direction {text}: no strength follows the =", hint=hint)
    return Word(rest, parse_strength_words(strength) if equals else None, component, layers, space)
