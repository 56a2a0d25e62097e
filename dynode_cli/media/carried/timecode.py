"""The timecode of the first frame, from the source's labels to the output's.

Frames carry labels HH:MM:SS:FF. At 30000/1001 frames a second (and its multiples) drop-frame timecode, HH:MM:SS;FF,
leaves out two labels (four at twice the rate, and so on) at the start of each minute but every tenth, so that labels keep
pace with the clock.

References: SMPTE ST 12-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MOST = 255
"""Frames a second that a timecode track of MOV counts at most."""
_LABEL = re.compile(r"(\d\d):(\d\d):(\d\d)([:;.])(\d\d+)")
_DROPPED = Fraction(2, 30)
"""Labels left out a minute, as a part of the nominal rate."""


@dataclass(frozen=True)
class Timecode:
    """The label of a frame."""

    frame: int
    """Frames since 00:00:00:00."""
    rate: int
    """Frames that a second of labels counts."""
    drop: bool

    @classmethod
    def parse(cls, text: str, rate: Fraction) -> Timecode | None:
        """The label `text` of a video of `rate` frames a second; None if there is no such label."""
        match = _LABEL.fullmatch(text)
        if match is None:
            return None
        hours, minutes, seconds, frames = (int(match[k]) for k in (1, 2, 3, 5))
        return cls.of(hours, minutes, seconds, frames, round(rate), drop=match[4] != ":")

    @classmethod
    def of(cls, hours: int, minutes: int, seconds: int, frames: int, rate: int, *, drop: bool) -> Timecode | None:
        """The label of these numbers; None if there is no such label."""
        if hours > 23 or minutes > 59 or seconds > 59 or frames >= rate or (drop and rate % 30):
            return None
        dropped = round(_DROPPED * rate) if drop else 0
        if frames < dropped and seconds == 0 and minutes % 10:
            return None
        minute = hours * 60 + minutes
        return cls((minute * 60 + seconds) * rate + frames - dropped * (minute - minute // 10), rate, drop)

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """Hours, minutes, seconds and frames; after a day they begin again."""
        dropped = round(_DROPPED * self.rate) if self.drop else 0
        ten_minutes = 600 * self.rate - 9 * dropped
        tens, frame = divmod(self.frame % (144 * ten_minutes), ten_minutes)
        # All minutes of ten but the first are shorter.
        shorter = max(0, (frame - dropped) // (60 * self.rate - dropped)) if self.drop else 0
        label = tens * 600 * self.rate + frame + dropped * shorter
        seconds, frames = divmod(label, self.rate)
        return seconds // 3600, seconds // 60 % 60, seconds % 60, frames

    def __str__(self) -> str:
        hours, minutes, seconds, frames = self.parts
        return f"{hours:02}:{minutes:02}:{seconds:02}{';' if self.drop else ':'}{frames:02}"


def carried(text: str, rate: Fraction, skipped: Fraction, new_rate: Fraction) -> str | None:
    """The label that the first output frame gets, or None if its rate has no such label.

    Arguments:
        text: label of the source's first frame.
        rate: frames per second of the source.
        skipped: seconds of the source before the first output frame.
        new_rate: frames per second of the output.
    """
    first = Timecode.parse(text, rate)
    nominal = round(new_rate)
    if first is None or not 0 < nominal <= MOST:
        return None
    hours, minutes, seconds, frames = Timecode(first.frame + round(skipped * rate), first.rate, first.drop).parts
    # Labels that leave some out keep pace with the clock only at such a rate.
    drop = first.drop and nominal % 30 == 0 and new_rate.denominator == 1001
    found = Timecode.of(hours, minutes, seconds, frames * nominal // first.rate, nominal, drop=drop)
    return None if found is None else str(found)
