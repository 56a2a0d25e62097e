"""What ``dynode trust`` can be asked: which folders' settings files may set everything."""

from __future__ import annotations

from pathlib import Path

from dynode_cli.options import option
from dynode_cli.requests.base import Request, request


@request
class TrustedFolder(Request):
    """A folder with a settings file."""

    folder: Path = option(
        default=Path(),
        kw_only=False,
        metavar="[DIR]",
        help="Folder of the dynode.toml or pyproject.toml. Default: the current one.",
    )
