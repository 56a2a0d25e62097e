"""Clips that stand still for a while: at a constant rate, and where no frames are written meanwhile."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.end_to_end.program import Dynode

SIZE = (64, 96)
STOP, GO = 5, 18
"""Seconds / 24 at which motion stops and starts."""


def at(time: float) -> float:
    """Where the texture is."""
    return min(time, STOP) + max(0.0, time - GO)


def look_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]


@pytest.mark.parametrize("constant_rate", [True, False])
def test_nothing_creeps_while_the_source_stands_still(dynode: Dynode, tmp_path: Path, constant_rate: bool) -> None:
    ticks = [t for t in range(24) if constant_rate or not STOP < t <= GO]
    frames = moving_texture(len(ticks), size=SIZE, times=[at(t) for t in ticks])
    source = write_clip(
        tmp_path / "source.mkv", frames, rate=Fraction(24), pts=ticks, time_base=Fraction(1, 24), codec="ffv1"
    )
    outcome = dynode("interpolate", source, "--fps", "48", "--codec", "ffv1", "-o", "made.mkv")
    assert outcome.code == 0, outcome.err
    made = look_of(Path("made.mkv"))
    (still,) = look_of(write_clip(tmp_path / "still.mkv", [frames[STOP]], codec="ffv1"))
    apart = [float(np.abs(frame - still).mean()) for frame in made]
    assert max(apart[2 * STOP : 2 * GO + 1]) < 0.2
    # What moves does so right up to the stop, and from it on.
    assert min(apart[2 * STOP - 1], apart[2 * GO + 1]) > 1.0


def test_motion_goes_on_through_dropped_frames(dynode: Dynode, tmp_path: Path) -> None:
    ticks = [t for t in range(24) if not 8 <= t < 14]
    frames = moving_texture(24, size=SIZE)
    source = write_clip(
        tmp_path / "source.mkv", [frames[t] for t in ticks], pts=ticks, time_base=Fraction(1, 24), codec="ffv1"
    )
    outcome = dynode("interpolate", source, "--fps", "24", "--codec", "ffv1", "-o", "made.mkv")
    assert outcome.code == 0, outcome.err
    made, real = look_of(Path("made.mkv")), look_of(write_clip(tmp_path / "real.mkv", frames, codec="ffv1"))
    inside = (slice(16, -16), slice(24, -24))
    assert all(np.abs(made[t][inside] - real[t][inside]).mean() < 3.0 for t in range(8, 14))
