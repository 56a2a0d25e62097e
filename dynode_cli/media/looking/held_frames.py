"""Held frames (rests): long gaps between frames in which the picture stood still, and did not go on unseen."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

import cv2

from dynode_cli.media.looking.likeness import Picture, difference, is_still
from dynode_cli.media.looking.repeats import MOVING_RATIO

LONG_GAP = 4
"""How many times longer than the clip's usual step a gap is that may be a rest."""
LONG_REST = 1.0
"""Seconds from which on a gap is a rest where nothing beside it shows how fast the picture moves."""
ORDINARY = 2
"""How many times shorter than the gap a step beside it must be to show that."""
LIKE_SPEED = 3.0
"""How many times faster or slower than beside the gap motion across it may be, to go on through it."""
_STANDS = 0.02
"""Pixels of the small pictures: motion that is none."""
_SMALLEST_SIDE = 16
"""Pixels; smaller pictures have no flow."""


class RestFinder:
    """Finds frames that stay on screen until just before the next one.

    Recordings of screens hold no frames while nothing happens, and drawn films hold a drawing: the motion that starts
    after such a gap must not creep along within it. Cameras that drop frames leave gaps too, through which motion
    goes on as fast as beside them. Motion is measured only where frames are spaced or differ unevenly.

    Arguments:
        tick: seconds.
    """

    def __init__(self, tick: Fraction) -> None:
        self._tick = tick
        self._count = 0
        self._last: deque[tuple[int, int, Picture]] = deque(maxlen=3)
        self._changes: deque[float] = deque(maxlen=2)
        self.moved: dict[int, float] = {}
        """Mean motion towards a frame from the one before it that it does not repeat, pixels."""

    def add(self, picture: Picture, time: int, step: tuple[float, int]) -> None:
        """Take the next picture (h, w, 3) BGR, shown from tick `time` on.

        Arguments:
            step: its mean and largest difference to the one before, levels.
        """
        index, self._count = self._count, self._count + 1
        if self._last:
            last, _, shown = self._last[-1]
            change, peak = step if last == index - 1 else difference(picture, shown)
            if is_still(change, peak):
                return
            self._changes.append(change)
        self._last.append((index, time, picture))
        steps = list(pairwise(self._last))
        lengths = [after[1] - before[1] for before, after in steps]
        if len(steps) == 2 and (
            max(lengths) >= ORDINARY * min(lengths) or max(self._changes) >= MOVING_RATIO * min(self._changes)
        ):
            for before, after in steps:
                if after[0] not in self.moved:
                    self.moved[after[0]] = _motion(before[2], after[2])

    def finish(self, times: Sequence[int], repeats: frozenset[int], cuts: Sequence[int]) -> frozenset[int]:
        """Indices of the frames that rest.

        Arguments:
            times: ticks at which the frames are shown.
            repeats: frames that repeat the one before, so that the gap before the next new one is longer.
            cuts: first frames of shots: no gap reaches across.
        """
        found = set()
        new = [index for index in range(len(times)) if index not in repeats]
        steps = [(b, times[b] - times[a]) for a, b in pairwise(new)]
        usual = median_low(length for _, length in steps) if steps else 0
        for n, (following, gap) in enumerate(steps):
            if gap < LONG_GAP * usual or following in cuts:
                continue
            beside = [step for step in steps[max(0, n - 1) : n] + steps[n + 1 : n + 2] if step[0] not in cuts]
            ordinary = [step for step in beside if ORDINARY * step[1] <= gap]
            if ordinary:
                rests = not any(self._like(following, gap, *step) for step in ordinary)
            else:
                rests = gap * self._tick >= LONG_REST
            if rests:
                found.add(new[n])
        return frozenset(found)

    def _like(self, following: int, gap: int, other: int, step: int) -> bool:
        """Whether motion in the gap before frame `following` is as fast as in the step before frame `other`."""
        across, beside = self.moved.get(following, 0.0), self.moved.get(other, 0.0)
        expected = beside * gap / step
        return beside > _STANDS and expected / LIKE_SPEED <= across <= expected * LIKE_SPEED


def _motion(before: Picture, after: Picture) -> float:
    """Mean length of the optical flow, pixels."""
    grey0, grey1 = (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in (before, after))
    if min(grey0.shape) < _SMALLEST_SIDE:
        return 0.0
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    # OpenCV's type stubs do not know that there may be no flow to start from.
    flow = search.calc(grey0, grey1, None)  # type: ignore[call-overload]
    return float(cv2.magnitude(flow[..., 0], flow[..., 1]).mean())
