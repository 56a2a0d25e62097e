"""The plugins of this installation: what they brought, built with its options, and what is wrong with them.

Environment, read once:

* ``DYNODE_LOAD_PLUGINS``: unset, all are loaded; empty, none; a comma list, those.
* ``DYNODE_DISABLE_PLUGINS``: a comma list of those that are not loaded.
* ``DYNODE_PLUGINS_DIR``: a folder of single-file plugins.
* ``DYNODE_STRICT_PLUGINS=1``: a broken plugin is an error of every command.
* ``DYNODE_TRACE_PLUGINS=1``: tell on stderr what is loaded, and how long it takes.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from dynode_cli import contracts, options, other_words, suggestions, trust
from dynode_cli.contracts import Context, FlowEstimator, Metric
from dynode_cli.errors import PluginError, UsageError
from dynode_cli.plugin_host.discovery import Candidate, in_folder, installed, selected
from dynode_cli.plugin_host.kinds import KINDS, Kind, describe_kind
from dynode_cli.plugin_host.known import KNOWN, KnownPlugin
from dynode_cli.plugin_host.loading import Refused, load, reason_of
from dynode_cli.plugin_host.records import OptionTable, Plugin, Problem, Registration

if TYPE_CHECKING:
    import typer


class Host:
    """Plugins, loaded.

    Arguments:
        candidates: the plugins to load, strongest first: of two that register the same name, the first is kept.
        switched_off: plugins that are installed but not to be loaded.
        problems: what went wrong before.
        known: plugins that could be installed.
        strict: any problem makes :meth:`require_sound_if_strict` raise.
        trace: told what is loaded and how long it takes.
    """

    def __init__(
        self,
        candidates: Iterable[Candidate],
        *,
        switched_off: Iterable[Candidate] = (),
        problems: Iterable[Problem] = (),
        known: Iterable[KnownPlugin] = KNOWN,
        strict: bool = False,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.plugins: list[Plugin] = []
        self.problems: list[Problem] = list(problems)
        self.switched_off: list[Candidate] = list(switched_off)
        self._known = tuple(known)
        self._strict = strict
        self._trace = trace
        self._registrations: dict[tuple[Kind, str], Registration] = {}
        self._tables: tuple[OptionTable, ...] = ()
        for candidate in candidates:
            self._load(candidate)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], points: Iterable[EntryPoint] | None = None) -> Host:
        """The host that `environ` asks for; `points` stands in for the installed entry points."""
        found = installed(points)
        problems: list[Problem] = []
        folder = environ.get("DYNODE_PLUGINS_DIR", "")
        if folder:
            if Path(folder).is_dir():
                found = sorted([*in_folder(Path(folder)), *found], key=lambda c: not c.first_party)
            else:
                problems.append(Problem("DYNODE_PLUGINS_DIR", "", f"{folder} is no folder"))
        chosen, absent = selected(found, environ)
        return cls(
            chosen,
            switched_off=[candidate for candidate in found if candidate not in chosen],
            problems=[*problems, *absent],
            strict=_is_on(environ, "DYNODE_STRICT_PLUGINS"),
            trace=_trace_to_stderr if _is_on(environ, "DYNODE_TRACE_PLUGINS") else None,
        )

    def registrations(self, kind: Kind | None = None) -> list[Registration]:
        """Everything of `kind` (or at all), by name."""
        found = [r for r in self._registrations.values() if kind in (None, r.kind)]
        order = list(KINDS)
        return sorted(found, key=lambda r: (order.index(r.kind), r.name))

    def absent(self) -> list[KnownPlugin]:
        """Plugins that are known but not installed."""
        there = {plugin.distribution for plugin in self.plugins}
        there |= {candidate.distribution for candidate in self.switched_off}
        there |= {problem.distribution for problem in self.problems}
        return [known for known in self._known if known.distribution not in there]

    def names(self, kind: Kind) -> list[str]:
        """Names that can be given for `kind`."""
        return [r.name for r in self.registrations(kind)]

    def registration(self, kind: Kind, name: str) -> Registration:
        """What is registered as `name`.

        Raises:
            PluginError: nothing is.
        """
        found = self._registrations.get((kind, name))
        if found is None:
            said = other_words.answer("generator", name) if kind == "generator" else None
            hint = said or suggestions.hint(name, self.names(kind))
            if self.problems:
                hint += f"; {len(self.problems)} problem(s) with plugins, see `dynode plugins list`"
            for plugin in self.absent():
                if (kind, name) in plugin.provides:
                    hint = f"{plugin.distribution} brings it: {plugin.install}"
            raise PluginError(f"there is no {describe_kind(kind, name)}", hint=hint)
        return found

    @overload
    def implementation(self, kind: Literal["generator"], name: str) -> type[contracts.Generator]: ...
    @overload
    def implementation(self, kind: Literal["inverter"], name: str) -> type[contracts.Inverter]: ...
    @overload
    def implementation(self, kind: Literal["estimator"], name: str) -> type[contracts.FlowEstimator]: ...
    @overload
    def implementation(self, kind: Literal["dynamics"], name: str) -> type[contracts.Dynamics]: ...
    @overload
    def implementation(self, kind: Literal["framing"], name: str) -> type[contracts.Framing]: ...
    @overload
    def implementation(self, kind: Literal["direction"], name: str) -> type[contracts.Direction]: ...
    @overload
    def implementation(self, kind: Literal["carrier"], name: str) -> type[contracts.Carrier]: ...
    @overload
    def implementation(self, kind: Literal["metric"], name: str) -> type[contracts.Metric]: ...
    @overload
    def implementation(self, kind: Kind, name: str) -> type: ...
    def implementation(self, kind: Kind, name: str) -> type:
        """The class that implements `name`; imports it.

        Raises:
            PluginError: there is none, its import fails, or it is no implementation of `kind`.
        """
        found = self.registration(kind, name)
        target = self._target(found)
        contract = KINDS[kind].contract or object
        if not (inspect.isclass(target) and issubclass(target, contract)):
            raise PluginError(
                f"{describe_kind(kind, name)} of {_source(found)} is {target!r}, "
                f"which is not a subclass of dynode_cli.{contract.__name__}"
            )
        return target

    def with_options(self, tables: Iterable[OptionTable]) -> Host:
        """The same plugins; what is built is given the options in `tables` too, the last word on each counting."""
        host = copy(self)
        host._tables = tuple(tables)
        return host

    def check_options(self) -> list[str]:
        """Look through the tables of :meth:`with_options`; imports what they name, and nothing else.

        Gives a line about each table that sets options of nothing: plugins come and go.

        Raises:
            UsageError: an option is unknown or has a bad value.
        """
        unused = []
        for table in self._tables:
            name = next((name for name in self.names(table.kind) if table.is_of(table.kind, name)), table.name)
            try:
                self._check(table, name)
            except PluginError as error:
                unused.append(f"{table} is not used: {error}{f'; {error.hint}' if error.hint else ''}")
        return unused

    def settings_of(self, kind: Kind, name: str) -> dict[str, object]:
        """Options of implementation `name` in the tables of :meth:`with_options`.

        Raises:
            PluginError: see :meth:`implementation`.
            UsageError: an option is unknown or has a bad value; the file is named.
        """
        merged: dict[str, object] = {}
        for table in self._tables:
            if table.is_of(kind, name):
                self._check(table, name)
                merged |= table.options
        return merged

    def options_for(self, kind: Kind, name: str, given: Mapping[str, object]) -> dict[str, object]:
        """`given` options of implementation `name`, and under them those of :meth:`settings_of`, which raises.

        Those that are given are not checked: :meth:`create` does it.
        """
        return self.settings_of(kind, name) | {key.replace("-", "_"): value for key, value in given.items()}

    def create(self, kind: Kind, name: str, given: Mapping[str, object], context: Context) -> Any:
        """Build `name` with its options (see :meth:`options_for`) and `context`.

        Raises:
            PluginError: see :meth:`implementation`.
            UsageError: an option is unknown or has a bad value.
        """
        implementation: Any = self.implementation(kind, name)
        chosen = self.options_for(kind, name, given)
        parsed: Any = options.parse(options.options_of(implementation), chosen, owner=describe_kind(kind, name))
        told = replace(context, name=name)
        # For what builds others in turn, as inverters do with flow estimators.
        return implementation(parsed, replace(told, settings_of=self.settings_of) if self._tables else told)

    def command(self, name: str) -> typer.Typer:
        """The typer app of a plugin's command.

        Raises:
            PluginError: there is none, its import fails, or it is no typer app.
        """
        import typer

        found = self.registration("command", name)
        target = self._target(found)
        if not isinstance(target, typer.Typer):
            raise PluginError(f"command '{name}' of {_source(found)} is {found.target}, which is no typer.Typer")
        return target

    def reserve(self, kind: Kind, names: Iterable[str]) -> None:
        """Take `names` for dynode itself; a plugin that registered one of them has a problem."""
        for name in names:
            taken = self._registrations.pop((kind, name), None)
            if taken is not None:
                reason = f"{describe_kind(kind, name)} is dynode's own, which is kept"
                self.problems.append(Problem(taken.plugin, taken.distribution, reason))

    def require_sound_if_strict(self) -> None:
        """Raise what is wrong with plugins if the user asked for it (``DYNODE_STRICT_PLUGINS=1``).

        Raises:
            PluginError: some plugin is broken.
        """
        if self._strict and self.problems:
            raise PluginError(
                "; ".join(str(problem) for problem in self.problems),
                hint="DYNODE_STRICT_PLUGINS makes broken plugins errors; DYNODE_DISABLE_PLUGINS=NAME leaves one out",
            )

    def _check(self, table: OptionTable, name: str) -> None:
        """Raise what is wrong with the options that `table` gives to implementation `name`."""
        declared = options.options_of(self.implementation(table.kind, name))
        try:
            options.parse(declared, table.options, owner=describe_kind(table.kind, name))
        except UsageError as error:
            raise UsageError(f"{table}: {error}", hint=error.hint) from error
        if not table.trusted:
            harmless = {info.name for info in options.describe(declared) if info.project}
            keys = [key for key in table.options if key.replace("-", "_") not in harmless]
            if keys:
                raise trust.refusal(str(table), keys)

    def _load(self, candidate: Candidate) -> None:
        start = time.perf_counter()
        try:
            plugin, registrations = load(candidate)
        except Refused as refusal:
            self.problems.append(Problem(candidate.name, candidate.distribution, str(refusal)))
            self._tell(f"{candidate.name}: refused after {_ms(start)}: {refusal}")
            return
        self.plugins.append(plugin)
        for registration in registrations:
            self._add(registration)
        hooks = ", ".join(plugin.hooks)
        self._tell(f"{candidate.name}: {candidate.module} loaded in {_ms(start)} ({hooks})")

    def _add(self, new: Registration) -> None:
        key = (new.kind, new.name)
        kept = self._registrations.setdefault(key, new)
        if kept is not new:
            what = describe_kind(new.kind, new.name)
            reason = f"{what} is already registered by {_source(kept)}, which is kept"
            self.problems.append(Problem(new.plugin, new.distribution, reason))

    def _target(self, found: Registration) -> object:
        if not isinstance(found.target, str):
            return found.target
        start = time.perf_counter()
        module_name, _, path = found.target.partition(":")
        try:
            target: object = import_module(module_name)
            for attribute in path.split("."):
                target = getattr(target, attribute)
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{describe_kind(found.kind, found.name)} of {_source(found)} cannot be imported "
                f"from {found.target}: {reason_of(error)}"
            ) from error
        self._tell(f"{found.plugin}: {found.target} imported in {_ms(start)}")
        return target

    def _tell(self, text: str) -> None:
        if self._trace is not None:
            self._trace(text)


@cache
def load_host() -> Host:
    """The plugins of this process; loaded once. ``load_host.cache_clear()`` forgets them."""
    return Host.from_environment(os.environ)


def flow_estimator(name: str, options: Mapping[str, object], context: Context) -> FlowEstimator:
    """The flow estimator that a plugin registered as `name`.

    Arguments:
        options: as a user gives them; what the settings files of `context` say comes under them.

    Raises:
        PluginError: there is none, or it cannot be imported.
        UsageError: an option that it does not have, or a bad value.
    """
    made: FlowEstimator = _created("estimator", name, options, context)
    return made


def make_metric(name: str, options: Mapping[str, object], context: Context) -> Metric:
    """The metric that a plugin registered as `name`, as :func:`flow_estimator` gives flow estimators."""
    made: Metric = _created("metric", name, options, context)
    return made


def _created(kind: Kind, name: str, options: Mapping[str, object], context: Context) -> Any:
    written = context.settings_of(kind, name) if context.settings_of is not None else {}
    return load_host().create(kind, name, {**written, **options}, context)


def _source(registration: Registration) -> str:
    distribution = f" ({registration.distribution} {registration.version})" if registration.distribution else ""
    return f"plugin '{registration.plugin}'{distribution}"


def _is_on(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() not in ("", "0", "false", "no", "off")


def _ms(start: float) -> str:
    return f"{(time.perf_counter() - start) * 1000:.1f} ms"


def _trace_to_stderr(text: str) -> None:
    sys.stderr.write(f"dynode plugins: {text}\n")
