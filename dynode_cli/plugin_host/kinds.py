"""The kinds of things that plugins bring, in one table: all that differs from kind to kind is a column of it.

Hooks, contracts, conformance suites, templates of ``dynode plugins new``, tables of settings files and pages of the
documentation come from here; a new kind is a row, its hook in :mod:`dynode_cli.hookspecs`, and a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dynode_cli import contracts

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
"""Name of a kind, for type checkers; :data:`KINDS` has the same ones."""


@dataclass(frozen=True)
class KindRow:
    """What there is to know about a kind."""

    hook: str
    """The hook that registers it."""
    contract: type | None = None
    """What an implementation is a subclass of; None: what is registered is no class."""
    suite: str | None = None
    """Class of :mod:`dynode_cli.conformance` that checks it; None: nothing does.

    A name and not the class: suites bring torch and lie above the plugins, so whoever runs one imports it.
    """
    flag: str | None = None
    """The option of the command line that takes ``key=value`` for it, if there is one."""


KINDS: Mapping[Kind, KindRow] = {
    "generator": KindRow("dynode_register_generators", contracts.Generator, "GeneratorConformance", "-G"),
    "inverter": KindRow("dynode_register_inverters", contracts.Inverter, "InverterConformance", "-I"),
    "estimator": KindRow("dynode_register_estimators", contracts.FlowEstimator, "EstimatorConformance"),
    "dynamics": KindRow("dynode_register_dynamics", contracts.Dynamics, "DynamicsConformance", "-D"),
    "framing": KindRow("dynode_register_framings", contracts.Framing, "FramingConformance", "-F"),
    "direction": KindRow("dynode_register_directions", contracts.Direction, "DirectionConformance"),
    "carrier": KindRow("dynode_register_carriers", contracts.Carrier, "CarrierConformance", "-C"),
    "metric": KindRow("dynode_register_metrics", contracts.Metric, "MetricConformance"),
    "command": KindRow("dynode_register_commands", suite="CommandSuite"),
    "weights": KindRow("dynode_register_weights"),
}
"""In the order in which they are listed. ``scaffold/templates`` has a folder for each, called like it."""

IMPLEMENTED: tuple[Kind, ...] = tuple(kind for kind, row in KINDS.items() if row.contract is not None)
"""Kinds of which classes are registered: they have options, and ``[KIND.NAME]`` in a settings file sets them."""


def describe_kind(kind: str, name: str) -> str:
    """How messages call an implementation: ``generator 'motion'``."""
    return f"{kind} '{name}'"
