"""An option is declared in one place: whoever looks for its flag finds one line."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import dynode_cli

PRODUCT = Path(dynode_cli.__file__).parent
OTHER_OPTIONS = {
    "--compare": "of edit a picture, of bench a file of an earlier run",
    "--dry-run": "of interpolate a look at the plan, of plugins a look at pip's command line, of runs at what would go",
    "--force": "of plugins new without the letter -f",
    "--name": "of weights add alone",
}
"""Flags that stand for different options in different commands."""


def declared_flags() -> dict[str, list[str]]:
    """Every place that names a flag as a literal of its own."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(PRODUCT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and "flags" in {k.arg for k in node.keywords}:
                (flags,) = (k.value for k in node.keywords if k.arg == "flags")
                if not isinstance(flags, ast.Tuple):
                    continue
                for flag in ast.literal_eval(flags):
                    found[flag].append(f"{path.relative_to(PRODUCT)}:{node.lineno}")
    return found


def test_each_option_has_one_declaration() -> None:
    flags = declared_flags()
    assert {"--fps", "--deinterlace", "--samples", "--output", "--metric", "--json", "-G"} <= set(flags)
    again = {flag: places for flag, places in flags.items() if len(places) > 1 and flag not in OTHER_OPTIONS}
    assert not again


def test_only_requests_declare_options() -> None:
    elsewhere = [
        place for places in declared_flags().values() for place in places if not place.startswith("requests/")
    ]
    assert not elsewhere
    for path in (PRODUCT / "cli").glob("*.py"):
        if path.stem != "declared":
            assert "typer.Option(" not in path.read_text(encoding="utf-8"), path
