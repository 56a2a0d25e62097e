"""Files that keep only the order in which frames are decoded: AVI and ASF with B-frames."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.reading.display_order import in_display_order
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip
from tests.dynode_cli.media.measures import level_difference

PYRAMID = {"qp": "1", "bf": "3", "g": "12", "preset": "medium"}


def sorted_stamps(stamps: list[int], decoded: Callable[[], bool]) -> list[int | None]:
    frames: list[Any] = [SimpleNamespace(pts=stamp) for stamp in stamps]
    found = list(in_display_order(iter(frames), decoded))
    assert [frame for frame, _ in found] == frames
    return [stamp for _, stamp in found]


@pytest.mark.parametrize(
    ("name", "sound"), [("b.avi", None), ("b.asf", None), ("b.asf", "pcm_s16le"), ("b.wmv", "libmp3lame")]
)
def test_frames_are_shown_in_ascending_order_of_what_the_file_says(
    tmp_path: Path, look: Callable[..., Any], name: str, sound: str | None
) -> None:
    frames = moving_texture(60)
    extras = Extras(None if sound is None else Sound(2.4, codec=sound))
    clip = look(write_clip(tmp_path / name, frames, options=PYRAMID, extras=extras))
    scan = clip.scan
    steps = {b - a for a, b in zip(scan.times, scan.times[1:], strict=False)}
    assert len(scan) == 60 and steps == {Fraction(1, 25)} and not scan.vfr
    assert scan.end_time - scan.times[0] == Fraction(60, 25)
    assert scan.disordered_pts == scan.lost == 0 and scan.reordered_pts > 0
    assert all(level_difference(a, b) < 5 for a, b in zip(clip.frames(), frames, strict=True))


def test_two_stamps_that_are_the_same_at_the_end_are_no_order_of_display(
    tmp_path: Path, look: Callable[..., Any]
) -> None:
    """As FFmpeg gives them where packets do not say how long they last."""
    path = tmp_path / "b.wmv"
    ticks = [2000 + 40 * k for k in range(20)]
    scan = look(write_clip(path, moving_texture(20), options=PYRAMID, pts=ticks, time_base=Fraction(1, 1000))).scan
    assert scan.raw.count(max(stamp for stamp in scan.raw if stamp is not None)) == 2
    assert {b - a for a, b in zip(scan.times, scan.times[1:], strict=False)} == {Fraction(1, 25)}


def test_containers_that_know_the_order_of_display_are_believed(tmp_path: Path, look: Callable[..., Any]) -> None:
    scan = look(write_clip(tmp_path / "b.mkv", moving_texture(30), options=PYRAMID)).scan
    assert scan.reordered_pts == 0 and scan.ordered


@given(st.lists(st.integers(0, 15), max_size=60))
def test_no_frame_is_dropped_and_times_ascend(late: list[int]) -> None:
    # Shown up to 15 places away from where they were decoded.
    order = sorted(range(len(late)), key=lambda k: (k + late[k], k))
    assert sorted_stamps([40 * k for k in order], lambda: True) == [40 * k for k in range(len(late))]
    assert sorted_stamps([40 * k for k in order], lambda: False) == [40 * k for k in order]
