from fractions import Fraction

from hypothesis import given, strategies as st

from dynode_cli.pipeline.shots import Windows, lap_of, looped, picture_time, shot_at, split_shots, without_rests


def test_shots_keep_the_clock_and_leave_out_duplicates() -> None:
    times = [Fraction(i, 25) for i in range(10)]
    first, second = split_shots(times, Fraction(10, 25), cuts=[6], duplicates=frozenset({2, 6}))
    assert list(first.indices) == [0, 1, 3, 4, 5]
    assert (first.start, first.end) == (0, Fraction(6, 25))
    # The first frame of a shot is always an observation.
    assert list(second.indices) == [6, 7, 8, 9]
    assert (second.start, second.end) == (Fraction(6, 25), Fraction(10, 25))
    assert [shot_at([first, second], t) for t in (Fraction(-1), Fraction(5, 25), Fraction(6, 25), Fraction(99))] == [
        0, 0, 1, 1,
    ]  # fmt: skip


@given(
    count=st.integers(1, 300),
    margin=st.integers(0, 6),
    size=st.integers(1, 40),
    interval=st.integers(-1, 400),
)
def test_a_window_holds_the_interval_and_its_margin(count: int, margin: int, size: int, interval: int) -> None:
    window = Windows(count, margin, size).of_interval(interval)
    inside = min(max(interval, 0), max(count - 2, 0))
    assert 0 <= window.first <= window.last <= count - 1
    assert window.core <= inside < window.core + size
    assert window.first <= max(0, inside - margin)
    assert window.last >= min(count - 1, inside + 1 + margin)
    assert window.last - window.first <= size + 2 * margin


@given(count=st.integers(1, 300), interval=st.integers(-1, 400))
def test_methods_that_are_not_local_get_the_whole_shot(count: int, interval: int) -> None:
    window = Windows(count, None, 8).of_interval(interval)
    assert (window.first, window.last) == (0, count - 1)


def test_a_lap_of_a_loop_is_the_shot_itself() -> None:
    (shot,) = split_shots([Fraction(i, 25) for i in range(5)], Fraction(6, 25), [], frozenset({1}))
    around = looped(shot, 3)
    assert list(around.indices) == [2, 3, 4, 0, 2, 3, 4, 0, 2, 3]
    assert lap_of(around) == shot and lap_of(shot) == shot


def test_a_frame_at_rest_is_seen_again_after_it_appears_and_before_the_next() -> None:
    times = [Fraction(t, 10) for t in (0, 1, 2, 22, 23, 24)]
    (shot,) = split_shots(times, Fraction(25, 10), [], frozenset(), rests=frozenset({2}))
    assert list(shot.indices) == [0, 1, 2, 2, 2, 2, 2, 3, 4, 5]
    assert list(shot.times) == [Fraction(t, 10) for t in (0, 1, 2, 3, 4, 20, 21, 22, 23, 24)]
    assert without_rests(shot) == split_shots(times, Fraction(25, 10), [], frozenset())[0]


def test_a_rest_made_of_repeats_begins_at_the_first_and_a_short_one_keeps_its_order() -> None:
    times = [Fraction(t) for t in range(8)]
    (shot,) = split_shots(times, Fraction(8), [], frozenset({3, 4, 5}), rests=frozenset({2}))
    assert list(shot.indices) == [0, 1, 2, 2, 2, 2, 2, 6, 7]
    assert list(shot.times) == sorted(set(shot.times))
    # The last frame of a shot has nothing to rest before.
    (last,) = split_shots(times, Fraction(8), [], frozenset(), rests=frozenset({7}))
    assert list(last.indices) == list(range(8))


def test_a_picture_keeps_its_time_while_it_is_repeated_or_rests() -> None:
    repeated = split_shots([Fraction(n) for n in range(5)], Fraction(5), [], frozenset({2, 3}))[0]
    assert [picture_time(repeated, Fraction(n, 2), between=False) for n in range(10)] == [
        0,
        0,
        1,
        1,
        1,
        1,
        1,
        1,
        4,
        4,
    ]
    assert picture_time(repeated, Fraction(5, 2), between=True) == Fraction(5, 2)
    assert picture_time(repeated, Fraction(-1), between=True) == 0
    times = [Fraction(n) for n in (0, 1, 2, 12, 13)]
    rested = split_shots(times, Fraction(14), [], frozenset(), frozenset({2}))[0]
    assert {picture_time(rested, Fraction(n), between=kept) for n in range(2, 11) for kept in (False, True)} == {2}
    assert picture_time(rested, Fraction(23, 2), between=False) == 2
    assert picture_time(rested, Fraction(23, 2), between=True) == 7
