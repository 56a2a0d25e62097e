"""What ``dynode weights`` can be asked: what there is, fetching, checking and keeping it."""

from __future__ import annotations

from pathlib import Path

from dynode_cli.options import option
from dynode_cli.requests.base import request
from dynode_cli.requests.machine import Networked


@request
class NamedWeights(Networked):
    """Weights of the registry."""

    name: str = option(
        kw_only=False,
        metavar="NAME",
        offers="weights",
        help="Name of the weights, as `dynode weights list` shows it.",
    )


@request
class VerifyWeights(Networked):
    """Compare the sha256 of the weights that are here with what it should be."""

    name: str | None = option(
        default=None, kw_only=False, metavar="[NAME]", offers="weights", help="Only these weights."
    )


@request
class AddWeights(Networked):
    """Keep a copy of a checkpoint under a name; a file with a registered sha256 gets its registered name."""

    file: Path = option(kw_only=False, metavar="FILE", help="A checkpoint.")
    name: str | None = option(
        default=None,
        flags=("--name",),
        metavar="NAME",
        help="What to call it. Default: the name of the file.",
    )
