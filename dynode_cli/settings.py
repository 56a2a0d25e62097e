"""Settings files (dynode.toml, pyproject.toml, config.toml): what the user wrote down so as not to type it.

Strongest first: command-line option, environment (``DYNODE_<NAME>``), the file of ``--config``, ``./dynode.toml``
(or, without it, ``[tool.dynode]`` of ``./pyproject.toml``), the user's ``config.toml``, default. This module reads
the files; options and environment are the command line's (see :mod:`dynode_cli.cli.global_options`).

The file of the current folder may be a stranger's: what can do harm it sets only once it is trusted
(:mod:`dynode_cli.trust`).

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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dynode_cli import paths, trust
from dynode_cli.errors import InputError, UsageError
from dynode_cli.plugin_host.kinds import IMPLEMENTED
from dynode_cli.plugin_host.records import OptionTable
from dynode_cli.suggestions import did_you_mean

CommandOptions = Mapping[str, Mapping[str, bool]]
"""Option names (with ``_``) of each command, and whether a settings file of the current folder may set them, trusted
or not; a command in a group is ``"group command"``."""


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
    folder: Path | None = None
    """The folder that it is the own file of; None: it is the user's."""

    @property
    def trusted(self) -> bool:
        """It may set whatever an option can."""
        return self.folder is None or trust.is_trusted(self.folder, self.values)

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
                    yield OptionTable(kind, name, options, self.source, trusted=self.trusted)


@dataclass(frozen=True)
class Settings:
    """All files that apply, strongest first."""

    layers: tuple[Layer, ...] = ()

    @property
    def project(self) -> Layer | None:
        """The file of the current folder."""
        return next((layer for layer in self.layers if layer.folder is not None), None)

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

    def check_trust(self, commands: CommandOptions) -> None:
        """Refuse a file of the current folder that sets what a stranger must not, unless it is trusted.

        What it sets of plugins' implementations is looked at when these are: that imports them.

        Raises:
            UsageError: it does.
        """
        if self.project is not None:
            keys = list(_needing_trust(self.project.values, commands))
            if keys and not self.project.trusted:
                raise trust.refusal(self.project.source, keys)

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


def load(config: Path | None = None, cwd: Path | None = None, *, project: bool = True) -> Settings:
    """Read every settings file that applies.

    Arguments:
        config: the file of ``--config``; it must exist.
        cwd: folder whose ``dynode.toml`` or ``pyproject.toml`` applies; the current one by default.
        project: whether that folder's file is read at all.

    Raises:
        InputError: `config` is missing, or a file cannot be read.
        UsageError: a file is not TOML.
    """
    layers: list[Layer | None] = []
    if config is not None:
        if config.is_dir():
            raise InputError(f"{config}: is a folder", hint="--config takes a TOML file, such as one in it")
        if not config.is_file():
            raise InputError(f"{config}: no such settings file", hint="--config takes a TOML file")
        layers.append(_read(config, str(config)))
    folder = Path.cwd() if cwd is None else cwd
    # Whoever names the folder's own file trusts it.
    if project and (config is None or config.resolve() != (folder / "dynode.toml").resolve()):
        layers.append(project_file(folder))
    user = paths.config_dir() / "config.toml"
    layers.append(_read(user, str(user)))
    return Settings(tuple(layer for layer in layers if layer is not None))


def project_file(folder: Path) -> Layer | None:
    """The settings file of `folder`: ``dynode.toml``, or ``[tool.dynode]`` of ``pyproject.toml``, or None.

    Raises:
        InputError: it cannot be read.
        UsageError: it is not TOML.
    """
    found = _read(folder / "dynode.toml", _named(folder, "dynode.toml"))
    found = found or _read(folder / "pyproject.toml", _named(folder, "pyproject.toml"), table=("tool", "dynode"))
    return None if found is None else replace(found, folder=folder)


def _named(folder: Path, name: str) -> str:
    """What messages call a file: by its name alone if it is in the current folder."""
    return name if folder.resolve() == Path.cwd() else str(folder / name)


def _read(path: Path, source: str, table: Sequence[str] = ()) -> Layer | None:
    if not path.is_file():
        return None
    try:
        values: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{source}: not valid TOML: {error}") from error
    for name in table:
        if not isinstance(values, Mapping):
            break
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


def _needing_trust(values: Mapping[str, Any], commands: CommandOptions, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Keys of a file, or of the table of command `words`, that may be set only by a file that is trusted."""
    for key, value in values.items():
        if isinstance(value, Mapping) and key in IMPLEMENTED and not words:
            named = value.get("name")
            if named is not None and not isinstance(named, Mapping) and not _is_for_all(key, commands, words):
                yield f"{key}.name"
        elif isinstance(value, Mapping):
            yield from _needing_trust(value, commands, (*words, key))
        elif not _is_for_all(key, commands, words):
            yield ".".join((*words, key))


def _is_for_all(option: str, commands: CommandOptions, words: tuple[str, ...]) -> bool:
    """Every file may set `option`, in all commands or in the one that is named."""
    return all(
        options.get(option, True)
        for command, options in commands.items()
        if not words or tuple(map(_key, command.split())) == words
    )


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
