"""Cadence (pulldown, telecine): frames that were taken at an even rate and are shown at another, some of them longer.

Film of 24 frames a second becomes video of 25 or 30 by showing frames again. Such repeats come in a pattern, which is
looked for as the likeliest path through the phases of every pattern that there is between two rates that people use:
each repeat where none is due, and each new frame where a repeat is due, speaks against a pattern, and so does a change
of pattern or phase; against none speaks how seldom frames of the clip stay as long as one does (Viterbi's algorithm; all
in nats). What repeats without a pattern belongs to none.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

FILM = {Fraction(24): 1.0, Fraction(25): 1.0, Fraction(30): 1.0} | {
    Fraction(rate): 2.0 for rate in (8, 12, 15, 48, 50)
}
"""Frames a second at which pictures are taken or drawn, and what speaks against each from the outset (in nats)."""
SELDOM = {Fraction(10): 4.0, Fraction(16): 4.0, Fraction(18): 4.0, Fraction(20): 4.0, Fraction(25, 2): 4.0}
LONGEST_HOLD = 5
"""Slots that one frame fills at most."""
LONGEST_PERIOD = 25
"""Slots after which a pattern comes again at most, as 24 frames a second do at 25."""
_EVEN = 0.5
"""What speaks against a pattern in which every frame is shown equally long."""
_SWITCH = 3.0
"""What speaks against a change of pattern or phase."""
_NO_PATTERN = 0.05
"""What speaks against a frame that follows none."""
_USUAL, _UNUSUAL, _EVEN_REPEATS = 2, 4, 8
"""Repeats that make a cadence: of film and television, of another rate, of drawings that are shown equally long."""
_MOST = 0.6
"""Share of the repeats that are due which must be seen."""
_FEW, _SELDOM = 0.25, 0.05
"""Repeats elsewhere, as a share of those, or of all slots."""
_LONG, _NEARLY_ALL = Fraction(2, 3), 0.8
"""Seconds that a cadence lasts, or share of the clip that has it, at least."""
_DROPPED = 2**0.5
"""How many times further the picture moves across a repeat that stands for a lost frame, at least."""

NEW, REPEAT, SAME, DOUBTFUL, CUT = range(5)
"""What a slot shows: another picture, the one before again, one that stands still, one that may be either of the first
two, the first one of a shot."""
_AGAINST = np.array([[0.0, 2.5, 0.0, 0.3, 0.0], [3.0, 0.0, 0.0, 0.3, 2.0]])
"""What speaks against a pattern, by whether a repeat is due and by what the slot shows."""


@dataclass(frozen=True)
class Slots:
    """Frames on a grid of even steps, as video shows them."""

    step: Fraction
    """Seconds a slot."""
    places: Sequence[int]
    """(N,) first slot of each frame, ascending from 0."""
    shows: NDArray[np.int8]
    """(K,) what each slot shows: :data:`NEW`, :data:`REPEAT`, :data:`SAME`, :data:`DOUBTFUL` or :data:`CUT`."""


@dataclass(frozen=True)
class Cadence:
    """A run of frames with one cadence in one phase."""

    first: int
    stop: int
    """The frames [first, stop)."""
    ratio: Fraction
    """How many slots a frame fills on average; 5/4 for 24 frames a second shown at 30."""
    step: Fraction
    """Seconds a slot."""
    repeats: frozenset[int]
    """Frames that show the one before again, as the pattern has it."""
    due: int
    """How many repeats the pattern has where something moves ..."""
    seen: int
    """... and how many of these were seen."""
    taken: Mapping[int, Fraction]
    """Seconds after the first frame of the source at which each other frame was taken."""

    @property
    def rate(self) -> Fraction:
        """Frames a second that were taken."""
        return 1 / (self.ratio * self.step)

    def __str__(self) -> str:
        return f"{_decimal(self.rate)} frames a second shown at {_decimal(self.shown_rate)}"

    @property
    def even(self) -> bool:
        """Whether all frames are shown equally long, at the times at which they were taken."""
        return self.ratio.denominator == 1

    @property
    def is_seen(self) -> bool:
        """Whether most of the repeats that are due were seen, as they need not be where it was not found but given."""
        return self.seen > 0 and self.seen >= _MOST * self.due

    @property
    def shown_rate(self) -> Fraction:
        """Frames (of soft telecine: fields) a second that are shown."""
        return 1 / self.step


def _decimal(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class _Pattern:
    """A ratio in one of its phases; slot k shows frame (k q + phase) // p of those that were taken."""

    ratio: Fraction
    phase: int
    against: float

    def number(self, slot: int) -> int:
        """Which of the frames that were taken slot `slot` shows."""
        return (slot * self.ratio.denominator + self.phase) // self.ratio.numerator

    def start(self, number: int) -> Fraction:
        """Where frame `number` starts, in slots: it is shown from the next whole one on."""
        return Fraction(number * self.ratio.numerator - self.phase, self.ratio.denominator)


def ratios_for(rate: Fraction) -> dict[Fraction, float]:
    """Slots a frame of what may be shown at `rate` slots a second, and what speaks against each from the outset."""
    # 24 in 30 and 24000/1001 in 30000/1001 are one pattern.
    shown = Fraction(round(rate)) if abs(rate - round(rate)) * 500 < rate else rate
    found = {Fraction(whole): _EVEN for whole in range(2, LONGEST_HOLD + 1)}
    for film, against in {**SELDOM, **FILM}.items():
        ratio = shown / film
        if 1 < ratio <= LONGEST_HOLD and ratio.denominator > 1 and ratio.numerator <= LONGEST_PERIOD:
            found[ratio] = min(against, found.get(ratio, against))
    return found


def find_cadences(slots: Slots, moved: Mapping[int, float], forced: Fraction | None = None) -> tuple[Cadence, ...]:
    """Runs of frames with a cadence, in order.

    Arguments:
        slots: the frames as they are shown.
        moved: how far the picture moved towards a frame from the one before it that it does not repeat, pixels, where
            that was measured.
        forced: the ratio that is there, whatever is seen; None: what is found.
    """
    if forced is None and not bool((slots.shows == REPEAT).any()):
        return ()
    ratios = {forced: 0.0} if forced is not None else ratios_for(1 / slots.step)
    patterns = [
        _Pattern(ratio, phase, against) for ratio, against in ratios.items() for phase in range(ratio.numerator)
    ]
    path = _likeliest(slots.shows, patterns, may_be_none=forced is None)
    runs = []
    grids: dict[Fraction, Fraction] = {}
    for pattern, first, stop in _runs(path, patterns):
        run = _Run(slots, pattern, first, stop)
        if forced is None and (not run.is_evident or run.is_of_losses(moved)):
            continue
        runs.append(run.cadence(grids.get(pattern.ratio)))
        grids.setdefault(pattern.ratio, run.start_of(0) + run.delay(None))
    return tuple(run for run in runs if run.stop > run.first)


def _likeliest(shows: NDArray[np.int8], patterns: Sequence[_Pattern], *, may_be_none: bool) -> NDArray[np.int16]:
    """(K,) the pattern of each slot along the path against which least speaks; -1 (the last one) for none."""
    count = len(patterns)
    longest = max(pattern.ratio.numerator for pattern in patterns)
    due = np.zeros((count, longest), np.intp)
    periods = np.array([pattern.ratio.numerator for pattern in patterns])
    for row, pattern in enumerate(patterns):
        for slot in range(pattern.ratio.numerator):
            due[row, slot] = pattern.number(slot) == pattern.number(slot - 1)
    # Of the phases of a pattern any may be the one.
    entering = np.array(
        [
            pattern.against + math.log(pattern.ratio.numerator) * (pattern.ratio.denominator > 1)
            for pattern in patterns
        ]
        + [0.0 if may_be_none else np.inf]
    )
    by_chance = _by_chance(shows)
    rows = np.arange(count)
    came_from = np.empty((len(shows), count + 1), np.int16)
    against = entering.copy()
    for slot, shown in enumerate(shows):
        best = int(against.argmin())
        switched = against[best] + _SWITCH + entering
        stays = against <= switched
        came_from[slot] = np.where(stays, np.arange(count + 1), best)
        against = np.where(stays, against, switched)
        against[:count] += _AGAINST[due[rows, slot % periods], shown]
        against[count] += by_chance[slot]
    path = np.empty(len(shows), np.int16)
    state = int(against.argmin())
    for slot in range(len(shows) - 1, -1, -1):
        path[slot] = state
        state = int(came_from[slot, state])
    path[path == count] = -1
    return path


def _by_chance(shows: NDArray[np.int8]) -> NDArray[np.float64]:
    """(K,) what speaks against no pattern, where a frame begins: how seldom one stays as long as it does."""
    starts = np.flatnonzero((shows == NEW) | (shows == CUT))
    lengths = []
    for start, following in zip(starts, [*starts[1:], len(shows)], strict=True):
        held = shows[start + 1 : following]
        # How long a picture stays that stands still anyway is not known.
        lengths.append(0 if (held == SAME).any() else 1 + int((held == REPEAT).sum()))
    often = Counter(lengths)
    against = np.zeros(len(shows))
    for start, length in zip(starts, lengths, strict=True):
        against[start] = _NO_PATTERN + (math.log(len(lengths) / often[length]) if length else 0.0)
    against[shows == DOUBTFUL] = 0.3
    return against


def _runs(path: NDArray[np.int16], patterns: Sequence[_Pattern]) -> Iterator[tuple[_Pattern, int, int]]:
    """Pattern, first slot and the slot after the last of each stretch that has one."""
    bounds = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    for first, stop in pairwise(bounds):
        if first < stop and path[first] >= 0:
            yield patterns[path[first]], first, stop


class _Run:
    """Slots [first, stop) of one pattern."""

    def __init__(self, slots: Slots, pattern: _Pattern, first: int, stop: int) -> None:
        self._slots, self._pattern = slots, pattern
        self._first, self._stop = first, stop
        self._frames = range(bisect_left(slots.places, first), bisect_left(slots.places, stop))
        due = [k for k in range(max(1, first), stop) if pattern.number(k) == pattern.number(k - 1)]
        self._due = [k for k in due if slots.shows[k] in (NEW, REPEAT, DOUBTFUL)]
        self.confirmed = sum(int(slots.shows[k] == REPEAT) for k in self._due)
        """Repeats that are seen where they are due."""

    @property
    def is_evident(self) -> bool:
        """Whether enough repeats are seen where they are due, most of those, few elsewhere, and all that for long."""
        ratio, slots = self._pattern.ratio, self._slots
        least = _EVEN_REPEATS if ratio.denominator == 1 else _USUAL if self._pattern.against <= 1 else _UNUSUAL
        length = self._stop - self._first
        elsewhere = int((slots.shows[self._first : self._stop] == REPEAT).sum()) - self.confirmed
        return (
            self.confirmed >= max(least, _MOST * len(self._due))
            and elsewhere <= max(_FEW * self.confirmed, _SELDOM * length)
            and (length * slots.step >= _LONG or length >= _NEARLY_ALL * len(slots.shows))
        )

    def is_of_losses(self, moved: Mapping[int, float]) -> bool:
        """Whether the picture goes on behind the repeats: each stands for a frame that was lost, not for a longer one."""
        places, shows = self._slots.places, self._slots.shows
        new = [j for j in self._frames if shows[places[j]] in (NEW, CUT)]
        further = []
        for before, at, after in zip(new, new[1:], new[2:], strict=False):
            steps = places[at] - places[before], places[after] - places[at]
            # One frame that stays once beside one that stays twice: longer holds are no accidents.
            if sorted(steps) == [1, 2] and moved.get(at) and moved.get(after):
                long, short = (at, after) if steps[0] > steps[1] else (after, at)
                further.append(moved[long] / moved[short])
        return bool(further) and median(further) > _DROPPED

    def start_of(self, number: int) -> Fraction:
        """Where frame `number` of those that were taken starts, in slots."""
        return self._pattern.start(number)

    def delay(self, grid: Fraction | None) -> Fraction:
        """Slots by which all frames are moved, less than a frame's length.

        Such that the first frame whose beginning is seen keeps its time: at the rate at which they were taken, frames
        then come out as they are. After a break, such that the frames go on in step with those before it.

        Arguments:
            grid: a time, in slots, at which some frame before the break was taken.
        """
        pattern, ratio = self._pattern, self._pattern.ratio
        if grid is None:
            number = pattern.number(self._first)
            if pattern.start(number) <= self._first - 1:
                number += 1
            start = pattern.start(number)
            return -(-start.numerator // start.denominator) - start
        middle = (1 - Fraction(1, ratio.denominator)) / 2
        off = (grid - pattern.start(0) - middle) % ratio
        return middle + (off if off < ratio / 2 else off - ratio)

    def cadence(self, grid: Fraction | None) -> Cadence:
        """What was found."""
        slots, pattern = self._slots, self._pattern
        delay = self.delay(grid)
        repeats, taken = set(), {}
        last: int | None = None
        for frame in self._frames:
            place = slots.places[frame]
            number = pattern.number(place)
            if number == last and slots.shows[place] in (REPEAT, SAME, DOUBTFUL):
                repeats.add(frame)
                continue
            # A new picture where a repeat is due keeps its place behind the one that should be repeated.
            start = place if number == last else pattern.start(number)
            taken[frame] = (start + delay) * slots.step
            last = number
        return Cadence(
            self._frames.start,
            self._frames.stop,
            pattern.ratio,
            slots.step,
            frozenset(repeats),
            len(self._due),
            self.confirmed,
            taken,
        )
