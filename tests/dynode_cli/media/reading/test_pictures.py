"""Pictures of frames of which some are two fields."""

from __future__ import annotations

from fractions import Fraction

from dynode_cli.media.reading.pictures import Pictures


def test_frames_are_pictures_where_there_are_no_fields() -> None:
    pictures, times = Pictures(None, 4), [Fraction(k, 25) for k in range(4)]
    assert len(pictures) == 4 and not pictures.doubled
    assert pictures.times(times, Fraction(1, 25)) == tuple(times)
    assert pictures.firsts([1, 3]) == (1, 3) and pictures.all_of({2}) == {2} and pictures.lasts({2}) == {2}
    assert not any(pictures.is_second(index) for index in range(4))


def test_fields_are_pictures_of_their_own() -> None:
    pictures = Pictures([True, False, True], 3)
    assert list(pictures.frames) == [0, 0, 1, 2, 2] and pictures.doubled
    assert [pictures.is_second(index) for index in range(5)] == [False, True, False, False, True]
    assert [pictures.first_of(frame) for frame in range(3)] == [0, 2, 3]
    assert pictures.all_of({0, 1}) == {0, 1, 2} and pictures.lasts({0, 1, 2}) == {1, 2, 4}


def test_a_second_field_lies_half_a_frame_after_the_first_also_before_a_gap() -> None:
    pictures, step = Pictures([True, True, True], 3), Fraction(1, 25)
    times = [Fraction(0), step, 6 * step]
    assert pictures.times(times, step) == (0, step / 2, step, step * 3 / 2, 6 * step, step * 13 / 2)
