"""Several inputs in one run: one that fails stops no other, and a batch can be repeated."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.end_to_end.program import Dynode

FAST = ("--fps", "50", "--crf", "40", "--end", "3f")
BROKEN = """
from dynode_cli import Dynamics, hookimpl

class Broken(Dynamics):
    def fit(self, *_, **__):
        raise {raised}

@hookimpl
def dynode_register_dynamics(register): register("broken", Broken, summary="x")
"""


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Two clips, and between them a file that is none."""
    made = [tmp_path / name for name in ("a.mp4", "b.mp4", "c.mp4")]
    write_clip(made[0], list(moving_texture(4, size=(32, 48))))
    made[1].write_bytes(b"no video")
    copyfile(made[0], made[2])
    return made


def test_a_batch_is_repeated_for_what_failed(dynode: Dynode, clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    command = ["interpolate", *clips, *FAST, "--out-dir", "out", "--skip-existing", "--json"]
    first = dynode(*command)
    assert first.code == 7
    assert [("error" in result, "skipped" in result) for result in first.data] == [
        (False, False),
        (True, False),
        (False, False),
    ]
    assert "2 of 3 done, 1 failed" in first.err and f"1 of 3 inputs failed: {clips[1]}" in first.err
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    copyfile(clips[0], clips[1])
    again = dynode(*command)
    assert again.code == 0
    assert [result.get("skipped") for result in again.data] == [True, None, True]
    assert "1 of 3 done, 2 left out" in again.err
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())


@pytest.mark.parametrize("rate", [["--fps", "12"], ["--fps", "2x"], ["--slowmo", "2"]])
def test_a_single_output_that_is_there_is_left_out(dynode: Dynode, clips: list[Path], rate: list[str]) -> None:
    command = ["interpolate", clips[0], "--end", "3f", "--crf", "40", *rate]
    assert dynode(*command).code == 0
    (output,) = clips[0].parent.glob("a-*.mp4")
    before = output.read_bytes()
    assert dynode(*command).code == 2
    outcome = dynode(*command, "--skip-existing", "--json")
    assert outcome.code == 0
    assert outcome.data == {"source": str(clips[0]), "output": str(output), "skipped": True}
    assert f"{output}: is there already; {clips[0]} is left out" in outcome.err
    named = dynode(*command, "--skip-existing", "-o", output)
    assert named.code == 0 and output.read_bytes() == before


def test_images_that_are_there(dynode: Dynode, clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    command = ["interpolate", clips[0], "--fps", "50", "-o", "out/", "--skip-existing", "--json"]
    assert "skipped" not in dynode(*command).data
    assert dynode(*command).data["skipped"]


def test_skipping_and_replacing_exclude_each_other(dynode: Dynode, clips: list[Path]) -> None:
    outcome = dynode("interpolate", clips[0], "--skip-existing", "--force")
    assert outcome.code == 2 and "leave out one of them" in outcome.err


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        ("ZeroDivisionError('of a plugin')", "ZeroDivisionError (broken.py, line 6) at the stage 'fit': of a plugin"),
        ("SystemExit(9)", "SystemExit (broken.py, line 6): 9"),
        ("MemoryError", "memory ran out"),
    ],
)
def test_what_nobody_foresaw_stops_no_batch(
    dynode: Dynode, clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: str, told: str
) -> None:
    from dynode_cli.plugin_host.host import load_host

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.py").write_text(BROKEN.format(raised=raised))
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path / "mine"))
    load_host.cache_clear()
    try:
        outcome = dynode("interpolate", clips[0], clips[2], *FAST, "-d", "broken", "--json")
    finally:
        monkeypatch.delenv("DYNODE_PLUGINS_DIR")
        load_host.cache_clear()
    assert outcome.code == 7
    assert [told in result["error"] for result in outcome.data] == [True, True]
    assert "0 of 2 done, 2 failed" in outcome.err
    assert not list(tmp_path.glob("*-50fps*"))


def test_an_interrupt_stops_the_batch(dynode: Dynode, clips: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def interrupted(*_: object, **__: object) -> None:
        seen.append(1)
        raise ValueError if len(seen) == 1 else KeyboardInterrupt

    monkeypatch.setattr("dynode_cli.verbs.interpolate.planned", interrupted)
    outcome = dynode("interpolate", *clips, *FAST, "--json")
    assert outcome.code == 130 and len(seen) == 2
    assert [result["source"] for result in outcome.data] == [str(clip) for clip in clips[:2]]


@pytest.mark.filterwarnings("default:.*is not kept:RuntimeWarning")
def test_the_video_is_made_where_dynodes_home_cannot_be_written(
    dynode: Dynode, clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "file"))
    outcome = dynode("interpolate", clips[0], clips[2], *FAST)
    assert outcome.code == 0
    assert outcome.err.count("warning: ") == 1 and "is not kept for later ones" in outcome.err
    assert len(list(tmp_path.glob("*-50fps.mp4"))) == 2
