"""Time left of a run: how long whole windows take, and the frames in them, from those that are done."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

_LATEST = 8
"""Windows of which the mean is taken: machines get slower and faster."""
_FRAMES, _TWO_BATCHES = 64, 16
"""Frames of which the mean is taken, and the fewest of a window that say something: they come in batches."""
_FEWEST = 3
"""Frames that say something where one takes as long as the other."""


@dataclass(frozen=True)
class Piece:
    """What a frame of the output is made in."""

    window: Hashable
    """Frames with the same one are made together: the first waits for what all of them need."""
    size: int
    """How much that is, in intervals of the source; 0 where frames are the source's own."""


class Pace:
    """Foretells how long the rest of a run takes.

    The first frame of a window waits for the motion in all of it, the others come quickly, and those of the source more
    quickly still. So each of the three has a mean of its own, and the time left is that of the frames that are to come.
    The first window is slow for reasons of its own (libraries are loaded, memory is got), and counts only if there is
    no other.

    Arguments:
        pieces: what each frame is made in, in order.
        clock: seconds.
    """

    def __init__(self, pieces: Sequence[Piece], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pieces = pieces
        self._kinds = [_kind(piece, before) for before, piece in zip([None, *pieces], pieces, strict=False)]
        self._left = Counter(self._kinds)
        self._sizes_left = sum(p.size for p, kind in zip(pieces, self._kinds, strict=True) if kind == _ENTRY)
        self._windows = self._left[_ENTRY]
        self._entry: deque[float] = deque(maxlen=_LATEST)
        self._made: deque[float] = deque(maxlen=_FRAMES)
        self._own: deque[float] = deque(maxlen=_FRAMES)
        self._entered = self._done = self._measured_from = 0
        self._began = self._last = clock()
        self._rate: float | None = None

    def step(self, done: int) -> None:
        """Frames up to number `done` (counted from 1) are finished."""
        now = self._clock()
        seconds = (now - self._last) / max(done - self._done, 1)
        for k in range(self._done, done):
            self._count(k, seconds)
        self._done, self._last = done, now
        if self._closed() and self._known() and now > self._began:
            self._rate = (done - self._measured_from) / (now - self._began)

    def _count(self, k: int, seconds: float) -> None:
        kind = self._kinds[k]
        self._left[kind] -= 1
        if kind == _ENTRY:
            self._entered += 1
            self._sizes_left -= self._pieces[k].size
            if self._entered == 2:
                self._entry.clear()
                self._made.clear()
                self._began, self._measured_from = self._last, k
            self._entry.append(seconds / self._pieces[k].size)
        elif kind == _MADE:
            self._made.append(seconds)
        elif k:
            # The very first one waits for the file to be opened.
            self._own.append(seconds)

    def rate(self) -> float | None:
        """Frames a second over whole windows; None: not known yet."""
        return self._rate

    def left(self) -> float | None:
        """Seconds that the rest takes; None: not known yet."""
        if not self._known():
            return None
        rest = self._sizes_left * _mean(self._entry) + self._left[_MADE] * _mean(self._made)
        # Those of the source, until some were seen: most others only wait to be written too.
        own = _mean(self._own) if self._own else median(self._made or [0.0])
        rest += self._left[_OWN] * own
        return max(rest - (self._clock() - self._last), 0.0)

    def _known(self) -> bool:
        """Whether enough was seen of what is to come: whole windows, and not only the first if others follow."""
        whole = self._entered - (not self._closed()) >= min(2, self._windows)
        if self._left[_ENTRY]:
            return whole
        if self._left[_MADE]:
            return (whole and self._windows > 2) or len(self._made) >= _TWO_BATCHES
        return self._windows > 0 or len(self._own) >= min(max(len(self._kinds) // 10, _FEWEST), _TWO_BATCHES)

    def _closed(self) -> bool:
        """Whether no frame of the current window is to come."""
        return self._done == len(self._kinds) or self._kinds[self._done] != _MADE


def _mean(seconds: deque[float]) -> float:
    return fmean(seconds) if seconds else 0.0


def steady(count: int, batch: int = 1) -> list[Piece]:
    """Pieces of frames of which one takes as long as the other, or one batch as long as the other."""
    return [Piece(k // batch, 1) if batch > 1 else Piece(None, 0) for k in range(count)]


_ENTRY, _MADE, _OWN = "first of a window", "other of a window", "the source's own"


def _kind(piece: Piece, before: Piece | None) -> str:
    if not piece.size:
        return _OWN
    return _MADE if before is not None and before.window == piece.window else _ENTRY
