"""The fuzzing itself: mutants are the same again, and what goes wrong is seen."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import fork_server
from tests.fuzz.fork_server import Limits, Run, run_all
from tests.fuzz.mutations import mutated
from tests.fuzz.subjects import SUBJECTS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.mark.parametrize("text", [False, True])
def test_a_mutant_is_the_same_again_and_another_with_another_seed(text: bool) -> None:
    data = bytes(range(256)) * 20
    made = [mutated(data, Random(seed), text=text) for seed in range(50)]
    assert made == [mutated(data, Random(seed), text=text) for seed in range(50)]
    assert len({data, *made}) > 45
    assert isinstance(mutated(b"", Random(3)), bytes)


def test_every_subject_has_commands_that_read_it() -> None:
    for name, subject in SUBJECTS.items():
        assert subject.commands, name
        assert subject.place or all(any("FILE" in word for word in words) for words in subject.commands), name


def fails() -> int:
    raise ValueError("as a defect would")


def hangs() -> int:
    time.sleep(60)
    return 0


def goes_on() -> int:
    print("rendering out.mp4: 12/9999 frames, 1.2 frames/s, 2 h 20 min left", file=sys.stderr, flush=True)
    return hangs()


def crashes() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def takes_memory() -> int:
    return 0 * len(bytearray(os.urandom(1 << 20) * 300))


def leaves() -> int:
    Path("output").touch()
    return 3


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        (lambda: 0, "ok"), (lambda: 3, "clean error"), (fails, "traceback"), (hangs, "hang"), (goes_on, "long"),
        (crashes, "crash"), (takes_memory, "memory"), (leaves, "left over"), (lambda: 77, "crash"),
    ],
    ids=["ok", "refused", "raises", "hangs", "goes on", "crashes", "takes memory", "leaves", "odd code"],
)  # fmt: skip
def test_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[], int], verdict: str) -> None:
    monkeypatch.setattr("dynode_cli.cli.main", lambda arguments: program())
    limits = Limits(
        seconds=1 if verdict in ("hang", "long") else 30,
        address_space=32 << 30,
        memory=_resident(tmp_path / "resident") + (200 << 20),
    )
    (ended,) = run_all([Run("x", (), tmp_path, tmp_path / "output")], limits, 1)
    assert ended.verdict == verdict
    assert ("as a defect would" in ended.told) == (program is fails)


def _resident(file: Path) -> int:
    """Bytes of memory that a child begins with: less than this process once had, after a test that took much."""
    import resource

    fork_server.in_child(lambda: _write(file, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
    return int(file.read_text()) << (0 if sys.platform == "darwin" else 10)


def _write(file: Path, number: int) -> None:
    file.write_text(str(number), encoding="utf-8")


def test_a_failure_to_prepare_is_told() -> None:
    with pytest.raises(RuntimeError, match="the child failed"):
        fork_server.in_child(fails)
