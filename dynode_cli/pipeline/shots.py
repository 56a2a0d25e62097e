"""A shot as the pipeline sees it, and the windows in which a long one is worked on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from dynode_cli.values.times import interval_of


@dataclass(frozen=True)
class Shot:
    """Frames between two cuts."""

    indices: Sequence[int]
    """Positions in the source of the frames that count as observations, ascending; repeated frames are left out, and
    a frame at rest is there five times."""
    times: Sequence[Fraction]
    """When each of them is shown, seconds on the source's clock."""
    start: Fraction
    end: Fraction
    """The shot fills [start, end): end is where the next shot or nothing starts."""

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True)
class Window:
    """Consecutive observations of a shot, of which the inner intervals are rendered.

    The outer ones are there because codes, trajectory and rendering depend on neighbours.
    """

    first: int
    """First observation of the window, counted within the shot."""
    last: int
    """Last observation of the window (inclusive)."""
    core: int
    """First interval to render from this window: that between observations `core` and `core + 1`."""

    @property
    def observations(self) -> range:
        """The observations of the window, counted within the shot."""
        return range(self.first, self.last + 1)


class Windows:
    """The windows of a shot of `count` observations, on a fixed grid so that the result never depends on the start.

    Arguments:
        count: observations in the shot, at least 1.
        margin: how many observations on either side matter to a rendered frame; None: all of them.
        size: intervals rendered from one window, at least 1.
    """

    def __init__(self, count: int, margin: int | None, size: int) -> None:
        self._count = count
        self._margin = margin
        self._size = size

    def of_interval(self, interval: int) -> Window:
        """The window that renders the interval which starts at observation `interval`."""
        if self._margin is None:
            return Window(0, self._count - 1, 0)
        # The last observation starts no interval of its own: what follows it belongs to the interval before.
        interval = min(max(interval, 0), max(self._count - 2, 0))
        core = interval // self._size * self._size
        return Window(
            first=max(0, core - self._margin),
            last=min(self._count - 1, core + self._size + self._margin),
            core=core,
        )


def split_shots(
    times: Sequence[Fraction],
    end: Fraction,
    cuts: Sequence[int],
    duplicates: frozenset[int],
    rests: frozenset[int] = frozenset(),
    taken: Sequence[Fraction] | None = None,
) -> list[Shot]:
    """Shots of a source whose frames appear at `times` and whose last frame ends at `end`.

    Arguments:
        times: one a frame, strictly increasing.
        end: end of the last frame.
        cuts: indices of the first frame of each shot after the first, ascending.
        duplicates: indices of frames that repeat their predecessor; they are no observations.
        rests: indices of frames that stay until just before the next one: they are seen again one and two usual
            steps after they appear, and two and one before the next observation, so that a curve through the
            observations stops, stands still, and starts again.
        taken: when each frame was taken, if not when it is shown.
    """
    taken = times if taken is None else taken
    new = [time for index, time in enumerate(taken) if index not in duplicates]
    usual = median_low(b - a for a, b in pairwise(new)) if rests else Fraction(0)
    bounds = [0, *cuts, len(times)]
    shots = []
    for first, stop in pairwise(bounds):
        # The first frame of a shot is an observation even if it looks like the last of the shot before.
        indices = [i for i in range(first, stop) if i == first or i not in duplicates]
        seen = [(i, taken[i]) for i in indices]
        for i, following in pairwise(indices):
            if i in rests:
                step = min(usual, (taken[following] - taken[i]) / 5)
                for n in (1, 2):
                    seen += [(i, taken[i] + n * step), (i, taken[following] - n * step)]
        seen.sort()
        shots.append(
            Shot(
                [i for i, _ in seen],
                [time for _, time in seen],
                times[first],
                times[stop] if stop < len(times) else end,
            )
        )
    return shots


def without_rests(shot: Shot) -> Shot:
    """`shot` with every frame once, when it appears."""
    return observed(shot, [n for n, index in enumerate(shot.indices) if n == 0 or index != shot.indices[n - 1]])


def picture_time(shot: Shot, time: Fraction, *, between: bool) -> Fraction:
    """When the picture that `shot` shows at `time` appeared, seconds: repeats and frames at rest show an earlier one.

    Arguments:
        between: frames are made between two pictures; their time lies as far between those of the two.
    """
    number = max(0, interval_of(time, shot.times))
    before = _appeared(shot, number)
    if not between or number + 1 == len(shot) or time <= shot.times[number]:
        return before
    share = (time - shot.times[number]) / (shot.times[number + 1] - shot.times[number])
    return before + share * (_appeared(shot, number + 1) - before)


def _appeared(shot: Shot, number: int) -> Fraction:
    """When the picture of observation `number` was there first, seconds."""
    return shot.times[bisect_left(shot.indices, shot.indices[number])]


def observed(shot: Shot, numbers: Sequence[int]) -> Shot:
    """`shot` with only those observations, given by their numbers within it."""
    return replace(shot, indices=[shot.indices[n] for n in numbers], times=[shot.times[n] for n in numbers])


def looped(shot: Shot, extra: int) -> Shot:
    """`shot` with its last observations before it and its first ones after it, so that its end leads to its start.

    Arguments:
        extra: observations that are added at either end, at least 1; a shot shorter than that is added whole.
    """
    period = shot.end - shot.start
    extra = min(extra, len(shot))
    return Shot(
        [*shot.indices[-extra:], *shot.indices, *shot.indices[:extra]],
        [*(t - period for t in shot.times[-extra:]), *shot.times, *(t + period for t in shot.times[:extra])],
        shot.start,
        shot.end,
    )


def lap_of(shot: Shot) -> Shot:
    """`shot` without the observations that a loop has before and after it."""
    return observed(shot, [n for n, time in enumerate(shot.times) if shot.start <= time < shot.end])


def shot_at(shots: Sequence[Shot], time: Fraction) -> int:
    """Index of the shot that is on screen at `time`; the first before the start, the last after the end."""
    return max(0, interval_of(time, [shot.start for shot in shots]))
