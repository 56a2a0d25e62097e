"""Cuts and repeated frames, found in small pictures as they stream by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

STILL_MEAN = 0.15
"""Mean difference, in levels of 255, up to which two small pictures may be the same frame coded twice."""
STILL_PEAK = 12
"""Largest difference of one sample up to which they may be."""
MOVING_RATIO = 3.0
"""How many times more than that the frames around a repeated frame must differ."""
LONGEST_REPEAT = 5
"""A frame repeated more often than this is a scene at rest."""


class CutFinder:
    """Finds cuts with PySceneDetect's adaptive detector: a frame that differs far more than its neighbours do.

    The detector looks two frames around. The first and last picture are shown to it again, so that it sees cuts next
    to either end as well; there, where it has little to compare with, the content detector must agree.
    """

    def __init__(self) -> None:
        from scenedetect.detectors import AdaptiveDetector

        self._detector: Any = AdaptiveDetector(min_scene_len=0)
        self._window = int(self._detector.event_buffer_length)
        self._shown = 0
        self._found: list[int] = []
        self._first: list[Picture] = []
        self._last: deque[Picture] = deque(maxlen=self._window + 1)

    def add(self, picture: Picture) -> None:
        """Take the next picture (h, w, 3) BGR."""
        if not self._first:
            for _ in range(self._window):
                self._show(picture)
        if len(self._first) <= self._window:
            self._first.append(picture)
        self._last.append(picture)
        self._show(picture)

    def finish(self) -> tuple[int, ...]:
        """Indices of the first frame of every shot but the first."""
        if not self._last:
            return ()
        count = self._shown - self._window
        for _ in range(self._window):
            self._show(self._last[-1])
        return tuple(cut for cut in self._found if self._confirmed(cut, count))

    def _show(self, picture: Picture) -> None:
        cuts = self._detector.process_frame(_position(self._shown), picture)
        self._found.extend(int(cut.frame_num) - self._window for cut in cuts)
        self._shown += 1

    def _confirmed(self, cut: int, count: int) -> bool:
        if cut <= self._window and cut < len(self._first):
            return _differ(self._first[cut - 1], self._first[cut])
        from_end = count - cut
        if from_end <= self._window and from_end < len(self._last):
            return _differ(self._last[-from_end - 1], self._last[-from_end])
        return True


def _position(index: int) -> Any:
    from scenedetect.common import FrameTimecode

    # Only the order of frames matters to the detectors, so any rate will do.
    return FrameTimecode(index, fps=25.0)


def _differ(before: Picture, after: Picture) -> bool:
    from scenedetect.detectors import ContentDetector

    detector = ContentDetector(min_scene_len=0)
    detector.process_frame(_position(0), before)
    return bool(detector.process_frame(_position(1), after))


@dataclass(frozen=True)
class _Step:
    index: int
    mean: float
    peak: int


class DuplicateFinder:
    """Finds frames that repeat their predecessor up to compression noise.

    A frame is a repeat if (1) it differs from its predecessor by at most :data:`STILL_MEAN` on average and
    :data:`STILL_PEAK` anywhere, (2) it belongs to a run of at most :data:`LONGEST_REPEAT` such frames, and (3) the
    frames on both sides of the run move, by :data:`MOVING_RATIO` times its largest difference. So the doubled frames
    of a rate conversion are found, while a static clip, a pause and the ends of a clip are left as they are.
    """

    def __init__(self) -> None:
        self._last: Picture | None = None
        self._index = -1
        self._before: _Step | None = None
        self._run: deque[_Step] = deque()
        self._found: list[int] = []

    def add(self, picture: Picture) -> None:
        """Take the next picture (h, w, 3)."""
        self._index += 1
        if self._last is not None:
            difference = cv2.absdiff(picture, self._last)
            self._step(_Step(self._index, float(difference.mean()), int(difference.max())))
        self._last = picture

    def finish(self, cuts: tuple[int, ...]) -> frozenset[int]:
        """Indices of the repeats; the first frame of a shot is none."""
        return frozenset(self._found) - set(cuts)

    def _step(self, step: _Step) -> None:
        if step.mean <= STILL_MEAN and step.peak <= STILL_PEAK:
            self._run.append(step)
            if len(self._run) > LONGEST_REPEAT:
                # At rest: nothing before this counts as motion until something moves again.
                self._run.clear()
                self._before = None
            return
        if self._run and self._before is not None:
            still = max(each.mean for each in self._run)
            peak = max(each.peak for each in self._run)
            moves = min(self._before.mean, step.mean) >= MOVING_RATIO * still
            if moves and min(self._before.peak, step.peak) > peak:
                self._found.extend(each.index for each in self._run)
        self._run.clear()
        self._before = step
