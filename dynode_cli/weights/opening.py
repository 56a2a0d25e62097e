"""Opening the store of the user's weights, with the registry that the plugins fill."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from dynode_cli import paths
from dynode_cli.contracts import Progress, WeightsEntry, silent
from dynode_cli.weights.registry import WeightsRegistry
from dynode_cli.weights.store import WeightsStore

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host

_LOG = logging.getLogger("dynode_cli.weights")


def open_store(
    host: Host,
    *,
    offline: bool = False,
    notify: Callable[[str], None] = _LOG.warning,
    progress: Progress = silent,
) -> WeightsStore:
    """The store in dynode's home with the entries of all plugins.

    Arguments:
        offline: never fetch.
        notify: told one sentence before a download; by default the log, so that no program downloads unsaid.
        progress: told bytes done and total.
    """
    entries = (r.target for r in host.registrations("weights"))
    registry = WeightsRegistry(entry for entry in entries if isinstance(entry, WeightsEntry))
    return WeightsStore(paths.weights_dir(), registry, offline=offline, notify=notify, progress=progress)
