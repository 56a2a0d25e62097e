"""Time stamps (PTS) put in order: every frame gets one, and each is later than the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass
class ClockRepair:
    """Gives frames strictly increasing ticks. Stamps that are already so come out unchanged.

    * A missing stamp continues from the frame before, by that frame's duration or the nominal step.
    * One stamp that sticks out between two good neighbours is put halfway between them.
    * A clock that falls back (a recording that was joined, a restarted camera) goes on where it was: the stamps
      after it keep their distances.
    """

    step: int
    """Ticks between frames where nothing else is known."""
    missing: int = 0
    """Stamps that were filled in."""
    disordered: int = 0
    """Stamps that were moved."""

    def __call__(self, stamps: Iterable[tuple[int | None, int]]) -> Iterator[int]:
        """Repaired ticks for (stamp, duration) pairs, one frame behind."""
        last: int | None = None
        last_step = self.step
        shift = 0
        pairs = iter(stamps)
        current = next(pairs, None)
        while current is not None:
            following = next(pairs, None)
            stamp, duration = current
            after = None if following is None or following[0] is None else following[0] + shift
            if stamp is None:
                self.missing += 1
                tick = 0 if last is None else last + last_step
                if after is not None and last is not None and last < after <= tick and after - last > 1:
                    tick = (last + after) // 2
            else:
                tick = stamp + shift
                if last is not None and tick <= last:
                    self.disordered += 1
                    if after is not None and after > last + 1:
                        tick = (last + after) // 2
                    else:
                        shift += last + last_step - tick
                        tick = last + last_step
                elif last is not None and after is not None and last + 1 < after < tick:
                    # One of the two sticks out: the one that is further from where this frame is due.
                    due = last + last_step
                    if abs(tick - due) > abs(after - due):
                        self.disordered += 1
                        tick = (last + after) // 2
            last_step = duration if duration > 0 else tick - last if last is not None else self.step
            last = tick
            yield tick
            current = following
