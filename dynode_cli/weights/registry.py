"""The registry of weights: those that dynode knows by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dynode_cli.contracts import WeightsEntry
from dynode_cli.errors import PluginError, WeightsError
from dynode_cli.suggestions import closest


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
    close = closest(name, known)
    hint = f"did you mean '{close[0]}'?" if close else "`dynode weights list` shows what there is"
    return WeightsError(f"there are no weights called '{name}'", hint=hint)
