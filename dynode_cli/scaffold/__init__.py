"""New plugin packages: ``dynode plugins new``.

The templates lie beside this module; ``$name`` and the like are filled in by :class:`string.Template`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from dynode_cli.errors import InputError, UsageError
from dynode_cli.plugin_host.kinds import KINDS
from dynode_cli.saving.whole import write_text

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TEMPLATES = Path(__file__).parent / "templates"
_FILES = {
    "pyproject.toml": "pyproject.toml.tmpl",
    "README.md": "readme.md.tmpl",
    "LICENSE": "licence.tmpl",
    ".gitignore": "gitignore.tmpl",
    ".github/workflows/test.yml": "workflow.yml.tmpl",
    "src/$package/__init__.py": "init.py.tmpl",
    "src/$package/hooks.py": "hooks.py.tmpl",
    "src/$package/$module.py": "implementation.py.tmpl",
    "src/$package/$module.json": "data.json.tmpl",
    "tests/test_conformance.py": "test_conformance.py.tmpl",
    "tests/test_program.py": "test_program.py.tmpl",
}
"""Files of a package and their templates: a kind's own, else the one that all kinds share, else there is no such file."""


@dataclass(frozen=True)
class Naming:
    """What the parts of a plugin are called."""

    name: str
    """What is registered and typed: ``my-dynamics``."""
    kind: str

    @property
    def distribution(self) -> str:
        """``dynode-my-dynamics``."""
        return f"dynode-{self.name}"

    @property
    def package(self) -> str:
        """``dynode_my_dynamics``."""
        return self.distribution.replace("-", "_")

    @property
    def class_name(self) -> str:
        """``MyDynamics``; the kind is added where the name does not end with it: ``TightDynamics``."""
        words = [word.capitalize() for word in self.name.split("-")]
        if words[-1].lower() != self.kind:
            words.append(self.kind.capitalize())
        return "".join(words)

    def substitutions(self) -> dict[str, str]:
        """For the templates."""
        return {
            "name": self.name,
            "kind": self.kind,
            "distribution": self.distribution,
            "package": self.package,
            "class_name": self.class_name,
            "module": self.kind,
        }


def naming(name: str, kind: str) -> Naming:
    """How a new plugin is named.

    Arguments:
        name: lower case, digits and dashes, a letter first; ``dynode-`` in front is left out.

    Raises:
        UsageError: the name cannot be one, or there is no such kind.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no template for the kind '{kind}'", hint=f"kinds: {', '.join(KINDS)}")
    short = name.removeprefix("dynode-")
    if not _NAME.fullmatch(short):
        raise UsageError(
            f"'{name}' cannot be the name of a plugin", hint="use lower case, digits and dashes, a letter first"
        )
    return Naming(short, kind)


def write_package(name: str, kind: str, parent: Path, *, force: bool = False) -> tuple[Path, list[Path]]:
    """Write a package for a plugin of `kind` into a new folder of `parent`, called like its distribution.

    Gives the folder and the files written, in order.

    Raises:
        UsageError: the name or the kind cannot be, or the folder exists and holds something (unless `force`).
        InputError: `parent` is no folder, or cannot be written to.
    """
    called = naming(name, kind)
    if not parent.is_dir():
        raise InputError(f"{parent}: no such folder", hint="make it first, or give another one with -o")
    folder = parent / called.distribution
    if not force and folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} already exists", hint="choose another name or folder, or say --force")
    words = called.substitutions()
    written = []
    try:
        for path, template in _FILES.items():
            text = _filled(kind, template, words)
            if text is not None:
                target = folder / Template(path).substitute(words)
                target.parent.mkdir(parents=True, exist_ok=True)
                # As it stands, on every system: checksums of what is written are stated.
                write_text(target, text, replace=force)
                written.append(target)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from error
    return folder, written


def _filled(kind: str, template: str, words: dict[str, str]) -> str | None:
    """`template` with `words` filled in; None if neither `kind` nor all kinds together have it."""
    for source in (_TEMPLATES / kind / template, _TEMPLATES / template):
        if source.is_file():
            return Template(source.read_text(encoding="utf-8")).substitute(words)
    return None
