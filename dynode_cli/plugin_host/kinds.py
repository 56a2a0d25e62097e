"""Kinds of things that plugins bring."""

from __future__ import annotations

from typing import Literal, get_args

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


def describe_kind(kind: str, name: str) -> str:
    """How messages call an implementation: ``generator 'motion'``."""
    return f"{kind} '{name}'"
