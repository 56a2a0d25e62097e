"""Cadences in patterns of repeats whose film is known."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.looking.cadence import (
    CUT,
    DOUBTFUL,
    NEW,
    REPEAT,
    SAME,
    Cadence,
    Slots,
    find_cadences,
    ratios_for,
)

RATES = {25: (24,), 30: (24, 25), 50: (24,), 60: (24, 25, 50)}
FILMS = [(shown, film) for shown, films in RATES.items() for film in films]


def numbers(shown: int, film: int, count: int, phase: int = 0) -> list[int]:
    """Film frame that each of `count` slots shows."""
    ratio = Fraction(shown, film)
    return [(k * ratio.denominator + phase) // ratio.numerator for k in range(count)]


def slots_of(film_numbers: Sequence[int], shown: int, cuts: Sequence[int] = ()) -> Slots:
    shows = [CUT] + [REPEAT if a == b else NEW for a, b in pairwise(film_numbers)]
    for cut in cuts:
        shows[cut] = CUT
    return Slots(Fraction(1, shown), range(len(shows)), np.array(shows, np.int8))


def steps(cadence: Cadence) -> set[Fraction]:
    times = [cadence.taken[index] for index in sorted(cadence.taken)]
    return {after - before for before, after in pairwise(times)}


@pytest.mark.parametrize(("shown", "film"), FILMS)
@given(phase=st.integers(0, 60), count=st.integers(110, 150))
def test_film_gets_the_times_at_which_it_was_taken(shown: int, film: int, phase: int, count: int) -> None:
    slots = slots_of(numbers(shown, film, count, phase), shown)
    (cadence,) = find_cadences(slots, {})
    assert (cadence.first, cadence.stop, cadence.ratio) == (0, count, Fraction(shown, film))
    assert steps(cadence) == {Fraction(1, film)} and cadence.rate == film and cadence.due == cadence.seen
    assert cadence.repeats == {k for k in range(1, count) if slots.shows[k] == REPEAT}
    # No frame leaves its slot by more than one on either side, so that the sound stays where it was.
    assert all(abs(taken - Fraction(k, shown)) <= Fraction(1, min(film, shown)) for k, taken in cadence.taken.items())


@pytest.mark.parametrize(("shown", "film"), FILMS)
def test_film_that_starts_with_the_video_keeps_the_time_of_every_frame(shown: int, film: int) -> None:
    (cadence,) = find_cadences(slots_of(numbers(shown, film, 120), shown), {})
    assert [cadence.taken[index] for index in sorted(cadence.taken)] == [
        Fraction(k, film) for k in range(len(cadence.taken))
    ]


def test_two_repeats_a_film_second_apart_are_a_cadence() -> None:
    shown = [NEW] * 50
    shown[0], shown[13], shown[38] = CUT, REPEAT, REPEAT
    (cadence,) = find_cadences(Slots(Fraction(1, 25), range(50), np.array(shown, np.int8)), {})
    assert cadence.rate == 24 and cadence.repeats == {13, 38}


@given(count=st.integers(5, 300), every=st.sampled_from([2, 3, 4, 5]))
def test_even_repeats_change_no_time(count: int, every: int) -> None:
    """Drawings on twos, threes, ...: the times at which they are shown are even already."""
    for cadence in find_cadences(slots_of([k // every for k in range(count)], 24), {}):
        assert cadence.even and cadence.ratio == every
        assert all(taken == Fraction(index, 24) for index, taken in cadence.taken.items())


@given(seed=st.integers(0, 10_000), count=st.integers(20, 200))
def test_a_few_repeats_anywhere_are_none(seed: int, count: int) -> None:
    chance = random.Random(seed)
    film = sorted(chance.sample(range(1, count), 2))
    # Two that are a second of film apart could be one.
    if film[1] - film[0] != 25:
        shows = np.full(count, NEW, np.int8)
        shows[film] = REPEAT
        assert find_cadences(Slots(Fraction(1, 25), range(count), shows), {}) == ()


@pytest.mark.parametrize("shown", [24, 25, 30, 60])
@pytest.mark.parametrize("holds", [(2, 3), (1, 2), (1, 2, 3), (2, 2, 3)])
def test_drawings_on_twos_and_threes_in_no_order_keep_their_times(shown: int, holds: tuple[int, ...]) -> None:
    """But for those few that have the order of a cadence by chance."""
    found = 0
    for seed in range(50):
        chance, film = random.Random(seed), []
        while len(film) < 75:
            film += [film[-1] + 1 if film else 0] * chance.choice(holds)
        found += any(not cadence.even for cadence in find_cadences(slots_of(film, shown), {}))
    assert found <= 5


def test_repeats_that_stand_for_lost_frames_are_none() -> None:
    """A camera that repeats every fifth frame for one that it lost: the picture goes twice as far across it."""
    slots = slots_of(numbers(30, 24, 60), 30)
    film, lost = moved(slots, across=1.0), moved(slots, across=2.0)
    assert len(find_cadences(slots, film)) == 1
    assert find_cadences(slots, lost) == ()


def moved(slots: Slots, across: float) -> Mapping[int, float]:
    """Motion towards each new frame: 1, and `across` after a repeat."""
    found = {}
    for index in range(1, len(slots.shows)):
        if slots.shows[index] == NEW:
            found[index] = across if slots.shows[index - 1] == REPEAT else 1.0
    return found


def test_a_broken_cadence_goes_on_in_step() -> None:
    film = numbers(30, 24, 100)
    broken = film[:41] + film[43:]
    found = find_cadences(slots_of(broken, 30), {})
    assert len(found) == 2 and {cadence.ratio for cadence in found} == {Fraction(5, 4)}
    times = [time for cadence in found for _, time in sorted(cadence.taken.items())]
    gaps = [(after - before) * 24 for before, after in pairwise(times)]
    # All are whole frames of film; one is longer or shorter, where the break is.
    assert all(gap.denominator == 1 for gap in gaps) and sum(gap != 1 for gap in gaps) <= 1


def test_it_goes_on_across_cuts_and_scenes_at_rest() -> None:
    slots = slots_of(numbers(25, 24, 150), 25, cuts=[60])
    slots.shows[70:100] = SAME
    (cadence,) = find_cadences(slots, {})
    assert (cadence.first, cadence.stop) == (0, 150) and steps(cadence) == {Fraction(1, 24)}


def test_a_repeat_that_was_coded_anew_is_one_where_it_is_due() -> None:
    slots = slots_of(numbers(30, 24, 60), 30)
    slots.shows[21] = DOUBTFUL
    assert slots_of(numbers(30, 24, 60), 30).shows[21] == REPEAT
    (cadence,) = find_cadences(slots, {})
    assert 21 in cadence.repeats and steps(cadence) == {Fraction(1, 24)}


def test_video_in_film_keeps_its_times() -> None:
    film = numbers(30, 24, 100)
    hybrid = film + [film[-1] + 1 + k for k in range(100)] + [film[-1] + 101 + k for k in film]
    found = find_cadences(slots_of(hybrid, 30), {})
    assert len(found) == 2 and found[0].stop <= 106 and found[1].first >= 194


def test_what_is_forced_needs_no_evidence() -> None:
    shows = np.full(50, NEW, np.int8)
    shows[[0, 20]] = CUT, REPEAT
    slots = Slots(Fraction(1, 25), range(50), shows)
    assert find_cadences(slots, {}) == ()
    (cadence,) = find_cadences(slots, {}, Fraction(25, 24))
    assert cadence.repeats == {20} and cadence.rate == 24


def test_film_rates_of_ntsc_video() -> None:
    assert Fraction(5, 4) in ratios_for(Fraction(30000, 1001)) and Fraction(5, 2) in ratios_for(Fraction(60000, 1001))
    assert Fraction(25, 24) not in ratios_for(Fraction(30))
