"""Writes dynode_cli/__init__.pyi, what type checkers see of the package, from the names that it exports.

python docs/stub.py           # write it
python docs/stub.py --check   # exit code 1 if it is stale
"""

from __future__ import annotations

import sys
from pathlib import Path

import dynode_cli

STUB = Path(dynode_cli.__file__).with_suffix(".pyi")


def text() -> str:
    """What the stub says: every public name, imported from where it is."""
    lines = [
        '"""What type checkers see of :mod:`dynode_cli`, whose names are loaded on first use; made by docs/stub.py."""',
        "",
    ]
    for module, names in sorted(dynode_cli.EXPORTS.items()):
        lines.append(f"from {module} import (")
        lines += [f"    {name} as {name}," for name in sorted(names)]
        lines.append(")")
    return "\n".join([*lines, "", "__version__: str", "__all__: list[str]", ""])


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        raise SystemExit(STUB.read_text(encoding="utf-8") != text())
    STUB.write_text(text(), encoding="utf-8")
