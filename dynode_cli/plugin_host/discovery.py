"""Which plugins there are: entry points of installed distributions, and files of a folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from dynode_cli import suggestions
from dynode_cli.plugin_host.records import Problem

GROUP = "dynode"
OWN_DISTRIBUTION = "dynode-cli"


@dataclass(frozen=True)
class Candidate:
    """A plugin that may be loaded."""

    name: str
    module: str
    """What the entry point names, or the file."""
    distribution: str
    version: str
    load: Callable[[], object]
    """Imports it; may raise anything."""

    @property
    def names(self) -> set[str]:
        """What users may call it: by its own name, by that of its distribution, or of the package it is in."""
        package = self.module.partition(":")[0].partition(".")[0]
        return {name for name in (self.name, self.distribution, package) if name and "/" not in name}

    @property
    def first_party(self) -> bool:
        """Comes with dynode itself."""
        return self.distribution == OWN_DISTRIBUTION


def installed(points: Iterable[EntryPoint] | None = None) -> list[Candidate]:
    """Plugins of the installed distributions: first-party ones first, then by distribution and name.

    Reads metadata files only. `points` stands in for the entry points of this environment.
    """
    found = [
        Candidate(
            name=point.name,
            module=point.value,
            distribution=point.dist.name if point.dist else "",
            version=point.dist.version if point.dist else "",
            load=point.load,
        )
        for point in (entry_points(group=GROUP) if points is None else points)
    ]
    return sorted(found, key=lambda c: (not c.first_party, c.distribution, c.name))


def in_folder(folder: Path) -> list[Candidate]:
    """Single-file plugins: every ``*.py`` of `folder` that does not start with an underscore."""
    return [
        Candidate(name=path.stem, module=str(path), distribution="", version="", load=_file_loader(path))
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def selected(candidates: Iterable[Candidate], environ: Mapping[str, str]) -> tuple[list[Candidate], list[Problem]]:
    """The candidates that DYNODE_LOAD_PLUGINS and DYNODE_DISABLE_PLUGINS leave; absent ones asked for are problems.

    Both take a comma list of names of plugins, distributions or packages. An empty DYNODE_LOAD_PLUGINS leaves none.
    """
    chosen = list(candidates)
    problems: list[Problem] = []
    if "DYNODE_LOAD_PLUGINS" in environ:
        wanted = _names(environ["DYNODE_LOAD_PLUGINS"])
        known = {name for c in chosen for name in c.names}
        told = sorted({name for c in chosen for name in (c.name, c.distribution) if name})
        for name in sorted(wanted - known):
            hint = suggestions.hint(name, told, what="installed")
            problems.append(Problem(name, "", f"DYNODE_LOAD_PLUGINS asks for it, but it is not installed; {hint}"))
        chosen = [c for c in chosen if c.names & wanted]
    blocked = _names(environ.get("DYNODE_DISABLE_PLUGINS", ""))
    return [c for c in chosen if not c.names & blocked], problems


def _names(text: str) -> set[str]:
    return {name.strip() for name in text.split(",") if name.strip()}


def _file_loader(path: Path) -> Callable[[], object]:
    def load() -> object:
        name = f"dynode_local_{path.stem}"
        spec = spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None, "a .py file always has a loader"
        module = module_from_spec(spec)
        # Registered before it runs, so that "dynode_local_<file>:Class" and dataclasses find their module.
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    return load
