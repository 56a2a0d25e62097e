"""Of two runs with one output the second is refused, as long as the first lives."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dynode_cli.errors import UsageError
from dynode_cli.saving import claims
from dynode_cli.saving.claims import check_unclaimed, claimed

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no locks")

HOLDER = """
import sys
from pathlib import Path
from dynode_cli.saving.claims import claimed
with claimed({"out": Path(sys.argv[1])}):
    print("claimed", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that has claimed `path` until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "claimed\n"
    return process


@pytest.mark.parametrize("name", ["out.mp4", "absent/%05d.png"])
def test_the_second_is_refused_until_the_first_ends(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    first = holder(path)
    with pytest.raises(UsageError, match="out: another run is writing it"), claimed({"out": path}):
        pass
    with pytest.raises(UsageError, match="another run is writing it"):
        check_unclaimed("out", path)
    with claimed({"other": tmp_path / "other.mp4"}):
        pass
    first.communicate("")
    assert not list(tmp_path.iterdir()), "a claim leaves nothing"
    check_unclaimed("out", path)
    with claimed({"out": path}):
        pass
    assert not list(tmp_path.iterdir())


def test_a_claim_holds_when_its_folder_is_made_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "new" / "out.mp4"
    first = holder(path)
    path.parent.mkdir()
    with pytest.raises(UsageError, match="another run is writing it"), claimed({"out": path}):
        pass
    with pytest.raises(UsageError, match="another run is writing it"):
        check_unclaimed("out", path)
    first.communicate("")
    with claimed({"out": path}):
        pass


def test_a_claim_dies_with_its_owner(tmp_path: Path) -> None:
    first = holder(tmp_path / "out.mp4")
    first.kill()
    first.communicate()
    assert len(list(tmp_path.iterdir())) == 1
    check_unclaimed("out", tmp_path / "out.mp4")
    with claimed({"out": tmp_path / "out.mp4"}):
        pass
    assert not list(tmp_path.iterdir()), "what it left is taken over"


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    with claimed({"out": tmp_path / "out.mp4"}):
        (lock,) = tmp_path.glob(".dynode-*.lock")
    lock.symlink_to(victim)
    with claimed({"out": tmp_path / "out.mp4"}):
        pass
    assert lock.is_symlink() and victim.read_text() == "precious"


def test_a_file_with_something_in_it_is_not_ours_to_remove(tmp_path: Path) -> None:
    with claimed({"out": tmp_path / "out.mp4"}):
        (lock,) = tmp_path.glob(".dynode-*.lock")
    lock.write_text("the user's")
    with claimed({"out": tmp_path / "out.mp4"}):
        pass
    assert lock.read_text() == "the user's"


def test_without_locks_work_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(claims, "lock", lambda descriptor, **_: None)
    with caplog.at_level(logging.INFO), claimed({"out": tmp_path / "out.mp4"}):
        assert not list(tmp_path.iterdir())
    assert caplog.messages == ["out: there are no file locks here; see to it that no other run has the same output"]
