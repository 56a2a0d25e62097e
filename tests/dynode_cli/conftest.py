"""Fixtures for the host: an environment of its own, and distributions made on the fly."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, distributions
from pathlib import Path
from textwrap import dedent

import pytest

from dynode_cli.plugin_host.host import Host, load_host


@dataclass
class Site:
    """A folder of made-up distributions with real metadata."""

    folder: Path

    def add(self, distribution: str, source: str, *, name: str = "", target: str = "", version: str = "1.0") -> str:
        """Install a module with `source` and an entry point for it; gives the module's name."""
        module = distribution.replace("-", "_") + "_hooks"
        (self.folder / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.4\nName: {distribution}\nVersion: {version}\nLicense-Expression: MIT\n",
            encoding="utf-8",
        )
        (info / "entry_points.txt").write_text(f"[dynode]\n{name or distribution} = {target or module}\n")
        return module

    def points(self) -> list[EntryPoint]:
        """The entry points of these distributions only."""
        found = distributions(path=[str(self.folder)])
        return [point for dist in found for point in dist.entry_points if point.group == "dynode"]

    def host(self, **environ: str) -> Host:
        """A host that sees these distributions only."""
        return Host.from_environment(environ, self.points())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if str(folder) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]


@pytest.fixture
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder and home, no DYNODE_ variables; gives the working folder."""
    import os

    for name in [name for name in os.environ if name.startswith("DYNODE_")]:
        monkeypatch.delenv(name)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    load_host.cache_clear()
    yield work
    load_host.cache_clear()
    # Set by --plugins-dir, not through monkeypatch.
    os.environ.pop("DYNODE_PLUGINS_DIR", None)


@dataclass(frozen=True)
class Outcome:
    """What a command printed and exited with."""

    code: int
    out: str
    err: str


Dynode = Callable[..., Outcome]


@pytest.fixture
def dynode(clean: Path, capsys: pytest.CaptureFixture[str]) -> Dynode:
    """Runs the program in this process: ``dynode("plugins", "list")``."""
    from dynode_cli.cli import main

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
