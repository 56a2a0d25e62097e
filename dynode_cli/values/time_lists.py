"""Lists of times, as ``--times`` takes them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.values.times import parse_time


@dataclass(frozen=True)
class ListedTime:
    """A time, and where it was found."""

    value: Fraction
    """Seconds."""
    place: str
    """For messages: the word and its line."""


def read_list(path: Path) -> str:
    """The text of a list.

    Raises:
        UsageError: it is no text file.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--times {path}: not a readable text file ({error})") from error


def listed_times(text: str, rate: Fraction, *, name: str | Path, signed: bool = False) -> list[ListedTime]:
    """The times in `text`, apart by spaces, commas or line ends; what follows a ``#`` in a line is a comment.

    Arguments:
        rate: frames per second, for times such as ``300f``.
        name: of the list, for messages.
        signed: whether times may lie before 0.

    Raises:
        UsageError: a word is no time, or there is none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.split("#")[0].replace(",", " ").split():
            negative = signed and word.startswith("-")
            try:
                value = parse_time(word[negative:], rate)
            except UsageError as error:
                raise UsageError(f"--times {name}, line {number}: {error}", hint=error.hint) from error
            found.append(ListedTime(-value if negative else value, f"--times {name}, line {number}: {word}"))
    if not found:
        raise UsageError(f"--times {name}: there is no time in it", hint="write seconds, such as 0, 0.1, 0.2")
    return found
