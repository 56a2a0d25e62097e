"""Folders of the user: settings, cache, weights, runs.

``DYNODE_HOME`` moves everything under one folder; without it, the folders are the ones that the platform means
for such files (XDG on Linux). Nothing is created here: whoever writes makes the folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import PlatformDirs


def home(environ: Mapping[str, str] | None = None) -> Path | None:
    """The folder that ``DYNODE_HOME`` names, or None if it is unset or empty."""
    value = (os.environ if environ is None else environ).get("DYNODE_HOME", "")
    return Path(value).expanduser().absolute() if value else None


def config_dir() -> Path:
    """Folder of the user's ``config.toml``."""
    return home() or Path(_platform().user_config_dir)


def cache_dir() -> Path:
    """What can be made again: decoded, inverted or fitted data."""
    base = home()
    return base / "cache" if base else Path(_platform().user_cache_dir)


def weights_dir() -> Path:
    """Downloaded weights."""
    base = home()
    return base / "weights" if base else Path(_platform().user_data_dir) / "weights"


def runs_dir() -> Path:
    """Run directories of work that can be resumed."""
    base = home()
    return base / "runs" if base else Path(_platform().user_state_dir) / "runs"


def _platform() -> PlatformDirs:
    return PlatformDirs("dynode", appauthor=False)
