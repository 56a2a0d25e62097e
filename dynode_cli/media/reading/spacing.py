"""Spacing of an animation's frames: the even rate that it was made at, behind delays that its format rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

# Of formats that have no clock of their own: what came from WebP, or from GIF, keeps its rounding.
_GRAINS = (Fraction(1, 1000), Fraction(1, 100))
_LARGEST_DENOMINATOR = 1001


@dataclass(frozen=True)
class Spacing:
    """Frames that are evenly spaced but for rounding."""

    rate: Fraction
    """Frames per second."""
    rounding: Fraction
    """Seconds; no frame lies further than that from where the rate puts it."""


def spacing_of(delays: Sequence[int], tick: Fraction, *, declared: Fraction | None = None) -> Spacing | None:
    """The rate of frames that stay for `delays`; None if they are not evenly spaced.

    Delays that are all the same are taken at their word. Others have the simplest rate that rounds to them: a whole
    number, one of the NTSC family, or a fraction. The last delay does not count: animations often hold their end.

    Arguments:
        delays: ticks that each frame stays.
        tick: seconds.
        declared: the delay of the first frame as a rate, if the file keeps delays more exactly than in ticks.
    """
    steps = delays[:-1]
    if not steps or min(steps) <= 0:
        return None
    if declared is not None and all(abs(step * tick - 1 / declared) <= tick for step in steps):
        # FFmpeg rounds each delay for itself, so that errors add up.
        return Spacing(declared, tick * max(Fraction(1), Fraction(len(delays), 2)))
    if min(steps) == max(steps):
        return Spacing(1 / (steps[0] * tick), tick)
    for grain in (tick, *_GRAINS):
        if any(step * tick % grain for step in steps) or (max(steps) - min(steps)) * tick > grain:
            continue
        for slack in (grain / 2, grain):
            rate = _rate_within(slack, [time * tick for time in accumulate(steps)])
            if rate is not None:
                return Spacing(rate, grain)
    return None


def _rate_within(slack: Fraction, times: Sequence[Fraction]) -> Fraction | None:
    """The simplest rate whose frame k lies within `slack` of `times`, the first of which is that of frame 1."""
    low = max(k / (time + slack) for k, time in enumerate(times, 1))
    high = min((k / (time - slack) for k, time in enumerate(times, 1) if time > slack), default=None)
    if high is None or low > high:
        return None
    middle = (low + high) / 2
    candidates = [Fraction(round(middle)), Fraction(round(middle * 1001 / 1000) * 1000, 1001)]
    candidates += [Fraction(round(middle * below), below) for below in range(2, _LARGEST_DENOMINATOR + 1)]
    return next((rate for rate in candidates if low <= rate <= high), middle)
