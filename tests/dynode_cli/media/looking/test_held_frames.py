"""Frames that stand still for long: told from gaps through which motion goes on."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from dynode_cli.media.looking.held_frames import RestFinder
from dynode_cli.media.looking.likeness import difference

TICK = Fraction(1, 24)


def picture(x: float) -> NDArray[np.uint8]:
    """Soft stripes and blobs, moved to the right by `x` pixels."""
    columns, rows = np.meshgrid(np.arange(256) - x, np.arange(96))
    grey = np.sin(columns / 9) + np.sin(columns / 23 + rows / 11) + np.cos(rows / 7 - columns / 31)
    return np.repeat(np.uint8(128 + 40 * grey)[..., None], 3, axis=2)


def rests(
    times: Sequence[int], places: Sequence[float], repeats: Sequence[int] = (), cuts: Sequence[int] = ()
) -> set[int]:
    finder = finder_of(times, [picture(place) for place in places])
    return set(finder.finish(times, frozenset(repeats), cuts))


def finder_of(times: Sequence[int], pictures: Sequence[NDArray[np.uint8]]) -> RestFinder:
    finder = RestFinder(TICK)
    for time, (before, each) in zip(times, pairwise([pictures[0], *pictures]), strict=True):
        finder.add(each, time, difference(each, before))
    return finder


def test_even_steps_have_no_rests() -> None:
    assert rests(range(12), [4.0 * k for k in range(12)]) == set()


@pytest.mark.parametrize("gap", [4, 8, 24, 100])
def test_what_moves_no_further_across_a_gap_than_in_a_step_rested(gap: int) -> None:
    times = [0, 1, 2, 3, 3 + gap, 4 + gap, 5 + gap]
    assert rests(times, [4.0 * k for k in range(7)]) == {3}


@pytest.mark.parametrize("gap", [2, 4, 8])
def test_motion_through_dropped_frames_is_no_rest(gap: int) -> None:
    times = [0, 1, 2, 3, 3 + gap, 4 + gap, 5 + gap]
    assert rests(times, [3.0 * time for time in times]) == set()


def test_a_jump_after_stillness_follows_a_rest() -> None:
    """A page that is scrolled at once: nothing else moves before or after."""
    times = [0, 1, 2, 30, 31, 32]
    assert rests(times, [0.0, 0.1, 0.0, 12.0, 12.1, 12.0]) == {2}


def test_repeated_frames_are_a_rest_as_a_gap_is() -> None:
    places = [0.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 12.0, 16.0, 20.0]
    assert rests(range(11), places, repeats=range(3, 8)) == {2}


def test_drawings_held_for_the_same_time_each_are_no_rests() -> None:
    places = [4.0 * (k // 4) for k in range(24)]
    assert rests(range(24), places, repeats=[k for k in range(24) if k % 4]) == set()


def test_single_pictures_far_apart_rest_where_the_clip_has_faster_parts() -> None:
    times = [*range(8), 40, 80, 120]
    assert rests(times, [4.0 * k for k in range(11)]) == {7, 8, 9}
    slow = [10 * k for k in range(8)]
    assert rests(slow, [4.0 * k for k in range(8)]) == set()


def test_a_gap_before_a_cut_is_no_rest() -> None:
    times = [0, 1, 2, 3, 30, 31, 32]
    assert rests(times, [4.0 * k for k in range(7)], cuts=[4]) == set()


def test_pictures_too_small_for_flow_and_too_few() -> None:
    finder = finder_of((0, 1, 2, 30), [np.full((4, 4, 3), level, np.uint8) for level in (0, 60, 120, 180)])
    assert finder.finish((0, 1, 2, 30), frozenset(), ()) == {2}
    assert RestFinder(TICK).finish((0,), frozenset(), ()) == frozenset()
