"""Suggestions for misspelt names: what the user may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.7
"""Below it the shared letters are chance: ``quality`` and ``quiet`` are at 0.67."""


def closest(name: str, known: Iterable[str]) -> list[str]:
    """At most three of `known` that look like `name`, best first; case and ``_`` against ``-`` do not count.

    None where nothing is really alike: a wrong guess leads further astray than none.
    """
    folded = {_fold(candidate): candidate for candidate in known}
    swapped = [each for each in folded if sorted(each) == sorted(_fold(name))]
    alike = get_close_matches(_fold(name), folded, n=3, cutoff=_ALIKE)
    return [folded[match] for match in dict.fromkeys([*swapped, *alike])][:3]


def did_you_mean(name: str, known: Iterable[str], *, what: str = "known") -> str:
    """One line for the user: close matches, or everything that is known if nothing is close."""
    names = list(known)
    matches = closest(name, names)
    return _question(matches) if matches else f"{what}: {', '.join(names)}"


def hint(name: str, known: Iterable[str], *, what: str = "known") -> str:
    """One line for the user: close matches first, then everything that is known."""
    names = list(known)
    if not names:
        return "there are none"
    matches = closest(name, names)
    question = f"{_question(matches)} " if matches else ""
    return f"{question}{what}: {', '.join(names)}"


def _question(matches: list[str]) -> str:
    return f"did you mean {' or '.join(repr(match) for match in matches)}?"


def _fold(name: str) -> str:
    return name.lower().replace("_", "-")
