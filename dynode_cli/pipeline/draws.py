"""Samples of the posterior: plausible curves around the fitted one, for dynamics that know how uncertain they are."""

from __future__ import annotations

from collections.abc import Sequence

from dynode_cli.contracts import Dynamics, Sampler, Trajectory
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.host import Host


def check_samples(count: int, dynamics: str, host: Host) -> None:
    """Refuse samples of dynamics that draw none.

    Raises:
        UsageError: `count` is negative, or above 0 with such dynamics.
        PluginError: there is no such dynamics.
    """
    if count < 0:
        raise UsageError(f"--samples {count}: must be 0 or more")
    if count == 0:
        return
    implementation: type[Dynamics] = host.implementation("dynamics", dynamics)
    if not implementation.stochastic:
        able = [r.name for r in host.registrations("dynamics") if host.implementation("dynamics", r.name).stochastic]
        raise UsageError(
            f"--samples: dynamics '{dynamics}' knows no uncertainty to draw from",
            hint=f"use --dynamics {' or '.join(sorted(able))}" if able else None,
        )


def drawn_from(trajectory: Trajectory, count: int) -> Sequence[Trajectory]:
    """`count` plausible curves around `trajectory`.

    Raises:
        PluginError: it draws none, although its dynamics is said to be stochastic.
    """
    if count == 0:
        return ()
    if not isinstance(trajectory, Sampler):
        raise PluginError(f"{type(trajectory).__name__} draws no samples, although its dynamics is stochastic")
    return trajectory.samples(count)
