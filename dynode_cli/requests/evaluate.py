"""What ``dynode eval`` can be asked: held-out evaluation of methods, its metrics, a quality gate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dynode_cli.options import option
from dynode_cli.requests.applied import Applied
from dynode_cli.requests.base import Parsed, Request, changed, request
from dynode_cli.requests.methods import Moving
from dynode_cli.requests.reading import Reading, clip_given
from dynode_cli.values.frames import Frames


def names(given: str | Sequence[str]) -> tuple[str, ...]:
    """Names, in order and each once: a sequence, or a text with commas between them."""
    words = given.split(",") if isinstance(given, str) else given
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


@request
class Measured(Request):
    """What figures are shown."""

    metrics: Parsed[tuple[str, ...] | None, str | Sequence[str] | None] = option(
        default=None,
        flags=("--metric",),
        metavar="NAME",
        common=True,
        offers="metric",
        help="Measure this too, beside PSNR, SSIM and flicker; may be repeated. Default: mobilenet, if its weights are "
        "there.",
        parse=names,
        many=True,
        project=True,
    )


@request
class Evaluate(Measured, Moving, Applied):
    """Score interpolation on your own clip: drop frames, rebuild them, and compare with the real ones.

    Prints PSNR and SSIM of the rebuilt frames, their flicker and the time for a frame, for our dynamics beside
    holding, blending and ffmpeg's minterpolate, and says in words what to make of it.
    """

    source: Parsed[str | Frames[Any], str | Path | Frames[Any]] = changed(  # type: ignore[assignment]  # or in memory
        Reading, "source", kw_only=False, parse=clip_given
    )
    keep_every: int = option(
        default=2,
        flags=("--keep-every",),
        metavar="N",
        common=True,
        minimum=2,
        help="Keep every N-th frame, rebuild the others.",
        project=True,
    )
    methods: Parsed[tuple[str, ...] | None, str | Sequence[str] | None] = option(
        default=None,
        flags=("--methods",),
        metavar="LIST",
        common=True,
        help="hold, blend, minterpolate and names of dynamics, separated by commas. "
        "Default: the first three, linear, and --dynamics.",
        parse=names,
        project=True,
    )
    limit: int | None = option(
        default=None,
        flags=("--limit",),
        metavar="N",
        common=True,
        minimum=1,
        help="Rebuild at most N frames.",
        project=True,
    )

    @property
    def method_names(self) -> tuple[str, ...] | None:
        """The methods that were named, with the dynamics; None: the usual ones."""
        if self.methods is None or self.dynamics is None:
            return self.methods
        return tuple(dict.fromkeys((*self.methods, self.dynamics)))


@request
class Gate(Request):
    """What the command line has beside: whether it was worth it, as an exit code."""

    gate: float | None = option(
        default=None,
        flags=("--gate",),
        metavar="DB",
        common=True,
        help="Exit with code 8 unless our best beats blending by DB.",
        decides="nothing",
        project=True,
    )
