"""Duplicate frames are found through coding noise, and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dynode_cli.synthetic.clips import moving_texture, with_duplicates, write_clip

Look = Callable[..., Any]


def test_repeats_are_found_through_coding_noise(tmp_path: Path, look: Look) -> None:
    repeats = [5, 12, 13, 20]
    frames = with_duplicates(moving_texture(30), repeats)
    found = look(write_clip(tmp_path / "clip.mp4", frames, options={"crf": "23"})).scan
    assert found.duplicates == set(repeats) and found.cuts == ()


def test_what_rests_is_no_repeat(tmp_path: Path, look: Look) -> None:
    frame = moving_texture(1)[0]
    static = look(write_clip(tmp_path / "static.mp4", [frame] * 20, options={"crf": "23"})).scan
    assert static.duplicates == frozenset() and static.cuts == ()
    moving = moving_texture(20)
    pause = look(write_clip(tmp_path / "pause.mp4", moving[:10] + [moving[9]] * 12 + moving[10:])).scan
    assert pause.duplicates == frozenset() and pause.cuts == ()


def test_slow_motion_is_no_repeat(tmp_path: Path, look: Look) -> None:
    slow = look(write_clip(tmp_path / "slow.mp4", moving_texture(30, velocity=(0.02, 0.01)))).scan
    assert slow.duplicates == frozenset() and slow.cuts == ()


def test_repeats_in_real_footage(footage: Callable[[str], Path], look: Look) -> None:
    bunny = look(footage("bigbuckbunny")).scan
    assert bunny.duplicates == {7, 32, 57, 82, 107}
    assert bunny.cuts == () and bunny.lost == 0 and not bunny.vfr
