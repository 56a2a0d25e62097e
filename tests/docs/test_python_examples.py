"""Every example in Python on the pages for those who call dynode runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("index.md", "coming-from.md", "python.md")
EXAMPLES = [
    pytest.param(block, id=f"{page}-{number}")
    for page in PAGES
    for number, block in enumerate(
        re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL), 1
    )
]


def test_examples_were_found() -> None:
    assert len(EXAMPLES) > 5


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", moving_texture(4, size=(48, 64)))
    exec(compile(example, "example", "exec"), {"__name__": "example"})
