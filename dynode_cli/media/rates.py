"""Frame rates and frame times that were meant, before containers rounded them and cameras jittered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import pstdev

from dynode_cli.values.times import NTSC_DECIMALS

_STANDARD = tuple(map(Fraction, (12, 15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240))) + tuple(
    Fraction(whole * 1000, 1001) for whole in NTSC_DECIMALS.values()
)
"""Rates that cameras are set to."""
_ROUNDED = Fraction(5, 10_000_000)
"""What rounding may do to a rate, as a share of it; 59.94 and 60000/1001 are further apart."""


def meant_rate(rate: Fraction) -> Fraction:
    """The rate that a container meant which keeps the duration of a frame in nanoseconds: 60000/1001, not 19001/317.

    FFmpeg makes a fraction of small numbers of it, and rounds once more.
    """
    for candidate in (Fraction(round(rate)), Fraction(round(rate * 1001 / 1000) * 1000, 1001)):
        if candidate > 0 and abs(candidate / rate - 1) < _ROUNDED:
            return candidate
    return rate


def steadied(average: Fraction, nominal: Fraction, times: Sequence[Fraction], tick: Fraction, count: int) -> Fraction:
    """The rate that a camera was set to whose frames come a little early and late: 30, not 4050000/135101.

    That is the nominal rate if it is a standard one, or else the standard one next to the average, if the average may
    come out as it did by chance (three standard errors), and if at that rate as many frames fill the clip, to one frame.
    Otherwise it is the average.

    Arguments:
        average, nominal: frames per second, as the container has them.
        times: of frames, ascending, seconds.
        tick: seconds; times that lie no further from an even rate than that are those of that rate.
        count: how many frames the average is of.
    """
    steps = [after - before for before, after in pairwise(times)]
    if not steps or average in _STANDARD:
        return average
    if _fits(times, average, tick):
        return average
    spread = pstdev(float(step * average) for step in steps)
    for rate in (nominal, min(_STANDARD, key=lambda each: abs(each - average))):
        off = abs(rate / average - 1)
        if rate in _STANDARD and off <= 3 * spread / math.sqrt(count) and off * count <= 1:
            return rate
    return average


def stated_rate(rates: Iterable[Fraction], times: Sequence[Fraction], tick: Fraction) -> Fraction | None:
    """The first of `rates` that cameras are set to and that `times` are those of; None if there is none.

    Arguments:
        rates: frames per second that a file states in one place or another.
        times: of frames, ascending, seconds.
        tick: seconds; no time lies further than that from where its rate puts it.
    """
    return next((rate for rate in rates if rate in _STANDARD and _fits(times, rate, tick)), None)


def _fits(times: Sequence[Fraction], rate: Fraction, tick: Fraction) -> bool:
    # The last one tells most rates apart.
    last = len(times) - 1
    return abs(times[last] - times[0] - last / rate) <= tick and all(
        abs(time - times[0] - k / rate) <= tick for k, time in enumerate(times)
    )


def unrounded(times: Sequence[Fraction], rates: Iterable[Fraction], tick: Fraction) -> tuple[Fraction, ...]:
    """`times` as they were before a container rounded them to its `tick`, if they are those of a constant rate.

    Matroska, say, rounds to milliseconds; frames would be missed by that much, and motion would seem to jitter.

    Arguments:
        times: of all frames, ascending.
        rates: frames per second that may have been meant, the likeliest first.
        tick: seconds; no time lies further than that from where its rate puts it.
    """
    for rate in rates:
        ideal = tuple(times[0] + k / rate for k in range(len(times)))
        if all(abs(a - b) <= tick for a, b in zip(times, ideal, strict=True)):
            return ideal
    return tuple(times)
