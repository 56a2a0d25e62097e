"""Global options: verbosity, colour, JSON, settings file, whatever the command."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dynode_cli.options import option
from dynode_cli.requests.base import request
from dynode_cli.requests.machine import GLOBAL, Networked

ColorMode = Literal["auto", "always", "never"]


@request
class GlobalOptions(Networked):
    """Options that every command has."""

    verbose: int = option(
        default=0,
        flags=("-v", "--verbose"),
        panel=GLOBAL,
        help="Say more on stderr; -vv says everything.",
        decides="nothing",
        project=True,
    )
    quiet: bool = option(
        default=False,
        flags=("-q", "--quiet"),
        panel=GLOBAL,
        help="Say nothing but warnings and errors.",
        decides="nothing",
    )
    color: ColorMode = option(
        default="auto",
        flags=("--color",),
        metavar="WHEN",
        panel=GLOBAL,
        help="Colour: auto, always or never. auto obeys NO_COLOR.",
        decides="nothing",
        project=True,
    )
    json: bool = option(
        default=False,
        flags=("--json",),
        panel=GLOBAL,
        help="Print the result, or the error, as JSON on stdout.",
        decides="nothing",
    )
    plugins_dir: Path | None = option(
        default=None,
        flags=("--plugins-dir",),
        metavar="DIR",
        panel=GLOBAL,
        help="Load the single-file plugins of DIR too.",
    )
    config: Path | None = option(
        default=None,
        flags=("--config",),
        metavar="FILE",
        panel=GLOBAL,
        help="Settings file, stronger than ./dynode.toml.",
        decides="nothing",
    )
    version: bool = option(default=False, flags=("--version", "-V"), help="Print the version.", decides="nothing")
