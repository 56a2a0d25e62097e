"""Pictures: what a reader gives of a scan, its frames or, of those that it deinterlaces, both of their fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from itertools import accumulate


class Pictures:
    """The pictures of frames 0, 1, ...: one of each, or two, the second of them half a frame later.

    Arguments:
        halves: whether each frame gives two; None: none does.
        count: how many frames there are.
    """

    def __init__(self, halves: Sequence[bool] | None, count: int) -> None:
        self.frames: Sequence[int] = range(count)
        """Frame of each picture."""
        self._first: Sequence[int] = range(count)
        self._halves = halves
        if halves is not None:
            self.frames = [index for index, two in enumerate(halves) for _ in range(1 + two)]
            self._first = list(accumulate((1 + two for two in halves[:-1]), initial=0))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def doubled(self) -> bool:
        """Whether some frames give two."""
        return self._halves is not None

    def first_of(self, frame: int) -> int:
        """Index of the first picture of `frame`."""
        return self._first[frame]

    def is_second(self, index: int) -> bool:
        """Whether picture `index` is the second one of its frame."""
        return self._first[self.frames[index]] != index

    def firsts(self, frames: Iterable[int]) -> tuple[int, ...]:
        """The first pictures of `frames`."""
        return tuple(self._first[frame] for frame in frames)

    def all_of(self, frames: Collection[int]) -> frozenset[int]:
        """All pictures of `frames`."""
        return frozenset(index for index, frame in enumerate(self.frames) if frame in frames)

    def lasts(self, frames: Iterable[int]) -> frozenset[int]:
        """The last picture of each of `frames`."""
        return frozenset(self._first[frame] + bool(self._halves and self._halves[frame]) for frame in frames)

    def times(self, times: Sequence[Fraction], step: Fraction) -> tuple[Fraction, ...]:
        """When each picture is shown, seconds.

        Arguments:
            times: (N,) when each frame is shown.
            step: seconds that a frame usually stays.
        """
        if self._halves is None:
            return tuple(times)
        found = []
        for index, frame in enumerate(self.frames):
            later = Fraction(0)
            if self.is_second(index):
                later = min(times[frame + 1] - times[frame], step) / 2 if frame + 1 < len(times) else step / 2
            found.append(times[frame] + later)
        return tuple(found)
