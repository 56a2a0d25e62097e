"""Trust in settings files: the one of the current folder may be a stranger's.

What such a file may set all the same is declared with each option (`project` of :func:`dynode_cli.options.option`).
Trust is in a folder and in what its settings say, not in the folder alone: once an update or an unpacked archive has
changed a word of them, they are a stranger's again. The rest of the file (of a ``pyproject.toml``) does not count.
It is kept in ``trusted.json`` of dynode's settings folder, which only its user can read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dynode_cli import paths
from dynode_cli.errors import UsageError
from dynode_cli.saving.failures import write_failure
from dynode_cli.saving.whole import write_json

FILE = "trusted.json"


def is_trusted(folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether these `settings` of `folder` were trusted as they are."""
    return trusted().get(str(folder.resolve())) == _digest(settings)


def trusted() -> dict[str, str]:
    """Every folder that was trusted, with the digest of what its settings said; a damaged record trusts nothing."""
    try:
        read = json.loads((paths.config_dir() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {folder: str(digest) for folder, digest in read.items()} if isinstance(read, dict) else {}


def add(folder: Path, settings: Mapping[str, Any]) -> None:
    """Trust these `settings` of `folder` from now on.

    Raises:
        DynodeError: that cannot be kept.
    """
    _write({**trusted(), str(folder.resolve()): _digest(settings)})


def remove(folder: Path) -> bool:
    """Trust `folder` no more; False if it was not trusted.

    Raises:
        DynodeError: that cannot be kept.
    """
    kept = trusted()
    found = kept.pop(str(folder.resolve()), None) is not None
    if found:
        _write(kept)
    return found


def refusal(source: str, keys: Sequence[str]) -> UsageError:
    """The error to show when `source`, a settings file that is not trusted, sets `keys`, which it may not."""
    named = ", ".join(f"'{key}'" for key in keys)
    return UsageError(
        f"{source} is not trusted and sets {named}: that could run code, write or overwrite files, or use the network",
        hint="read it; then `dynode trust add` to trust it, or take that out and say it on the command line, with "
        "--config or in your own config.toml",
    )


def _digest(settings: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


def _write(record: Mapping[str, str]) -> None:
    path = paths.config_dir() / FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_failure(str(path), error) from error
    write_json(path, record, replace=True, private=True)
