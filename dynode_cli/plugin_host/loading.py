"""Loading one plugin so that whatever is wrong with it stays its own problem."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable
from typing import Any

import pluggy

from dynode_cli import hookspecs, suggestions
from dynode_cli.contracts import API_VERSION
from dynode_cli.plugin_host.discovery import Candidate
from dynode_cli.plugin_host.kinds import KINDS, Kind
from dynode_cli.plugin_host.records import Plugin, Registration

_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_VERSION_ATTRIBUTE = "dynode_api_version"


class Refused(Exception):
    """Why a plugin cannot be used, as the end of a sentence that begins with its name."""


def load(candidate: Candidate) -> tuple[Plugin, list[Registration]]:
    """Import a plugin and call its hooks.

    All or nothing: a plugin of which one hook fails registers nothing.

    Raises:
        Refused: with the reason.
    """
    target = _imported(candidate)
    _check_api_version(target)
    hooks = _hooks(target)
    manager = pluggy.PluginManager("dynode")
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(target, candidate.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise Refused(_one_line(str(error))) from error
    for hook in hooks:
        # pluggy lets an implementation leave out what it has no use for.
        if "register" not in inspect.signature(getattr(target, hook)).parameters:
            raise Refused(f"{hook} does not take the parameter 'register', by which it would bring something")
    registrations: list[Registration] = []
    for kind, row in KINDS.items():
        if row.hook in hooks:
            _call(getattr(manager.hook, row.hook), row.hook, _register(kind, candidate, registrations))
    plugin = Plugin(candidate.name, candidate.distribution, candidate.version, candidate.module, hooks)
    return plugin, registrations


def reason_of(error: BaseException) -> str:
    """``ModuleNotFoundError: No module named 'x' (hooks.py, line 3)``."""
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        last = frames[-1]
        where = f" ({last.filename}, line {last.lineno})"
    if isinstance(error, SyntaxError):
        where = f" ({error.filename}, line {error.lineno})"
        return f"{type(error).__name__}: {error.msg}{where}"
    return _one_line(f"{type(error).__name__}: {error}{where}")


def _imported(candidate: Candidate) -> object:
    try:
        return candidate.load()
    except (Exception, SystemExit) as error:
        raise Refused(f"cannot be imported: {reason_of(error)}") from error


def _check_api_version(target: object) -> None:
    stated = getattr(target, _VERSION_ATTRIBUTE, API_VERSION)
    major = str(stated).partition(".")[0]
    if major != str(API_VERSION):
        raise Refused(
            f"was made for version {stated} of the plugin interface, but this dynode has version {API_VERSION}; "
            f"install a release of the plugin for version {API_VERSION}"
        )


def _hooks(target: object) -> tuple[str, ...]:
    """Names of the hooks that `target` implements."""
    if inspect.isclass(target):
        raise Refused(f"its entry point names the class {target.__name__}; name a module or an instance")
    known = {row.hook for row in KINDS.values()}
    found: list[str] = []
    for name in dir(target):
        if not name.startswith("dynode_") or name == _VERSION_ATTRIBUTE:
            continue
        member = inspect.getattr_static(target, name)
        if not inspect.isroutine(member):
            continue
        if name not in known:
            matches = suggestions.closest(name, known)
            question = f"; did you mean {matches[0]}?" if matches else ""
            raise Refused(f"there is no hook {name}{question}")
        if not hasattr(member, "dynode_impl"):
            raise Refused(f"{name} is not marked with @hookimpl")
        found.append(name)
    if not found:
        raise Refused(
            f"its entry point names {_what(target)}, which implements no hook; hooks: {', '.join(sorted(known))}"
        )
    return tuple(found)


def _call(hook: Any, name: str, register: Callable[..., None]) -> None:
    try:
        hook(register=register)
    except Refused:
        raise
    except (Exception, SystemExit) as error:
        raise Refused(f"{name} failed: {reason_of(error)}") from error


def _register(kind: Kind, candidate: Candidate, into: list[Registration]) -> Callable[..., None]:
    def add(name: str, target: Any, summary: str) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Refused(f"registers a {kind} named {name!r}; names are lower case, digits and dashes")
        if any(r.kind == kind and r.name == name for r in into):
            raise Refused(f"registers {kind} '{name}' twice")
        source = candidate.name, candidate.distribution, candidate.version
        into.append(Registration(kind, name, target, summary, *source))

    def register(name: str, target: str | type, *, summary: str = "") -> None:
        if isinstance(target, str):
            if not re.fullmatch(r"[\w.]+:[\w.]+", target):
                raise Refused(f"registers {kind} '{name}' as '{target}'; write 'package.module:Class'")
        elif kind != "command" and not inspect.isclass(target):
            raise Refused(f"registers {kind} '{name}' as {_what(target)}; give a class or 'package.module:Class'")
        add(name, target, summary)

    def register_weights(entry: Any) -> None:
        name = getattr(entry, "name", None)
        if not isinstance(name, str):
            raise Refused(f"registers {_what(entry)} as weights; give a WeightsEntry")
        add(name, entry, getattr(entry, "summary", ""))

    return register_weights if kind == "weights" else register


def _what(value: object) -> str:
    if inspect.ismodule(value):
        return f"the module {value.__name__}"
    return f"{type(value).__name__} {value!r:.60}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
