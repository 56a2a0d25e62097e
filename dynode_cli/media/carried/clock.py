"""The output's clock: how times of the source become times of the output."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class OutputClock:
    """Maps seconds on the source's clock to seconds in the output's container.

    An output that begins where the source's video does keeps the source's clock, so that a video which starts later
    than its sound still does. One that was trimmed starts at 0, and so does the first stream of one that has to.
    """

    begins: Fraction
    """Source time of the first output frame."""
    trimmed: bool
    """Whether what lies before `begins` is left out."""
    end: Fraction | None
    """Source time from which everything is left out; None: nothing is."""
    retime: Fraction = Fraction(1)
    """How many times slower the output runs."""
    tick: Fraction | None = None
    """Seconds; the pictures of the output can begin only at a multiple of that."""
    earliest: Fraction = Fraction(0)
    """Source time of what comes first, if it has to be at 0."""

    @property
    def origin(self) -> Fraction:
        """Container time of the first output frame."""
        if self.trimmed:
            return Fraction(0)
        begins = (self.begins - self.earliest) * self.retime
        return begins if self.tick is None else round(begins / self.tick) * self.tick

    def __call__(self, time: Fraction) -> Fraction:
        """Container time of source time `time`."""
        return (time - self.begins) * self.retime + self.origin

    def keeps(self, begin: Fraction, end: Fraction) -> bool:
        """Whether something that is on from `begin` to `end` (source times) belongs into the output."""
        return not (self.trimmed and end <= self.begins) and not (self.end is not None and begin >= self.end)
