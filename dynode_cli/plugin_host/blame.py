"""Whose defect a traceback shows."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.records import Plugin

_RAISED_IN = "raised in plugin"


def name_plugin(error: BaseException, plugins: Iterable[Plugin]) -> None:
    """Add a note to `error` that names the plugin whose code raised it, if any; deliberate errors need none."""
    if isinstance(error, DynodeError):
        return
    owners = {_package(plugin): plugin for plugin in plugins}
    # From where it was raised outwards: the plugin may have called a library.
    for frame, _ in reversed(list(traceback.walk_tb(error.__traceback__))):
        owner = owners.get(str(frame.f_globals.get("__name__", "")).partition(".")[0])
        if owner is not None:
            source = f" ({owner.distribution} {owner.version})" if owner.distribution else f" ({owner.module})"
            error.add_note(
                f"{_RAISED_IN} '{owner.name}'{source}: tell its authors; "
                f"DYNODE_DISABLE_PLUGINS={owner.name} leaves it out"
            )
            return


def plugin_named(error: BaseException) -> str | None:
    """The note that :func:`name_plugin` added to `error`."""
    return next((note for note in getattr(error, "__notes__", ()) if note.startswith(_RAISED_IN)), None)


def _package(plugin: Plugin) -> str:
    """Top-level module of a plugin."""
    if not plugin.distribution:
        return f"dynode_local_{plugin.name}"
    return plugin.module.partition(":")[0].partition(".")[0]
