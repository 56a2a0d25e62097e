"""Frame rate of a source as it was meant, constant or variable (VFR)."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from dynode_cli.media.rates import meant_rate, stated_rate, steadied, unrounded
from dynode_cli.media.reading.scan import Scan


def rate_of(scan: Scan) -> Fraction:
    """Frames per second that a source means to have.

    The average of a variable rate is an accident of its gaps; the nominal rate is used, unless it is a multiple that
    no frame follows (fields, or the tick of a clock). That of a rate that only jitters is the one it jitters about.
    """
    info = scan.info
    field = field_of(scan)
    if field is not None:
        return Fraction(2, 5) / field
    steps = [after - before for before, after in pairwise(scan.times)]
    if scan.vfr and info.average_rate * median_low(steps) >= 2:
        # The tick of a clock, where at most few frames come at the next one.
        return meant_rate(len(steps) / sum(steps, Fraction()))
    if scan.vfr:
        meant = info.average_rate <= info.nominal_rate <= 2 * info.average_rate
        return info.nominal_rate if meant else info.average_rate
    stated = [rate for rate in (info.average_rate, info.nominal_rate, info.coded_rate) if rate is not None]
    count = info.declared_frames or len(scan)
    return stated_rate(stated, scan.times, info.slack) or steadied(
        info.average_rate, info.nominal_rate, scan.times, info.slack, count
    )


_FIELDS = tuple(Fraction(1, rate) for rate in (Fraction(60_000, 1001), Fraction(60), Fraction(50)))
"""Seconds a field."""
_OFTEN = 0.4
"""Share of the frames that stay for three fields in film with soft telecine, at least; it is one half."""


def field_of(scan: Scan) -> Fraction | None:
    """Seconds a field, in film with soft telecine, whose frames stay for two and three fields in turn; None in others."""
    if not scan.vfr:
        return None
    steps = [after - before for before, after in pairwise(scan.times)]
    found = {}
    for field in _FIELDS:
        # A time is rounded on either side of a step.
        slack = max(2 * scan.info.slack, field / 20)
        threes = sum(abs(step - 3 * field) <= slack for step in steps)
        twos = sum(abs(step - 2 * field) <= slack for step in steps)
        if threes + twos == len(steps) and _OFTEN * len(steps) <= threes <= (1 - _OFTEN) * len(steps) + 1:
            found[field] = abs(sum(steps) - (3 * threes + 2 * twos) * field)
    return min(found, key=lambda field: found[field], default=None)


def clock_of(scan: Scan) -> tuple[tuple[Fraction, ...], Fraction]:
    """Times of the frames, and when the last of them ends, as they were before the container rounded them."""
    info = scan.info
    rates, rounding = (rate_of(scan), info.average_rate, info.nominal_rate), info.slack
    times = unrounded(scan.times, rates, rounding)
    for rate in rates:
        ends = times[-1] + 1 / rate
        # Where a duration is rounded and added to a rounded time, both count.
        if times[-1] - times[0] == (len(times) - 1) / rate and abs(ends - scan.end_time) <= 2 * rounding:
            return times, ends
    return times, scan.end_time
