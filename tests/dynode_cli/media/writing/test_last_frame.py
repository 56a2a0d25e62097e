"""The last frame of an animation lasts as long as it should, and a clip that rests keeps its length."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.measures import info_of

Look = Callable[..., Any]


def written(folder: Path, target: str, frames: list[Any], times: list[Fraction], until: Fraction) -> Path:
    info = info_of(write_clip(folder / "in.mp4", frames[:2]))
    path = folder / target
    with VideoWriter(str(path), info, rate=None, until=until) as writer:
        for frame, time in zip(frames, times, strict=True):
            writer.write(frame, time)
    return path


@pytest.mark.parametrize("target", ["out.webp", "out.apng"])
def test_the_last_frame_lasts_until_the_end(tmp_path: Path, look: Look, target: str) -> None:
    times = [Fraction(0), Fraction(1, 10), Fraction(1, 2)]
    for until in (Fraction(54, 100), Fraction(3, 2)):
        path = written(tmp_path, target, moving_texture(3), times, until)
        scan = look(path).scan
        assert scan.times == tuple(times) and scan.end_time == until
        path.unlink()


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("target", ["out.webp", "out.apng"])
def test_a_clip_that_rests_keeps_its_length(tmp_path: Path, look: Look, target: str, alpha: bool) -> None:
    picture = moving_texture(1)[0]
    if alpha:
        ramp = np.linspace(0, 255, picture.shape[1]).astype(np.uint8)
        picture = np.dstack([picture, np.broadcast_to(ramp, picture.shape[:2])])
    times = [Fraction(k, 25) for k in range(25)]
    info = info_of(write_clip(tmp_path / "in.mkv", [picture] * 2, codec="ffv1", pix_fmt="bgra" if alpha else "bgr0"))
    path = tmp_path / target
    with VideoWriter(str(path), info, rate=Fraction(25)) as writer:
        for time in times:
            writer.write(picture, time)
    found = look(path)
    assert found.scan.times[0] == 0 and found.scan.end_time == 1
    assert found.info.size == picture.shape[:2] and len(found.frames()) == len(found.scan)
