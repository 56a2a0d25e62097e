"""When frames were taken: the cadences (pulldown, telecine) of a scanned source, and its frames on an even grid."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from dynode_cli.media.looking.cadence import CUT, DOUBTFUL, NEW, REPEAT, SAME, Cadence, Slots, find_cadences
from dynode_cli.media.reading.rate import clock_of, field_of, rate_of
from dynode_cli.media.reading.scan import Scan
from dynode_cli.values.cadence_words import CadenceWord

_ON_GRID = Fraction(1, 4)
"""Slots by which a frame may be off its place ..."""
_MOSTLY = 0.95
"""... in most frames of a source whose frames have places."""


def cadences_of(scan: Scan, word: CadenceWord) -> tuple[Cadence, ...]:
    """The runs of frames that were not taken evenly at the times at which they are shown.

    Arguments:
        word: what the user says of them.
    """
    if word.off:
        return ()
    slots = slots_of(scan)
    if slots is None:
        return ()
    forced = word.ratio(1 / slots.step, fields=field_of(scan) is not None)
    return find_cadences(slots, scan.moved, forced)


def slots_of(scan: Scan) -> Slots | None:
    """The frames of `scan` on a grid of even steps; None if they have no places on one."""
    times, _ = clock_of(scan)
    field = field_of(scan)
    step = field or 1 / rate_of(scan)
    places = [round((time - times[0]) / step) for time in times]
    off = sum(abs((time - times[0]) / step - place) > _ON_GRID for time, place in zip(times, places, strict=True))
    if len(times) < 2 or off > (1 - _MOSTLY) * len(times) or any(a >= b for a, b in pairwise(places)):
        return None
    # What a gap in the clock held is not known; fields of a frame that is shown for three of them are.
    shows = np.full(places[-1] + 1, SAME if field is None else REPEAT, np.int8)
    shows[places] = [_shown(scan, index, timed=field is not None) for index in range(len(times))]
    return Slots(step, places, shows)


def _shown(scan: Scan, index: int, *, timed: bool) -> int:
    if index == 0 or index in scan.cuts:
        return CUT
    if index in scan.duplicates:
        return REPEAT
    if timed:
        return NEW
    return SAME if index in scan.stills else DOUBTFUL if index in scan.doubtful else NEW


def taken_times(times: Sequence[Fraction], cadences: Sequence[Cadence]) -> list[Fraction]:
    """When each frame was taken, seconds, strictly increasing; of one that repeats another, when it is shown.

    Arguments:
        times: (N,) when each frame is shown.
    """
    taken = list(times)
    for cadence in cadences:
        for index, after in cadence.taken.items():
            taken[index] = times[0] + after
    repeats = frozenset().union(*(cadence.repeats for cadence in cadences))
    seen = [index for index in range(len(times)) if index not in repeats]
    for before, index in pairwise(seen):
        if taken[index] <= taken[before]:
            # Where one cadence ends and another begins.
            taken[index] = taken[before] + (times[index] - times[before]) / 4
    return taken
