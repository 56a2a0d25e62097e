"""Times that programs give as numbers of seconds, whole, rational or floating point, as exact fractions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from dynode_cli.errors import UsageError

FLICK = Fraction(1, 705_600_000)
"""Seconds. Frames at 24, 25, 30, 48, 50, 60, 90, 100 and 120 a second, and at 1000/1001 of these, last a whole number
of flicks (Oculus, "Flicks", 2018): a floating-point time means the nearest one."""

FARTHEST = 10**12
"""Seconds from 0 beyond which floating-point numbers hold no usual frame apart from the next."""

_FRACTION_BITS = {2: 10, 4: 23}
"""Of floating-point numbers of so many bytes; of others 52."""


@dataclass(frozen=True)
class ExactTimes:
    """Times as fractions."""

    values: tuple[Fraction, ...]
    """Seconds."""
    rounding: Fraction
    """Seconds by which they may be off what was meant: 0 for whole and rational numbers."""


def exact_times(given: Iterable[Any], what: str) -> ExactTimes:
    """Whole and rational numbers as they are, floating-point ones to the nearest flick.

    Arguments:
        given: seconds; a sequence of numbers, or an array or tensor (T,).
        what: they are called in messages.

    Raises:
        UsageError: there is none, one is no finite number or beyond `FARTHEST`, or there is more than one axis.
    """
    shape = tuple(getattr(given, "shape", (0,)))
    if len(shape) != 1:
        raise UsageError(f"{what}: an array of shape (T,) is wanted, not {shape}")
    if not isinstance(given, Iterable):
        raise UsageError(f"{what}: a sequence of times is wanted, not {given!r}", hint="give a list: [0.5]")
    listed = given.tolist() if hasattr(given, "tolist") else list(given)
    if not listed:
        raise UsageError(f"{what}: there is no time in it")
    values = tuple(_exact(value, what) for value in listed)
    if all(isinstance(value, Rational) for value in listed):
        return ExactTimes(values, Fraction(0))
    # float32 has no room for more: it counts an hour in steps of a quarter of a millisecond.
    room = max(map(abs, values)) / 2 ** _FRACTION_BITS.get(getattr(given, "itemsize", 8), 52)
    return ExactTimes(values, max(FLICK, room))


def _exact(value: Any, what: str) -> Fraction:
    if isinstance(value, Rational):
        time = Fraction(int(value.numerator), int(value.denominator))
    elif isinstance(value, Real) and math.isfinite(value):
        time = round(Fraction(float(value)) / FLICK) * FLICK
    else:
        raise UsageError(f"{what}: {value!r} is no time", hint="give seconds: 1, 0.5, Fraction(1, 24)")
    if abs(time) > FARTHEST:
        raise UsageError(f"{what}: a time is more than {FARTHEST:.0e} s from 0", hint="give seconds: 1, 0.5")
    return time
