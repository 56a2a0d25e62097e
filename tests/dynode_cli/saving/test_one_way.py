"""Files get their names in one place: whoever writes one goes through `dynode_cli.saving`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import dynode_cli

PRODUCT = Path(dynode_cli.__file__).parent
PLUGINS = PRODUCT.parent / "plugins"
WRITES = {
    "write_text", "write_bytes", "touch", "save_file", "rename", "symlink_to", "hardlink_to", "mkdtemp", "mkstemp",
    "NamedTemporaryFile", "TemporaryDirectory", "copyfile", "copy2", "move", "rmtree", "unlink", "savez",
}  # fmt: skip
"""Calls that make, move or remove files."""
MODES = set("wax+")
ALONE = {
    "conformance": "folders of the suites, in tests",
    "testing": "folders of tests",
    "synthetic": "made clips, where the caller says",
    "benchmark/measuring/launcher.py": "in a scratch folder",
    "media/reading/source.py": "in a scratch folder",
    "media/writing/boxes.py": "in a part",
    "media/writing/last_frame.py": "in a part",
    "media/writing/matroska.py": "in a part",
    "pipeline/old_runs.py": "directories of runs that nobody uses",
    "verbs/invert.py": "removes a tuning with --force",
    "weights/sources.py": "into the part that the store gives",
    "weights/store.py": "in the store's own folders, under its lock",
}
"""Folders and files that do so otherwise, and with what."""


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        of, _, name = ast.unparse(node.func).rpartition(".")
        words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        opens = (
            name == "open" and of not in ("av", "container") and any(len(w) <= 3 and MODES & set(w) for w in words)
        )
        ours = not of and name == "write_text"
        if opens or (name in WRITES and not ours and of != "formatter"):
            yield f"{path.name}:{node.lineno}: {name}"


def test_files_are_written_in_one_place() -> None:
    used, elsewhere = set(), []
    for path in [*PRODUCT.rglob("*.py"), *PLUGINS.glob("dynode_*/**/*.py")]:
        inside = str(path.relative_to(PRODUCT if path.is_relative_to(PRODUCT) else PLUGINS))
        if inside.startswith("saving/"):
            continue
        found = list(calls(path))
        if reason := [place for place in ALONE if inside == place or inside.startswith(f"{place}/")]:
            used.update(reason if found else [])
        else:
            elsewhere += [f"{inside}: {call}" for call in found]
    assert not elsewhere, "use dynode_cli.saving: " + "; ".join(elsewhere)
    assert used == set(ALONE), f"take out: {set(ALONE) - used}"
