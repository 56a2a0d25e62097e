"""Joins (discontinuities): where the clock of a whole file jumps, as that of recordings put one after the other does.

A jump of the clock is one of all streams. It is taken out of all of them by the same shift, so that what was in sync
stays so. What goes on in one stream while another pauses is no jump.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av

from dynode_cli.media.containers import demuxer
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.ffmpeg import open_input
from dynode_cli.media.reading.source import Source
from dynode_cli.requests.reading import Gaps

_RESTART = Fraction(10)
"""Seconds by which a clock that may restart is ahead where it did so, and no signal was lost."""
_GAP = Fraction(1)
"""Seconds without anything that are closed, if gaps are to be."""
_BACK = Fraction(1, 2)
"""Seconds by which a clock falls back that was restarted; less is disorder of single stamps."""
_WRAPPED = Fraction(2**32, 90_000)
"""Seconds: a clock that falls back seems to be half its 33 bits ahead, or more (ISO/IEC 13818-1)."""
_ALIKE = Fraction(1)
"""Seconds by which the jumps of two streams differ at one join, at most."""


@dataclass(frozen=True)
class Join:
    """A jump of the clock."""

    at: Fraction
    """When it is, seconds from the source's zero on the repaired clock."""
    jump: Fraction
    """Seconds by which the clock in the file is ahead of where it should be; negative: behind."""
    shift: Fraction
    """Seconds that all time stamps from there on are moved by, earlier joins included."""


class JoinedClock:
    """Time stamps of one stream, in the order of the file, on a clock that goes on at every join.

    Arguments:
        joins: of the file.
        zero: time stamp that counts as 0, seconds.
    """

    def __init__(self, joins: Sequence[Join], zero: Fraction) -> None:
        self._ahead = list(joins)
        self._zero = zero
        self._shift = Fraction(0)
        self._last: Fraction | None = None

    def shift(self, time: Fraction, base: Fraction) -> int:
        """Ticks of `base` that a stamp at `time`, seconds as the file has it, is moved by."""
        while self._ahead:
            following = self._ahead[0]
            before, after = time + self._shift - self._zero, time + following.shift - self._zero
            # Before the first stamp, all that is known is that the stream may begin at the join.
            near = following.at if self._last is None else self._last
            passed = abs(after - near) < abs(before - near) and (self._last is not None or before < 0)
            if not passed:
                break
            self._shift = self._ahead.pop(0).shift
        self._last = time + self._shift - self._zero
        return round(self._shift / base)

    def without_gap(self, duration: int, base: Fraction) -> int:
        """How long what had the last stamp lasts, ticks of `base`: not across a gap that is closed, as MP4 has it."""
        if not self._ahead or self._last is None:
            return duration
        following = self._ahead[0]
        ends = min(self._last + duration * base, following.at + following.jump)
        across = ends - max(self._last, following.at)
        return duration - round(across / base) if across > following.jump / 2 > 0 else duration


def find_joins(source: Source, info: MediaInfo, gaps: Gaps) -> tuple[Join, ...]:
    """Where the clock of `source` jumps: a look at all time stamps, for files that may be joined or if gaps are closed.

    Arguments:
        gaps: ``auto`` takes a jump ahead by 10 s for a join where clocks may restart; ``keep`` none; ``close`` closes
            every gap of a second in which no stream holds anything.
    """
    kind = demuxer(info.container)
    if source.kind != "container" or not (kind.starts_anywhere or gaps == "close"):
        return ()
    ahead = {"auto": _RESTART, "close": _GAP, "keep": _WRAPPED}[gaps]
    jumps: dict[int, _Jumps] = {}
    with open_input(source.path, source.name) as container:
        streams = [each for each in container.streams if each.index == info.video_index or each.type == "audio"]
        try:
            for packet in container.demux(*streams):
                if packet.size and packet.dts is not None:
                    jumps.setdefault(packet.stream_index, _Jumps(ahead, kind.lasts_to_next)).add(packet)
        except av.FFmpegError:
            # What is damaged is reported where it is decoded.
            pass
    pictures = jumps.pop(info.video_index, None)
    if pictures is None:
        return ()
    joins: list[Join] = []
    shift = Fraction(0)
    for k, (time, jump) in enumerate(pictures.found):
        back = jump < 0 or jump >= _WRAPPED
        if not back and not all(other.jumps_like(jump, time, k) for other in jumps.values()):
            continue
        joins.append(Join(time + shift - info.zero, jump, shift - jump))
        shift -= jump
    return tuple(joins)


class _Jumps:
    """The jumps of one stream's stamps.

    Arguments:
        ahead: seconds from which on a jump ahead is one.
        lasts_to_next: what lasts so long may be a gap; it is one if what came before did not.
    """

    def __init__(self, ahead: Fraction, lasts_to_next: bool) -> None:
        self.found: list[tuple[Fraction, Fraction]] = []
        """When the stream should go on, and by how much its clock is ahead then, seconds as the file has them."""
        self._ahead, self._lasts_to_next = ahead, lasts_to_next
        self._due: Fraction | None = None
        self._step = Fraction(0)
        self._first = self._last = Fraction(0)

    def add(self, packet: Any) -> None:
        time = packet.dts * packet.time_base
        if self._due is None:
            self._first = time
        else:
            off = time - self._due
            if off > self._ahead or off < -_BACK - self._step:
                self.found.append((self._due, off))
            elif off + self._step > 0:
                self._step += off
        lasts = (packet.duration or 0) * packet.time_base
        if lasts and not (self._lasts_to_next and self._step and lasts > self._step + self._ahead):
            self._step = lasts
        self._due = time + self._step
        self._last = time

    def jumps_like(self, jump: Fraction, time: Fraction, number: int) -> bool:
        """Whether this stream jumps likewise, or holds nothing beyond `time`."""
        alike = any(abs(off - jump) <= _ALIKE for _, off in self.found[max(0, number - 1) : number + 2])
        return alike or self._last <= time or self._first >= time + jump


def without_joins(info: MediaInfo, joins: Sequence[Join]) -> MediaInfo:
    """`info` without durations where the clock that they were taken from jumps."""
    if not joins:
        return info
    streams = tuple(replace(stream, duration=None) for stream in info.streams)
    return replace(info, duration=None, streams=streams)
