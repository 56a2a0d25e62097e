"""Facts about plugins as JSON-able dicts, for ``dynode plugins`` and ``dynode doctor``."""

from __future__ import annotations

import inspect
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from dynode_cli import options, suggestions
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import IMPLEMENTED, KINDS
from dynode_cli.plugin_host.records import Plugin, Registration


def listing(host: Host, *, hook: str | None = None, include_switched_off: bool = False) -> dict[str, Any]:
    """Plugins, what they provide, and problems.

    Arguments:
        hook: leave only plugins that implement it, and what it registered.
        include_switched_off: name the plugins that the environment switches off.

    Raises:
        UsageError: there is no such hook.
    """
    hooks = [row.hook for row in KINDS.values()]
    if hook is not None and hook not in hooks:
        raise UsageError(f"there is no hook '{hook}'", hint=suggestions.hint(hook, hooks, what="hooks"))
    return {
        "plugins": [_plugin(host, p, hook) for p in host.plugins if hook is None or hook in p.hooks],
        "switched_off": [
            {"name": c.name, "distribution": c.distribution, "source": source(c.distribution, c.version)}
            for c in (host.switched_off if include_switched_off else ())
        ],
        "not_installed": [
            {"distribution": k.distribution, "summary": k.summary, "install": k.install}
            for k in host.absent()
            if hook is None or hook in {KINDS[kind].hook for kind, _ in k.provides}
        ],
        "problems": [{**asdict(p), "source": p.distribution or "no distribution"} for p in host.problems],
    }


def info(host: Host, name: str) -> dict[str, Any]:
    """Everything called `name`: implementations with their options, and plugins.

    Raises:
        PluginError: nothing is called that, or it cannot be imported.
    """
    implementations = [r for r in host.registrations() if r.name == name]
    plugins = [p for p in host.plugins if p.name == name]
    if not implementations and not plugins:
        for problem in host.problems:
            if problem.plugin == name:
                raise PluginError(str(problem))
        known = sorted({r.name for r in host.registrations()} | {p.name for p in host.plugins})
        raise PluginError(f"nothing is called '{name}'", hint=suggestions.hint(name, known))
    return {
        "implementations": [_implementation(host, r) for r in implementations],
        "plugins": [_plugin(host, p, None) for p in plugins],
    }


def source(distribution: str, version: str) -> str:
    """Where something comes from: ``dynode-cli 0.1.0``."""
    return f"{distribution} {version}" if distribution else "single file"


def _plugin(host: Host, plugin: Plugin, hook: str | None) -> dict[str, Any]:
    provides = [
        {"kind": r.kind, "name": r.name, "summary": r.summary}
        for r in host.registrations()
        if r.plugin == plugin.name and r.distribution == plugin.distribution and hook in (None, KINDS[r.kind].hook)
    ]
    return {
        **asdict(plugin),
        "source": source(plugin.distribution, plugin.version),
        "licence": _licence(plugin.distribution),
        "provides": provides,
    }


def _implementation(host: Host, registration: Registration) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": registration.kind,
        "name": registration.name,
        "summary": registration.summary,
        "plugin": registration.plugin,
        "source": source(registration.distribution, registration.version),
        "licence": _licence(registration.distribution),
        "class": str(registration.target),
        "documentation": "",
        "options": None,
    }
    if registration.kind not in IMPLEMENTED:
        return facts
    implementation = host.implementation(registration.kind, registration.name)
    declared = options.describe(options.options_of(implementation))
    return facts | {
        "class": f"{implementation.__module__}.{implementation.__qualname__}",
        "documentation": inspect.getdoc(implementation) or "",
        "options": [{**asdict(option), "value": option.summary()} for option in declared],
    }


def _licence(distribution: str) -> str:
    if not distribution:
        return ""
    try:
        facts = metadata(distribution)
    except PackageNotFoundError:
        return ""
    return next((facts[key] for key in ("License-Expression", "License") if key in facts), "")
