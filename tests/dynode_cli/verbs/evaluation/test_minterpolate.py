"""FFmpeg's minterpolate as a peer: its frames are those at the times that were asked for, whatever the clock."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from dynode_cli.pipeline.shots import Shot
from dynode_cli.synthetic.clips import moving_texture
from dynode_cli.verbs.evaluation.minterpolate import Frame, minterpolate
from dynode_cli.verbs.evaluation.scoring import hold_out

SIZE = (64, 96)


def even(rate: Fraction | int, count: int = 11, start: Fraction | int = 0) -> list[Fraction]:
    return [start + n / Fraction(rate) for n in range(count)]


def rebuilt(frames: Sequence[Frame], times: Sequence[Fraction], keep_every: int) -> list[Frame]:
    shot = Shot(range(len(times)), times, times[0], times[-1] + 1)
    held_out = hold_out([shot], keep_every, "clip")
    return list(minterpolate(frames.__getitem__, held_out.shots, held_out.times))


@pytest.mark.parametrize("keep_every", [2, 3, 5])
@pytest.mark.parametrize("rate", [24, 30, Fraction(24000, 1001), Fraction(1, 7), 705_600_000])
def test_frames_do_not_depend_on_the_unit_of_the_clock(rate: Fraction | int, keep_every: int) -> None:
    frames = [frame.astype(np.float32) / np.float32(255) for frame in moving_texture(11, size=SIZE)]
    usual = rebuilt(frames, even(25), keep_every)
    made = rebuilt(frames, even(rate, start=Fraction(1, 3)), keep_every)
    assert len(usual) == len(made) == 10 // keep_every * (keep_every - 1)
    np.testing.assert_array_equal(made, usual)


def test_a_rate_in_the_ticks_of_a_file_is_the_rate() -> None:
    frames = [frame.astype(np.float32) / np.float32(255) for frame in moving_texture(11, size=SIZE)]
    ticks = [Fraction(round(time * 12800), 12800) for time in even(Fraction(24000, 1001))]
    np.testing.assert_array_equal(rebuilt(frames, ticks, 3), rebuilt(frames, even(24), 3))


@pytest.mark.parametrize("keep_every", [2, 3])
def test_frames_of_a_variable_rate_lie_where_they_were_asked_for(keep_every: int) -> None:
    # Milliseconds, as Matroska writes them, and steps that are now longer and now shorter.
    times = [Fraction(n, 1000) for n in (0, 42, 83, 125, 208, 224, 250, 300, 333, 375, 436, 458, 500)]
    # The filter fades between frames without detail: the level of a frame says of which time it is.
    kept = range(0, len(times), keep_every)
    levels = np.interp(*([float(t) for t in each] for each in (times, times[::keep_every])), [n % 2 for n in kept])
    made = rebuilt([np.full((*SIZE, 3), level, np.float32) for level in levels], times, keep_every)
    expected = [level for n, level in enumerate(levels) if n not in kept]
    np.testing.assert_allclose([frame.mean() for frame in made], expected, atol=1.5 / 255)


def test_each_shot_is_a_run_of_its_own() -> None:
    times = even(24, 10)
    frames = [np.full((*SIZE, 3), np.float32(level)) for level in (0.2,) * 5 + (0.8,) * 5]
    shots = [Shot(range(5), times[:5], times[0], times[5]), Shot(range(5, 10), times[5:], times[5], times[-1] + 1)]
    held_out = hold_out(shots, 2, "clip")
    made = list(minterpolate(frames.__getitem__, held_out.shots, held_out.times))
    assert [round(float(frame.mean()), 1) for frame in made] == [0.2, 0.2, 0.8, 0.8]
