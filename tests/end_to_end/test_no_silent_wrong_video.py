"""Requests that would give another video than was meant are refused, or say what they take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip, write_images
from tests.end_to_end.program import Dynode, Outcome, frame_times

FRAMES = list(moving_texture(10, size=(48, 64)))


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return write_images(tmp_path / "plate", FRAMES)


def test_slow_motion_as_players_say_it_is_refused(dynode: Dynode, tmp_path: Path) -> None:
    write_clip(tmp_path / "in.mp4", FRAMES)
    outcome = dynode("interpolate", "in.mp4", "--slowmo", "0.25")
    assert outcome.code == 2
    assert "--slowmo 0.25 would play it 4 times faster; four times slower is --slowmo 4" in outcome.err
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".mp4"] == ["in.mp4"]


TAKEN = "no rate in images, taking 25 (--input-rate changes it)"


@pytest.mark.parametrize(
    ("source", "said"), [("plate", "plate/"), ("plate/", "plate/"), ("plate/%05d.png", "plate/%05d.png")]
)
def test_images_say_which_rate_is_taken_for_theirs(dynode: Dynode, plate: Path, source: str, said: str) -> None:
    for arguments in (("--fps", "48"), ("--fps", "2x"), ("--fps", "48", "--dry-run")):
        outcome = dynode("interpolate", source, *arguments, "-o", "out.mp4", "--force")
        assert outcome.code == 0
        assert outcome.err.splitlines().count(f"{said}: {TAKEN}") == 1
        assert outcome.err.count("no rate in images") == 1


def test_images_with_a_rate_and_single_ones_say_nothing(dynode: Dynode, plate: Path, tmp_path: Path) -> None:
    assert TAKEN not in dynode("interpolate", "plate", "--input-rate", "24", "--fps", "48", "-o", "out.mp4").err
    write_images(tmp_path / "one", FRAMES[:1])
    assert TAKEN not in dynode("probe", "one").err
    write_clip(tmp_path / "in.mp4", FRAMES)
    assert TAKEN not in dynode("probe", "in.mp4").err


def again(dynode: Dynode, *arguments: str) -> Outcome:
    outcome = dynode("interpolate", "in.mp4", "--crf", "40", "-o", "out.mp4", *arguments)
    assert outcome.code == 0
    return outcome


def test_a_request_for_the_rate_that_is_there_says_that_nothing_is_added(dynode: Dynode, tmp_path: Path) -> None:
    write_clip(tmp_path / "in.mp4", FRAMES)
    for rate in ("25", "1x", "source"):
        assert (
            "in.mp4: has 25 frames a second already; nothing is added" in again(dynode, "--fps", rate, "--force").err
        )
    assert len(frame_times(tmp_path / "out.mp4")) == 10
    for arguments in (("--fps", "30"), ("--fps", "2x"), ("--slowmo", "2"), ("--fps", "25", "--times", "0,0.1s")):
        assert "already" not in again(dynode, *arguments, "--force").err


def test_repeats_that_are_made_even_are_said(dynode: Dynode, tmp_path: Path) -> None:
    drawn_on_twos = list(np.repeat(np.asarray(list(moving_texture(12, size=(48, 64)))), 2, axis=0))
    write_clip(tmp_path / "in.mp4", drawn_on_twos)
    said = again(dynode, "--fps", "25").err
    assert "in.mp4: has 25 frames a second already; only repeated frames are made anew, " in said
    assert "nothing is added" not in said
