"""What the host knows about plugins."""

from __future__ import annotations

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
