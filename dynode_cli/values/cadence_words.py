"""Words for a cadence (pulldown): ``24/25``, ``2:3``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from dynode_cli.errors import UsageError
from dynode_cli.values.words import short

_WORDS = "write auto, off, film/video such as 24/25 or 24/30, or how long frames stay, such as 2:3"
_FRAMES_FROM = 31
"""Frames a second above which `2:3` counts frames, and no fields."""


@dataclass(frozen=True)
class CadenceWord:
    """What a user says of a cadence."""

    word: str
    film: Fraction | None = None
    """Frames taken a frame shown: 24/25."""
    holds: tuple[int, ...] = ()
    """How long frames stay, in turn: 2, 3."""

    def __str__(self) -> str:
        return self.word

    @property
    def off(self) -> bool:
        """Whether frames are to keep the times at which they are shown."""
        return self.word == "off"

    @property
    def is_given(self) -> bool:
        """Whether it is named, not to be found."""
        return self.film is not None or bool(self.holds)

    def ratio(self, rate: Fraction, *, fields: bool) -> Fraction | None:
        """Slots a frame; None: as it is found.

        Arguments:
            rate: slots a second.
            fields: slots are fields, not frames.
        """
        if self.film is not None:
            return (2 if fields else 1) / self.film
        if not self.holds:
            return None
        mean = Fraction(sum(self.holds), len(self.holds))
        return mean if fields or rate > _FRAMES_FROM else mean / 2


def parse_cadence(given: str) -> CadenceWord:
    """A cadence: ``auto``, ``off``, ``24/25`` (film in video) or ``2:3`` (how many fields frames stay; in video of more
    than 31 frames a second, frames).

    Raises:
        UsageError: it is none.
    """
    word = str(given).strip().lower()
    if word in ("auto", "off"):
        return CadenceWord(word)
    film = re.fullmatch(r"(\d{1,3})/(\d{1,3})", word, re.ASCII)
    if film and 0 < int(film[1]) < int(film[2]) <= 5 * int(film[1]):
        return CadenceWord(word, film=Fraction(int(film[1]), int(film[2])))
    if film and 0 < int(film[2]) < int(film[1]):
        raise UsageError(f"--cadence {word}: is no cadence", hint=f"the film comes first: {film[2]}/{film[1]}")
    holds = tuple(map(int, word.split(":"))) if re.fullmatch(r"\d(:\d){1,24}", word, re.ASCII) else ()
    if holds and min(holds) >= 1 and max(holds) > 1:
        return CadenceWord(word, holds=holds)
    raise UsageError(f"--cadence {short(given)}: is no cadence", hint=_WORDS)
