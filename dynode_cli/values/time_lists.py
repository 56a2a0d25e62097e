"""Lists of times, as ``--times`` takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dynode_cli.errors import UsageError
from dynode_cli.values.times import Number, Position, parse_position


@dataclass(frozen=True)
class ListedTime:
    """A time, and where it was found."""

    position: Position
    negative: bool = False
    """Whether it lies so far before the first frame."""
    place: str = field(default="", compare=False)
    """For messages: the word and its line."""

    def at(self, rate: Fraction) -> Fraction:
        """Seconds, given how many frames a second has."""
        seconds = self.position.at(rate)
        return -seconds if self.negative else seconds

    def __str__(self) -> str:
        """The time as it can be written in a list: `-0.5s`, `300f`."""
        return f"{'-' if self.negative else ''}{self.position}"


@dataclass(frozen=True)
class TimeList:
    """Times in the order of a list, at least one."""

    times: tuple[ListedTime, ...]

    def __str__(self) -> str:
        """Text that :func:`parse_time_list` reads back exactly: `0s,0.1s,300f`."""
        return ",".join(map(str, self.times))


def parse_time_list(given: str | Path | Iterable[Number] | TimeList) -> TimeList:
    """Read times apart by spaces, commas or line ends, or the text file that holds such; ``#`` begins a comment.

    Raises:
        UsageError: a word is no time, there is none, or the file cannot be read.
    """
    if isinstance(given, TimeList):
        return given
    if isinstance(given, Path) or (isinstance(given, str) and _is_file(given)):
        return _parsed(_read(Path(given)), str(given))
    if not isinstance(given, str):
        return _parsed(",".join(map(str, given)), "LIST")
    try:
        return _parsed(given, "LIST")
    except UsageError as error:
        raise UsageError(
            f"--times {given}: neither a list of times nor a file that is there",
            hint="write times separated by commas, 0,0.1,0.2, or the name of a file of them",
        ) from error


def _parsed(text: str, name: str) -> TimeList:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.split("#")[0].replace(",", " ").split():
            negative = word.startswith("-")
            try:
                position = parse_position(word[negative:])
            except UsageError as error:
                raise UsageError(f"--times {name}, line {number}: {error}", hint=error.hint) from error
            found.append(ListedTime(position, negative, f"--times {name}, line {number}: {word}"))
    if not found:
        raise UsageError(f"--times {name}: there is no time in it", hint="write seconds, such as 0, 0.1, 0.2")
    return TimeList(tuple(found))


def _read(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"--times {path}: no such file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--times {path}: not a readable text file ({error})") from error


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:
        # A list may well be longer than a name can be.
        return False
