"""Wildcards that no shell has expanded."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode_cli.errors import InputError, UsageError
from dynode_cli.values.wildcards import expanded, the_one


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    for name in ("b.mp4", "a.mp4", ".hidden.mp4", "odd[1].mp4", "clips/c.mp4"):
        Path(name).touch()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("*.mp4", ["a.mp4", "b.mp4", "odd[1].mp4"]),
        ("?.mp4", ["a.mp4", "b.mp4"]),
        ("[b-z].mp4", ["b.mp4"]),
        ("clips/*", ["clips/c.mp4"]),
        ("./c*/*.mp4", ["./clips/c.mp4"]),
        ("odd[1].mp4", ["odd[1].mp4"]),
        ("none.mp4", ["none.mp4"]),
        ("frames/%05d.png", ["frames/%05d.png"]),
        ("-", ["-"]),
    ],
)
def test_wildcards_stand_for_the_files_that_are_called_so(name: str, meant: list[str]) -> None:
    assert expanded(name) == meant


def test_a_pattern_that_no_file_matches_is_refused() -> None:
    with pytest.raises(InputError, match=r"\*\.mov: no file matches this pattern"):
        expanded("*.mov")


def test_where_one_is_wanted_several_are_refused() -> None:
    assert the_one("a*") == "a.mp4"
    with pytest.raises(UsageError, match=r"\*\.mp4: 3 files match, and one is wanted") as caught:
        the_one("*.mp4")
    assert caught.value.hint == "name it: a.mp4, b.mp4, odd[1].mp4"
