"""Runs the parts of a benchmark one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from dynode_cli.bench.measuring.environment import environment
from dynode_cli.bench.measuring.harness import fixed_threads, settled
from dynode_cli.bench.measuring.results import Results, Section
from dynode_cli.bench.measuring.settings import Settings
from dynode_cli.bench.parts import memory, quality, render, solvers, startup
from dynode_cli.contracts import Context, device_of
from dynode_cli.plugin_host.host import Host

MEASURE: dict[str, Callable[[Settings, Host], Section]] = {
    "solvers": solvers.measure,
    "quality": quality.measure,
    "memory": memory.measure,
    "render": render.measure,
    "startup": startup.measure,
}


def run(parts: Sequence[str], settings: Settings, host: Host) -> Results:
    """Measure `parts` (of :data:`~dynode_cli.bench.measuring.settings.PARTS`).

    Raises:
        DeviceError: the device does not exist.
        UsageError: an option of the dynamics is wrong.
        DynodeError: a part cannot be measured at all.
    """
    device = device_of(Context(device=settings.device))
    if device.type == "cuda":
        # Events, streams and figures of memory are those of the current device.
        torch.cuda.set_device(device)
    if settings.dynamics is not None:
        # A wrong option need not wait for the first part that uses it.
        host.create("dynamics", settings.dynamics, settings.dynamics_options, Context(device=settings.device))
    facts = environment(settings.threads)
    with fixed_threads(settings.threads), settled():
        sections = [MEASURE[part](settings, host) for part in parts]
    return Results(facts, settings.to_json(), sections)
