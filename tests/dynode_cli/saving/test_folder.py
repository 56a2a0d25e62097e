"""Files of a folder come all together, and what they replace goes last."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dynode_cli.errors import DynodeError
from dynode_cli.saving import folder as folder_module
from dynode_cli.saving.folder import PartFolder

OURS = re.compile(r"\d+\.txt")


def written(folder: Path, count: int, word: str, *, replace: bool) -> PartFolder:
    part = PartFolder("out/", folder, OURS, replace=replace)
    for number in range(count):
        part.write(f"{number}.txt", word.encode())
    return part


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with three files of ours and one of the user's."""
    folder = tmp_path / "out"
    written(folder, 3, "old", replace=False).commit()
    (folder / "notes").write_text("the user's")
    return folder


def test_a_new_folder_is_there_when_it_is_complete(tmp_path: Path) -> None:
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "mine").write_text("the user's")
    part = written(tmp_path / "out", 2, "new", replace=False)
    assert not (tmp_path / "out").exists()
    part.commit()
    assert content(tmp_path) == {"out/0.txt": "new", "out/1.txt": "new", "out.part/mine": "the user's"}


def test_old_files_are_replaced_all_and_others_stay(old: Path) -> None:
    written(old, 2, "new", replace=True).commit()
    assert content(old) == {"0.txt": "new", "1.txt": "new", "notes": "the user's"}
    assert len(list(old.iterdir())) == 3


@pytest.mark.parametrize("at", range(5))
def test_a_failure_while_files_are_replaced_loses_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    before = content(old)
    part = written(old, 2, "new", replace=True)
    real, count = folder_module.put, iter(range(100))

    def failing(source: Path, target: Path, *, replace: bool) -> None:
        if next(count) == at:
            raise OSError(5, "Input/output error")
        real(source, target, replace=replace)

    monkeypatch.setattr(folder_module, "put", failing)
    with pytest.raises(DynodeError, match="Input/output error; the finished work is kept as"):
        part.commit()
    part.discard()
    after = content(old)
    kept = {name: after.pop(name) for name in list(after) if name.startswith("kept from out-kept/")}
    assert after == before and list(kept.values()) == ["new", "new"]


KILLED = """
import os, re, signal, sys
from pathlib import Path
from dynode_cli.saving import folder as module
part = module.PartFolder("out/", Path(sys.argv[1]), re.compile(r"\\d+\\.txt"), replace=True)
part.write("0.txt", b"new")
part.write("1.txt", b"new")
real, count = module.put, iter(range(100))
def killing(*args, **options):
    if next(count) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(*args, **options)
module.put = killing
part.commit()
"""


@pytest.mark.skipif(os.name == "nt", reason="no locks")
@pytest.mark.parametrize(("at", "whose"), [(0, "old"), (1, "old"), (2, "old"), (3, "new"), (4, "new")])
def test_a_kill_while_files_are_replaced_is_ended_by_the_next_run(old: Path, at: int, whose: str) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(old), str(at)], check=False)
    assert len([word for word in content(old).values() if word == "old"]) == 3, "nothing is lost"
    PartFolder("out/", old, OURS, replace=True).discard()
    count = 3 if whose == "old" else 2
    assert content(old) == {**{f"{k}.txt": whose for k in range(count)}, "notes": "the user's"}
    assert len(list(old.iterdir())) == count + 1


def test_a_folder_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    part = written(tmp_path / "out", 1, "new", replace=False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.txt").write_text("somebody's")
    with pytest.raises(DynodeError, match=r"made by something else meanwhile; .* kept as .*out-kept"):
        part.commit()
    assert content(tmp_path) == {"out/0.txt": "somebody's", "out-kept/0.txt": "new"}


def test_files_that_came_meanwhile_are_not_mixed_with_ours(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    part = written(tmp_path / "out", 2, "new", replace=False)
    (tmp_path / "out" / "7.txt").write_text("somebody's")
    with pytest.raises(DynodeError, match="kept as"):
        part.commit()
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_file()] == ["7.txt"]


def test_what_was_discarded_leaves_nothing(tmp_path: Path) -> None:
    written(tmp_path / "out", 2, "new", replace=False).discard()
    assert not list(tmp_path.iterdir())
