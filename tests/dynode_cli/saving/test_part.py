"""A file is there when it is complete, and nothing else is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dynode_cli.errors import DynodeError, UsageError
from dynode_cli.saving import part as part_module
from dynode_cli.saving.part import PartFile
from dynode_cli.saving.whole import write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_there_is_nothing_before_the_commit_and_one_file_after(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "out", replace=False)
    part.write(b"all")
    assert not (tmp_path / "out").exists()
    part.commit()
    part.discard()
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() == b"all"


def test_a_part_of_the_user_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "out.part").write_text("the user's")
    write_text(tmp_path / "out", "ours", replace=False)
    assert (tmp_path / "out.part").read_text() == "the user's" and (tmp_path / "out").read_text() == "ours"


def test_a_planted_link_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    foreseen = iter([tmp_path / ".dynode-planted.part", tmp_path / ".dynode-free.part"])
    (tmp_path / ".dynode-planted.part").symlink_to(victim)
    monkeypatch.setattr(part_module, "new_hidden", lambda place: next(foreseen))
    write_text(tmp_path / "out", "ours", replace=False)
    assert victim.read_text() == "precious" and (tmp_path / "out").read_text() == "ours"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the part is opened by its name")
def test_a_link_in_place_of_the_part_is_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    part = PartFile(tmp_path / "out", replace=False)
    part.path.unlink()
    part.path.symlink_to(victim)
    Path(part.opened_as).write_text("ours")
    with pytest.raises(DynodeError, match="something else removed"):
        part.commit()
    part.discard()
    assert victim.read_text() == "precious" and part.path.is_symlink() and not (tmp_path / "out").exists()


@pytest.mark.parametrize("links", [True, False])
def test_a_name_that_was_taken_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "out-kept.mp4").write_text("the user's")
    part = PartFile(tmp_path / "out.mp4", replace=False)
    part.write(b"work of hours")
    (tmp_path / "out.mp4").write_text("somebody's")
    with pytest.raises(DynodeError, match=r"made by something else meanwhile; .* kept as .*out-kept-2\.mp4"):
        part.commit()
    part.discard()
    assert (tmp_path / "out-kept-2.mp4").read_bytes() == b"work of hours"
    assert (tmp_path / "out.mp4").read_text() == "somebody's"
    assert names(tmp_path) == ["out-kept-2.mp4", "out-kept.mp4", "out.mp4"]


def no_links(*_: object, **__: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_without_hard_links_a_file_is_put_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", no_links)
    write_text(tmp_path / "out", "ours", replace=False)
    assert names(tmp_path) == ["out"] and (tmp_path / "out").read_text() == "ours"


def test_work_is_kept_where_its_place_cannot_be_replaced(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "out", replace=True)
    part.write(b"work of hours")
    (tmp_path / "out").mkdir()
    with pytest.raises(DynodeError, match="kept as"):
        part.commit()
    assert (tmp_path / "out-kept").read_bytes() == b"work of hours"


def test_permissions_are_those_of_new_files_or_of_the_one_replaced(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new", "", replace=False)
        (tmp_path / "private").touch(0o600)
        (tmp_path / "open").touch()
        (tmp_path / "open").chmod(0o646)
        part = PartFile(tmp_path / "private", replace=True)
        assert stat.S_IMODE(part.path.stat().st_mode) == 0o600, "nobody may read what grows, either"
        part.commit()
        write_text(tmp_path / "open", "", replace=True)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o640, "private": 0o600, "open": 0o646}


def test_a_link_to_a_file_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "real").write_text("old")
    (tmp_path / "link").symlink_to("elsewhere/real")
    write_text(tmp_path / "link", "new", replace=True)
    assert (tmp_path / "link").is_symlink() and (tmp_path / "elsewhere" / "real").read_text() == "new"


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    with pytest.raises(UsageError, match="is a link to nothing, where nothing is"):
        write_text(tmp_path / "link", "new", replace=True)
    assert names(tmp_path) == ["link"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_link_that_somebody_made_where_anybody_may_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "link").symlink_to("../real")
    os.chown(shared / "link", 12345, 12345, follow_symlinks=False)
    with pytest.raises(UsageError, match="another user made"):
        write_text(shared / "link", "new", replace=True)
    assert (tmp_path / "real").read_text() == "old"


KILLED = """
import os, signal, sys
from dynode_cli.saving.part import PartFile
part = PartFile(sys.argv[1], replace=False)
part.write(b"half")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="no locks")
def test_the_part_of_a_killed_run_is_removed_by_the_next_and_no_other(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "out")], check=False)
    (left,) = names(tmp_path)
    assert left.startswith(".dynode-") and left.endswith(".part")
    at_work = PartFile(tmp_path / "other", replace=False)
    write_text(tmp_path / "another", "", replace=False)
    assert left in names(tmp_path), "of another output"
    like_ours = tmp_path / left.replace(".part", ".part.txt")
    like_ours.write_text("the user's")
    link = tmp_path / f"{left[:21]}000000000000.part"
    link.symlink_to(like_ours)
    write_text(tmp_path / "out", "whole", replace=False)
    assert left not in names(tmp_path)
    assert like_ours.read_text() == "the user's" and link.is_symlink() and at_work.path.exists()
    at_work.discard()


@pytest.mark.skipif(os.name == "nt", reason="no locks")
def test_a_part_that_somebody_writes_is_left_to_them(tmp_path: Path) -> None:
    first = PartFile(tmp_path / "out", replace=False)
    second = PartFile(tmp_path / "out", replace=False)
    first.write(b"first")
    second.write(b"second")
    second.commit()
    with pytest.raises(DynodeError, match="kept as"):
        first.commit()
    assert (tmp_path / "out").read_bytes() == b"second" and (tmp_path / "out-kept").read_bytes() == b"first"


@pytest.mark.skipif(not sys.platform.startswith(("linux", "darwin")), reason="limits of POSIX")
def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    code = """
import resource, sys
from dynode_cli.errors import DeviceError
from dynode_cli.saving.whole import write_text
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_text(sys.argv[1], "x" * 5000, replace=True)
except DeviceError as error:
    print(error)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "the file may not grow any more" in done.stdout
    assert names(tmp_path) == []
