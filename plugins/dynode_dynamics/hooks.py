"""Registers the dynamics with dynode; nothing heavy is imported until one of them is used."""

from __future__ import annotations

from dynode_cli import Register, hookimpl


@hookimpl
def dynode_register_dynamics(register: Register) -> None:
    """The dynamics of this plugin."""
    register("linear", "dynode_dynamics.linear:LinearDynamics", summary="straight line between neighbours")
    register("spline", "dynode_dynamics.spline:SplineDynamics", summary="Catmull-Rom through four neighbours")
