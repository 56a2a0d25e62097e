"""What the host knows about plugins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal[
    "generator",
    "inverter",
    "estimator",
    "dynamics",
    "framing",
    "direction",
    "carrier",
    "metric",
    "command",
    "weights",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

HOOKS: dict[Kind, str] = {
    "generator": "dynode_register_generators",
    "inverter": "dynode_register_inverters",
    "estimator": "dynode_register_estimators",
    "dynamics": "dynode_register_dynamics",
    "framing": "dynode_register_framings",
    "direction": "dynode_register_directions",
    "carrier": "dynode_register_carriers",
    "metric": "dynode_register_metrics",
    "command": "dynode_register_commands",
    "weights": "dynode_register_weights",
}


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


def describe_kind(kind: str, name: str) -> str:
    """How messages call an implementation: ``generator 'motion'``."""
    return f"{kind} '{name}'"
