"""Which metrics an evaluation measures: made through the host by their names, before any work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from dynode_cli.contracts import Context, Metric
from dynode_cli.errors import WeightsError
from dynode_cli.plugin_host.host import Host
from dynode_cli.weights.store import WeightsStore

STANDARD = ("psnr", "ssim", "flicker")
"""Always measured: the verdict is made from the first."""
UNASKED = "mobilenet"
"""Measured too, if no other is asked for, where its weights are on this machine."""


@dataclass(frozen=True)
class MetricFacts:
    """What to know about the figures of a metric."""

    name: str
    """What is registered and typed."""
    heading: str
    """What tables call it, with its unit."""
    unit: str
    higher_is_better: bool
    decimals: int


def make_metrics(host: Host, asked: Sequence[str] | None, store: WeightsStore, context: Context) -> dict[str, Metric]:
    """The standard metrics and those `asked` for (None: what can be had unasked), by name; nothing is fetched.

    Raises:
        PluginError: there is no such metric, or it cannot be imported.
        UsageError: an option that it does not have, or a bad value.
        WeightsError: the weights of one that was asked for are not on this machine.
    """
    local = Context(
        context.device, context.memory, context.seed, resolve_weights=partial(store.resolve, may_fetch=False)
    )

    def make(name: str) -> Metric:
        made: Metric = host.create("metric", name, {}, local)
        return made

    made = {name: make(name) for name in dict.fromkeys((*STANDARD, *(asked or ())))}
    if asked is None and UNASKED in host.names("metric"):
        with suppress(WeightsError):
            made[UNASKED] = make(UNASKED)
    return made


def facts_of(name: str, metric: Metric) -> MetricFacts:
    """Facts about the metric that is registered as `name`."""
    heading = metric.heading or f"{name} {metric.unit}".strip()
    return MetricFacts(name, heading, metric.unit, metric.higher_is_better, metric.decimals)
