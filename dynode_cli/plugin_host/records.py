"""What the host knows about plugins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dynode_cli.plugin_host.kinds import Kind


@dataclass(frozen=True)
class Registration:
    """One thing that a plugin brought."""

    kind: Kind
    name: str
    target: Any
    """A class, a ``"module:Class"`` string, or an entry of the weights registry."""
    summary: str
    plugin: str
    distribution: str
    version: str


@dataclass(frozen=True)
class Problem:
    """A plugin, or a part of one, that does not work."""

    plugin: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        source = f" ({self.distribution})" if self.distribution else ""
        return f"plugin '{self.plugin}'{source}: {self.reason}"


@dataclass(frozen=True)
class Plugin:
    """A plugin that was loaded."""

    name: str
    """Name of the entry point, or of the file."""
    distribution: str
    version: str
    module: str
    hooks: tuple[str, ...]


@dataclass(frozen=True)
class OptionTable:
    """``[KIND.NAME]`` of a settings file: what the user wrote down for an implementation."""

    kind: Kind
    name: str
    options: Mapping[str, object]
    source: str
    """The file, as it is shown to the user."""
    trusted: bool = True
    """It may set whatever an option can; else only what a stranger may."""

    def __str__(self) -> str:
        return f"{self.source}: [{self.kind}.{self.name}]"

    def is_of(self, kind: Kind, name: str) -> bool:
        """It is about this implementation; keys of settings files may have ``_`` for ``-``."""
        return self.kind == kind and self.name.replace("-", "_") == name.replace("-", "_")
