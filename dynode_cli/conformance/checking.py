"""Conformance of what is installed: which suites a plugin has to pass, and passing them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dynode_cli import options as option_tools, suggestions
from dynode_cli.contracts import Context
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.host import Host
from dynode_cli.plugin_host.kinds import KINDS, Kind, describe_kind
from dynode_cli.plugin_host.records import Registration

if TYPE_CHECKING:
    from dynode_cli.conformance import Finding
    from dynode_cli.conformance.program import Main

_CHECKED = [kind for kind, row in KINDS.items() if row.suite is not None]
"""Kinds that there is a suite for."""
_WITHOUT_ARGUMENTS = ("errors_are_typed", "has_help", "help_is_quick")
"""What can be asked of a command that nobody gave arguments for."""


@dataclass(frozen=True)
class CheckChoice:
    """What to check, and how it is built."""

    name: str
    """Of an implementation, or of a plugin: then everything it brings is checked."""
    kind: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    weights: Path | None = None


def to_check(host: Host, choice: CheckChoice) -> list[Registration]:
    """What `choice` names.

    Raises:
        UsageError: there is no such kind, or the kind has no suite.
        PluginError: nothing is called so, or the plugin is broken.
    """
    if choice.kind not in (None, *_CHECKED):
        raise UsageError(f"there is no suite for the kind '{choice.kind}'", hint=f"kinds: {', '.join(_CHECKED)}")
    for problem in host.problems:
        if choice.name in (problem.plugin, problem.distribution):
            raise PluginError(str(problem))
    every = [r for r in host.registrations() if choice.kind in (None, r.kind)]
    named = [r for r in every if r.name == choice.name] or [
        r for r in every if choice.name in (r.plugin, r.distribution)
    ]
    if not named:
        known = sorted({word for r in every for word in (r.name, r.plugin)})
        raise PluginError(f"nothing is called '{choice.name}'", hint=suggestions.hint(choice.name, known))
    found = [r for r in named if r.kind in _CHECKED]
    if not found:
        raise UsageError(f"'{choice.name}' brings nothing that there is a suite for")
    return found


def check(
    host: Host, registration: Registration, choice: CheckChoice, context: Context, main: Main
) -> Iterator[Finding]:
    """Run the suite of `registration`; what `context` says of weights holds for it.

    Arguments:
        main: the program that a command is a part of.

    Raises:
        PluginError: it, or what it needs for the check, cannot be imported.
        UsageError: an option that it does not have, or a bad value.
    """
    from dynode_cli.conformance import run_suite

    suite = _suite(registration.kind)
    if registration.kind == "command":
        if not isinstance(registration.target, str):
            raise PluginError(
                f"{describe_kind('command', registration.name)} is registered as an object and cannot be checked",
                hint="register it as 'package.module:app'",
            )
        program = {"target": registration.target, "main": lambda _, arguments: main(arguments)}
        return run_suite(type("Check", (suite,), program), _WITHOUT_ARGUMENTS)
    implementation = host.implementation(registration.kind, registration.name)
    declared = option_tools.options_of(implementation)
    option_tools.parse(declared, choice.options, owner=describe_kind(registration.kind, registration.name))
    body: dict[str, Any] = {"implementation": implementation, "options": choice.options}
    body["context"] = lambda _, *, device="cpu", seed=0: replace(
        context, device=device, seed=seed, name=registration.name
    )
    return run_suite(type("Check", (suite,), body | _partners(host, registration, implementation)))


def _suite(kind: Kind) -> type:
    from dynode_cli import conformance

    name = KINDS[kind].suite
    assert name is not None, "to_check leaves out kinds without a suite"
    suite: type = getattr(conformance, name)
    return suite


def _partners(host: Host, registration: Registration, implementation: Any) -> dict[str, Any]:
    """The inverter that binds a generator to a clip, and the generator that an inverter is the default of."""
    if registration.kind == "generator" and implementation.full_frame:
        return {"inverter": host.implementation("inverter", implementation.default_inverter)}
    if registration.kind == "inverter":
        for other in host.registrations("generator"):
            generator = host.implementation("generator", other.name)
            if getattr(generator, "default_inverter", None) == registration.name:
                return {"generator": generator}
    return {}
