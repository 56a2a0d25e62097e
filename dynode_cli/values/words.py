"""Words as users wrote them: how long one may be, and how messages show it."""

from __future__ import annotations

MOST = 1000
"""Characters of a number. Python reads those of some thousand digits slowly, and longer ones not at all."""
_SHOWN = 60


def short(word: object) -> str:
    """`word` as messages show it: a long one by its beginning."""
    text = str(word)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
