"""The benchmark of dynode on this machine: measures its parts one after another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from dynode_cli.benchmark.measuring.environment import environment
from dynode_cli.benchmark.measuring.harness import settled
from dynode_cli.benchmark.measuring.scope import PARTS, Scope, quick_scope
from dynode_cli.benchmark.parts import memory, quality, render, solvers, startup
from dynode_cli.benchmark.results import Results, Section, load
from dynode_cli.benchmark.telling.compare import Comparison, changed, compare
from dynode_cli.benchmark.telling.report import write_report
from dynode_cli.contracts import Context, device_of
from dynode_cli.media.writing.target import check_target
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.bench import Bench
from dynode_cli.verbs.evaluation.metrics import make_metrics
from dynode_cli.weights.opening import open_store

_LOG = logging.getLogger(__name__)

MEASURE: dict[str, Callable[[Scope, Host], Section]] = {
    "solvers": solvers.measure,
    "quality": quality.measure,
    "memory": memory.measure,
    "render": render.measure,
    "startup": startup.measure,
}


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark found."""

    results: Results
    comparison: Comparison | None = None
    """With an earlier run, where one was named."""

    def __repr__(self) -> str:
        compared = "" if self.comparison is None else f", {len(changed(self.comparison))} figures changed"
        return f"{self.results!r}{compared}"

    def to_json(self) -> dict[str, Any]:
        """Figures for programs; the command line reads them back as an earlier run."""
        told = self.results.to_json()
        return told if self.comparison is None else {**told, "comparison": asdict(self.comparison)}


def bench(request: Bench, host: Host) -> Benchmark:
    """Measure what is asked for, compare it with an earlier run, and write a report.

    Raises:
        UsageError: the report exists or its folder cannot be, or an option of the dynamics is wrong.
        InputError: the earlier run cannot be read.
        DeviceError: the device does not exist.
        DynodeError: a part cannot be measured at all.
    """
    if request.output is not None:
        check_target(request.output, None, force=request.force)
    before = None if request.compare is None else load(request.compare)
    scope = (
        quick_scope(request.device, request.threads)
        if request.quick
        else Scope(False, request.device, request.threads)
    )
    if request.dynamics is not None:
        options = host.options_for("dynamics", request.dynamics, request.dynamics_options)
        scope = scope.of_dynamics(request.dynamics, options)
    scope = replace(scope, metrics=request.metrics)
    results = run(PARTS if request.part == "all" else (request.part,), scope.noting(_LOG.info), host)
    comparison = None if before is None else compare(before, results)
    if request.output is not None:
        write_report(Path(request.output), results, comparison, replace=request.force)
        _LOG.info("wrote %s", request.output)
    return Benchmark(results, comparison)


def run(parts: Sequence[str], scope: Scope, host: Host) -> Results:
    """Measure `parts` (of :data:`~dynode_cli.benchmark.measuring.scope.PARTS`).

    Raises:
        DeviceError: the device does not exist.
        UsageError: an option of the dynamics or of a metric is wrong.
        PluginError, WeightsError: a metric does not exist, or its weights are not there.
        DynodeError: a part cannot be measured at all.
    """
    device = device_of(Context(device=scope.device))
    if device.type == "cuda":
        # Events, streams and figures of memory are those of the current device.
        torch.cuda.set_device(device)
    if scope.dynamics is not None:
        # A wrong option need not wait for the first part that uses it.
        host.create("dynamics", scope.dynamics, scope.dynamics_options, Context(device=scope.device))
    if "quality" in parts:
        # Nor need missing weights of a metric, or one that does not exist.
        make_metrics(host, scope.metrics, open_store(host), Context(scope.device))
    facts = environment(scope.threads)
    with threads_at_most(scope.threads), settled():
        sections = [MEASURE[part](scope, host) for part in parts]
    return Results(facts, scope.to_json(), sections)
