"""Folders that come with what is written into them, and go with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dynode_cli.saving import folders
from dynode_cli.saving.folder import PartFolder
from dynode_cli.saving.folders import MadeFolders
from dynode_cli.saving.part import PartFile


def test_what_was_made_and_holds_nothing_is_removed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    made = MadeFolders(tmp_path / "there" / "a" / "b")
    assert (tmp_path / "there" / "a" / "b").is_dir()
    made.remove()
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    made = MadeFolders(tmp_path / "a" / "b")
    (tmp_path / "a" / "note").write_text("mine")
    made.remove()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "note"]


def test_a_folder_that_another_run_made_meanwhile_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_dir = Path.is_dir
    monkeypatch.setattr(folders.Path, "is_dir", lambda path: path.name != "a" and is_dir(path))
    (tmp_path / "a").mkdir()
    MadeFolders(tmp_path / "a").remove()
    monkeypatch.undo()
    assert (tmp_path / "a").is_dir()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may write everywhere")
def test_where_one_cannot_be_made_none_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(PermissionError):
        MadeFolders(tmp_path / "a" / "b")
    tmp_path.chmod(0o700)


def test_a_name_that_is_too_long_leaves_none_of_the_folders_above(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        MadeFolders(tmp_path / "a" / ("b" * 300) / "c")
    assert not list(tmp_path.iterdir())


def test_files_and_folders_take_theirs_along(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    images = PartFolder("b/", place / "images", re.compile(r"\d+"), replace=False)
    images.write("1", b"x")
    images.discard()
    assert not list(tmp_path.iterdir())
    part = PartFile(place / "out.txt", replace=False)
    part.discard()
    assert not list(tmp_path.iterdir())
    part = PartFile(place / "out.txt", replace=False)
    part.write(b"x")
    part.commit()
    part.discard()
    assert (place / "out.txt").read_bytes() == b"x"
