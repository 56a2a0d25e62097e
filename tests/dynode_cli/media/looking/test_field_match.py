"""Fields of film, of film in 2:3 and of two moments, made of pictures whose times are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from dynode_cli.media.looking.field_match import FieldMatcher
from dynode_cli.synthetic.clips import moving_texture

COUNT = 40
SPEED = (3.0, 0.4)


def film_of(speed: tuple[float, float] = SPEED) -> list[Any]:
    return [frame[..., 1] for frame in moving_texture(COUNT + 2, size=(96, 128), velocity=speed)]


def telecined() -> list[tuple[int, int]]:
    """Film frames of the first and the second field of each video frame: 2:3."""
    found: list[tuple[int, int]] = []
    for k in range(0, 32, 4):
        found += [(k, k), (k + 1, k + 1), (k + 1, k + 2), (k + 2, k + 3), (k + 3, k + 3)]
    return found


def looked_at(
    pairs: Sequence[tuple[int, int]], pictures: Sequence[Any], *, top_first: bool = True, moves: bool = True
) -> FieldMatcher:
    matcher = FieldMatcher()
    for index, pair in enumerate(pairs):
        top, bottom = pair if top_first else reversed(pair)
        matcher.add(index, pictures[top][0::2], pictures[bottom][1::2], top_first=top_first, moves=moves)
    return matcher


@pytest.mark.parametrize("top_first", [True, False])
@pytest.mark.parametrize("noise", [0, 3])
def test_hard_telecine(top_first: bool, noise: int) -> None:
    pairs = telecined()
    chance = np.random.default_rng(0)
    pictures = [
        np.clip(picture + chance.normal(0, noise, picture.shape), 0, 255).astype(np.uint8) for picture in film_of()
    ]
    wholes = looked_at(pairs, pictures, top_first=top_first).wholes([range(len(pairs))])
    assert set(wholes) == set(range(len(pairs)))
    for index, whole in wholes.items():
        # What is woven is one picture of film.
        assert pairs[index][0] == pairs[index - (whole != "own")][1], index
        assert whole in ("own", "lower" if top_first else "upper")


def test_the_order_of_fields_may_change_where_both_are_of_one_picture() -> None:
    """As FFmpeg's own filter `telecine` leaves it."""
    pairs, pictures, matcher = telecined(), film_of(), FieldMatcher()
    for index, (first, second) in enumerate(pairs):
        matcher.add(index, pictures[first][0::2], pictures[second][1::2], top_first=first != second, moves=True)
    wholes = matcher.wholes([range(len(pairs))])
    assert all((wholes[k] == "lower") == (first != second) for k, (first, second) in enumerate(pairs))


def test_stripes_that_rest_are_no_combs() -> None:
    film = film_of()
    for picture in film:
        picture[:, :40] = 40
        picture[1::2, :40] = 200
    pairs = [(k, k) for k in range(COUNT)]
    assert looked_at(pairs, film).wholes([range(COUNT)]) == dict.fromkeys(range(COUNT), "own")


def test_film_that_is_only_flagged_is_whole() -> None:
    pairs = [(k, k) for k in range(COUNT)]
    assert looked_at(pairs, film_of()).wholes([range(COUNT)]) == dict.fromkeys(range(COUNT), "own")


@pytest.mark.parametrize("speed", [SPEED, (1.0, 0.0), (9.0, -2.0), (0.0, 3.0)])
def test_two_moments_are_not(speed: tuple[float, float]) -> None:
    pairs = [(2 * k, 2 * k + 1) for k in range(COUNT // 2)]
    assert looked_at(pairs, film_of(speed)).wholes([range(len(pairs))]) == {}


def test_nothing_is_said_of_what_never_moves() -> None:
    still = [film_of()[0]] * COUNT
    assert looked_at([(k, k) for k in range(COUNT)], still, moves=False).wholes([range(COUNT)]) == {}


def test_each_shot_is_judged_for_itself() -> None:
    pairs = [(k, k) for k in range(20)] + [(2 * k, 2 * k + 1) for k in range(20)]
    wholes = looked_at(pairs, film_of()).wholes([range(20), range(20, 40)])
    assert set(wholes) == set(range(20))


def test_cuts_between_slow_shots_of_two_moments_do_not_make_film_of_them() -> None:
    matcher, index, shots = FieldMatcher(), 0, []
    for k in range(3):
        film = film_of((0.3 * (k + 1), 0.2))
        shots.append(range(index, index + 8))
        for each in range(8):
            # Every shot is another part of the picture, so that nothing fits across a cut.
            top, bottom = (np.roll(film[2 * each + half], 40 * k, axis=1) ^ (255 * (k % 2)) for half in (0, 1))
            matcher.add(index, top[0::2], bottom[1::2], top_first=True, moves=True)
            index += 1
    assert matcher.wholes(shots) == {}


@pytest.mark.parametrize("phase", range(5))
def test_a_cut_within_a_telecined_frame_is_woven_to_the_shot_before(phase: int) -> None:
    """Its first field is the last of the shot before."""
    pairs, pictures = telecined()[:25], film_of()
    cut = pairs[10 + phase][1]
    shown = [255 - picture if k >= cut else picture for k, picture in enumerate(pictures)]
    start = next(k for k, pair in enumerate(pairs) if pair[1] >= cut)
    wholes = looked_at(pairs, shown).wholes([range(start), range(start, len(pairs))])
    for index, whole in wholes.items():
        assert pairs[index][0] == pairs[index - (whole != "own")][1], index


def test_frames_that_are_not_interlaced_break_the_row() -> None:
    matcher, pictures = FieldMatcher(), film_of()

    def fields(index: int) -> Iterator[Any]:
        yield from (pictures[index][0::2], pictures[index][1::2])

    matcher.add(0, *fields(0), top_first=True, moves=True)
    matcher.add(1, *fields(1), top_first=True, moves=True)
    matcher.skip()
    matcher.add(3, *fields(3), top_first=True, moves=True)
    assert set(matcher.looks) == {1}


def test_long_stretches_of_two_moments_are_looked_at_now_and_then() -> None:
    pictures, matcher = film_of(), FieldMatcher()
    looked = []
    for index in range(300):
        step = 60.0 if index == 220 else 5.0
        if index % 20 == 0:
            # The film begins anew.
            matcher.skip()
        if not matcher.wants(index, step):
            matcher.skip()
            continue
        looked.append(index)
        one = 2 * (index % 20)
        matcher.add(index, pictures[one][0::2], pictures[one + 1][1::2], top_first=True, moves=True)
    assert set(range(25)) <= set(looked) and len([k for k in looked if 60 <= k < 220]) < 40
    # Another shot may be film.
    assert set(range(220, 245)) <= set(looked)


def test_fields_of_one_row_tell_nothing() -> None:
    pictures = [np.full((2, 64), 60 * k, np.uint8) for k in range(4)]
    matcher = looked_at([(k, k) for k in range(4)], pictures)
    assert not matcher.looks and not matcher.wholes([range(4)])
