"""Loops, clips whose end leads back to their start: dynamics whose curves close."""

from __future__ import annotations

from dataclasses import replace

from dynode_cli.contracts import Context
from dynode_cli.errors import UsageError
from dynode_cli.options import describe, options_of
from dynode_cli.pipeline.methods import Choice, Methods
from dynode_cli.pipeline.plan import Plan
from dynode_cli.plugin_host.host import Host

PERIOD = "period"
"""The option of a dynamics, in seconds, that makes its curves come back."""


def closed(methods: Methods, dynamics: Choice, plan: Plan, host: Host, context: Context) -> Methods:
    """`methods` for a source of which `plan` says whether it loops.

    An inverter that looks at a whole shot finds codes that mean the same in every lap: a dynamics that has such an
    option is told the period. Elsewhere the frames beyond the seam, which are among the observations of a loop, do.

    Raises:
        UsageError: `dynamics`, which these were built with, name a period as well.
    """
    if not plan.loops:
        return methods
    if PERIOD in dynamics.options:
        raise UsageError(f"-D {PERIOD} and --loop both say when the clip comes back", hint="leave out one of them")
    known = {option.name for option in describe(options_of(type(methods.dynamics)))}
    if methods.inverter.context_frames is not None or PERIOD not in known:
        return methods
    shot = plan.shots[0]
    options = {**dynamics.options, PERIOD: float(shot.end - shot.start)}
    return replace(methods, dynamics=host.create("dynamics", dynamics.name, options, context), closes=True)
