"""What ``dynode bench`` can be asked: the cost and the worth of solvers, memory, rendering and start-up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, changed, request
from dynode_cli.requests.encoding import Output
from dynode_cli.requests.evaluate import Measured
from dynode_cli.requests.machine import Computing
from dynode_cli.requests.methods import Moving

Part = Literal["solvers", "quality", "memory", "render", "startup", "all"]


@request
class Bench(Computing, Moving, Measured, Output):
    """Measure what dynode costs here, in time and memory, beside linear interpolation, and what it is worth.

    Every figure is the median of repeated runs with its quartiles; rivals take turns, so that a busy machine slows all
    of them alike. Slow cases are skipped and marked.
    """

    part: Part = option(
        default="all",
        kw_only=False,
        metavar="[WHAT]",
        help="solvers (ways to move codes), quality (held-out frames), memory (its peak), render (by stage), startup or "
        "all.",
    )
    output: Parsed[str | None, str | Path | None] = changed(
        Output,
        "output",
        default=None,
        kw_only=True,
        metavar="FILE",
        panel="",
        help="Write a report as one HTML page that needs nothing else.",
    )
    metrics: Parsed[tuple[str, ...] | None, str | Sequence[str] | None] = changed(
        Measured,
        "metrics",
        default=None,
        help="Of quality: measure this too, beside PSNR, SSIM and flicker; may be repeated. Default: mobilenet, if its "
        "weights are there.",
    )
    quick: bool = option(default=False, flags=("--quick",), help="Small cases, few repeats.", project=True)
    compare: Path | None = option(
        default=None,
        flags=("--compare",),
        metavar="FILE",
        help="JSON of an earlier run: show what changed, against the spread.",
    )
    dynamics: str | None = changed(
        Moving,
        "dynamics",
        default=None,
        help="Measure this one alone, beside linear. Default: all, and the solver paths below them.",
    )
    threads: int = changed(Computing, "threads", default=1, help="CPU threads. Default: 1.")

    def check(self) -> None:
        """Refuse options of no dynamics, and a report that is no page."""
        if self.output is not None and Path(self.output).suffix.lower() not in (".html", ".htm"):
            raise UsageError(f"-o {self.output}: the report is a page; its name must end in .html")
        if self.metrics and self.part not in ("quality", "all"):
            raise UsageError(f"--metric {self.metrics[0]} is for the part quality, which is not measured")
        if self.dynamics_options and self.dynamics is None:
            key, value = next(iter(self.dynamics_options.items()))
            raise UsageError(f"-D {key}={value} needs to know of which dynamics", hint="add --dynamics NAME")
