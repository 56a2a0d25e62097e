"""What ``dynode directions`` can be asked: what one is, and a new one from two sets of examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from dynode_cli.errors import UsageError
from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, changed, request
from dynode_cli.requests.encoding import Output
from dynode_cli.requests.machine import Machine
from dynode_cli.requests.methods import Generating, Inverting


def _paths(given: str | Path | Sequence[str | Path]) -> tuple[Path, ...]:
    return tuple(map(Path, [given] if isinstance(given, (str, Path)) else given))


@request
class LearnDirection(Machine, Inverting, Output):
    """Learn a direction from two sets of examples: codes of `dynode invert`, or pictures, which are inverted."""

    positive: Parsed[tuple[Path, ...], str | Path | Sequence[str | Path]] = option(
        kw_only=False,
        flags=("--with",),
        common=True,
        metavar="PATH",
        help="Examples that show it: codes, pictures or a folder.",
        parse=_paths,
        many=True,
    )
    negative: Parsed[tuple[Path, ...], str | Path | Sequence[str | Path]] = option(
        kw_only=False,
        flags=("--without",),
        common=True,
        metavar="PATH",
        help="Examples that do not.",
        parse=_paths,
        many=True,
    )
    output: Parsed[str, str | Path] = changed(
        Output,
        "output",
        kw_only=True,
        metavar="FILE",
        panel="",
        help="Direction file to write, .safetensors.",
    )
    method: Literal["mean", "svm"] = option(
        default="mean",
        flags=("--method",),
        common=True,
        help="Difference of the means, or normal of the separating plane.",
        project=True,
    )
    space: Literal["z", "w", "w+"] | None = option(
        default=None,
        flags=("--space",),
        help="Space of the codes. Default: that of --generator.",
        project=True,
    )
    generator: str = changed(Generating, "generator", default="", common=True, help="What made the codes.")
    weights: Parsed[str | None, str | Path | None] = changed(Generating, "weights", default=None, common=True)

    def check(self) -> None:
        """Refuse an output that is no direction file."""
        if Path(self.output).suffix != ".safetensors":
            raise UsageError(f"{self.output}: directions are written as .safetensors")


@request
class ShowDirection(Request):
    """Show what a direction is: its space, its size, where it comes from."""

    name: str = option(kw_only=False, metavar="NAME", offers="direction", help="As for dynode edit --direction.")
