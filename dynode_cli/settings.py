"""Settings files (dynode.toml, pyproject.toml, config.toml): what the user wrote down so as not to type it.

Strongest first: command-line option, environment (``DYNODE_<NAME>``), the file of ``--config``, ``./dynode.toml``
(or, without it, ``[tool.dynode]`` of ``./pyproject.toml``), the user's ``config.toml``, default. This module reads
the files; options and environment are the command line's (see :mod:`dynode_cli.cli.global_options`).

A file looks like this; every key is the name of an option with ``-`` or ``_``::

    fps = 240                 # an option, for every command that has it

    [interpolate]             # for one command only; wins over the line above
    crf = 20

    [generator]
    name = "motion"           # same as generator = "motion", which TOML forbids beside [generator.motion]

    [generator.motion]        # options of a plugin's implementation, as with -G key=value
    mask = 0.5
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dynode_cli import paths
from dynode_cli.errors import InputError, UsageError
from dynode_cli.plugin_host.kinds import IMPLEMENTED
from dynode_cli.plugin_host.records import OptionTable
from dynode_cli.suggestions import did_you_mean

CommandOptions = Mapping[str, Collection[str]]
"""Option names (with ``_``) of each command; a command in a group is ``"group command"``."""


@dataclass(frozen=True)
class Setting:
    """A value from a file."""

    value: Any
    source: str
    """The file, as it is shown to the user."""


@dataclass(frozen=True)
class Layer:
    """One file: its keys with ``_`` for ``-``, but names of implementations as they are written."""

    source: str
    values: Mapping[str, Any]

    def option(self, command: str, name: str) -> Any:
        """Value of option `name` of `command`, or None."""
        table: Any = self.values
        for word in command.split():
            table = table.get(_key(word)) if isinstance(table, Mapping) else None
        for scope in (table, self.values):
            value = scope.get(name) if isinstance(scope, Mapping) else None
            if isinstance(value, Mapping):
                value = value.get("name") if name in IMPLEMENTED else None
            if value is not None:
                return value
        return None

    def option_tables(self) -> Iterator[OptionTable]:
        """Every ``[KIND.NAME]``."""
        for kind in IMPLEMENTED:
            table = self.values.get(kind)
            for name, options in table.items() if isinstance(table, Mapping) else ():
                if isinstance(options, Mapping):
                    yield OptionTable(kind, name, options, self.source)


@dataclass(frozen=True)
class Settings:
    """All files that apply, strongest first."""

    layers: tuple[Layer, ...] = ()

    def option(self, command: str, name: str) -> Setting | None:
        """What the strongest file says about option `name` of `command` (``interpolate``, ``plugins list``)."""
        for layer in self.layers:
            value = layer.option(command, name)
            if value is not None:
                return Setting(value, layer.source)
        return None

    def option_tables(self) -> list[OptionTable]:
        """Options that the files give to implementations of plugins; the strongest file's word on each comes last."""
        return [table for layer in reversed(self.layers) for table in layer.option_tables()]

    def check(self, commands: CommandOptions) -> None:
        """Refuse keys that mean nothing.

        Raises:
            UsageError: a key is no option of any command, or a table is neither a command nor a plugin kind.
        """
        anywhere = {name for options in commands.values() for name in options}
        heads = {command.split()[0] for command in commands}
        for layer in self.layers:
            for key, value in layer.values.items():
                if key in IMPLEMENTED and isinstance(value, Mapping):
                    _check_kind_table(layer.source, key, value, can_be_named=key in anywhere)
                elif isinstance(value, Mapping) and key in {_key(head) for head in heads}:
                    _check_command_table(layer.source, key, value, commands)
                elif isinstance(value, Mapping) or key not in anywhere:
                    known = {*anywhere, *heads, *IMPLEMENTED}
                    raise UsageError(
                        f"{layer.source}: unknown key '{key}'", hint=did_you_mean(key, sorted(known), what="keys")
                    )


def load(config: Path | None = None, cwd: Path | None = None) -> Settings:
    """Read every settings file that applies.

    Arguments:
        config: the file of ``--config``; it must exist.
        cwd: folder whose ``dynode.toml`` or ``pyproject.toml`` applies; the current one by default.

    Raises:
        InputError: `config` is missing, or a file cannot be read.
        UsageError: a file is not TOML.
    """
    folder = Path.cwd() if cwd is None else cwd
    layers: list[Layer | None] = []
    if config is not None:
        if not config.is_file():
            raise InputError(f"{config}: no such settings file", hint="--config takes a TOML file")
        layers.append(_read(config, str(config)))
    project = _read(folder / "dynode.toml", "dynode.toml")
    layers.append(project or _read(folder / "pyproject.toml", "pyproject.toml", table=("tool", "dynode")))
    user = paths.config_dir() / "config.toml"
    layers.append(_read(user, str(user)))
    return Settings(tuple(layer for layer in layers if layer is not None))


def _read(path: Path, source: str, table: Sequence[str] = ()) -> Layer | None:
    if not path.is_file():
        return None
    try:
        values: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{source}: not valid TOML: {error}") from error
    for name in table:
        values = values.get(name)
        if values is None:
            return None
    where = f"{source} [{'.'.join(table)}]" if table else source
    if not isinstance(values, Mapping):
        raise UsageError(f"{where}: must be a table")
    return Layer(where, _normalised(values))


def _normalised(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _key(key): _options_by_name(value) if key in IMPLEMENTED else _with_keys(value)
        for key, value in values.items()
    }


def _options_by_name(table: Any) -> Any:
    return {name: _with_keys(value) for name, value in table.items()} if isinstance(table, Mapping) else table


def _with_keys(value: Any) -> Any:
    return {_key(key): _with_keys(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def _key(name: str) -> str:
    return name.replace("-", "_")


def _check_kind_table(source: str, kind: str, table: Mapping[str, Any], *, can_be_named: bool) -> None:
    """Refuse a value that is no table of an implementation; ``name`` chooses one, where an option does so."""
    for key, value in table.items():
        if not isinstance(value, Mapping) and not (key == "name" and can_be_named):
            chosen = f'; [{kind}] itself takes only name = "..."' if can_be_named else ""
            raise UsageError(
                f"{source}: '{key}' in [{kind}] belongs to no implementation",
                hint=f"write it in [{kind}.NAME]{chosen}",
            )


def _check_command_table(
    source: str, path: str, table: Mapping[str, Any], commands: CommandOptions, words: tuple[str, ...] = ()
) -> None:
    words = (*words, path)
    options: set[str] = set()
    children: set[str] = set()
    for command, names in commands.items():
        parts = tuple(_key(word) for word in command.split())
        if parts == words:
            options.update(names)
        elif parts[: len(words)] == words:
            children.add(parts[len(words)])
    for key, value in table.items():
        if key in children and isinstance(value, Mapping):
            _check_command_table(source, key, value, commands, words)
        elif key not in options:
            raise UsageError(
                f"{source}: unknown key '{key}' in [{'.'.join(words)}]",
                hint=did_you_mean(key, sorted(options | children), what="keys"),
            )
        elif isinstance(value, Mapping):
            raise UsageError(f"{source}: '{key}' in [{'.'.join(words)}] must be a value, not a table")
