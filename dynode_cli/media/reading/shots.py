"""Cuts and repeated frames, found in small pictures as they stream by."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np

from dynode_cli.media.reading.likeness import Picture, alike

STILL_MEAN = 0.15
"""Mean difference, in levels of 255, up to which two small pictures may be the same frame coded twice."""
STILL_PEAK = 12
"""Largest difference of one sample up to which they may be."""
MOVING_RATIO = 3.0
"""How many times more the frames around such a repeated frame must differ."""
NOISY_MEAN_RATIO = 12.0
"""How many times more they must differ where coding noise is above those limits, on average ..."""
NOISY_PEAK_RATIO = 1.5
"""... and at most."""
LONGEST_REPEAT = 5
"""A frame repeated more often than this is a scene at rest."""


class CutFinder:
    """Finds cuts: a frame that differs far more than its neighbours do, or that no motion makes of the one before.

    The first is what PySceneDetect's adaptive detector looks for. It is blind to cuts next to each other, which the
    second finds (see :func:`~.likeness.alike`): shots of one or two frames.

    Pictures that repeat the last one are passed over, so that motion after a repeat is not taken for a cut. The
    detector looks two pictures around; the first and last are shown again, so that it sees cuts next to either end
    as well, and there, where it has little to compare with, the content detector must agree.
    """

    def __init__(self) -> None:
        from scenedetect.detectors import AdaptiveDetector

        self._detector: Any = AdaptiveDetector(min_scene_len=0)
        self._window = int(self._detector.event_buffer_length)
        self._shown = 0
        self._found: list[int] = []
        self._unlike: set[int] = set()
        self._first: list[Picture] = []
        self._last: deque[Picture] = deque(maxlen=self._window + 1)
        self._count = 0
        self._indices: list[int] = []

    def add(self, picture: Picture) -> None:
        """Take the next picture (h, w, 3) BGR."""
        index, self._count = self._count, self._count + 1
        if not self._first:
            for _ in range(self._window):
                self._show(picture)
        else:
            mean, peak = difference(picture, self._last[-1])
            if is_still(mean, peak):
                return
            if not alike(self._last[-1], picture, mean):
                self._unlike.add(len(self._indices))
        self._indices.append(index)
        if len(self._first) <= self._window:
            self._first.append(picture)
        self._last.append(picture)
        self._show(picture)

    def finish(self) -> tuple[int, ...]:
        """Indices of the first frame of every shot but the first."""
        if not self._last:
            return ()
        for _ in range(self._window):
            self._show(self._last[-1])
        found = {cut for cut in self._found if 0 < cut < len(self._indices) and self._sure(cut)}
        return tuple(self._indices[cut] for cut in sorted(found | self._unlike))

    def _show(self, picture: Picture) -> None:
        cuts = self._detector.process_frame(_position(self._shown), picture)
        self._found.extend(int(cut.frame_num) - self._window for cut in cuts)
        self._shown += 1

    def _sure(self, cut: int) -> bool:
        if cut <= self._window and cut < len(self._first):
            return _differ(self._first[cut - 1], self._first[cut])
        from_end = len(self._indices) - cut
        if from_end <= self._window and from_end < len(self._last):
            return _differ(self._last[-from_end - 1], self._last[-from_end])
        return True


class DuplicateFinder:
    """Finds frames that repeat their predecessor up to compression noise.

    A run of at most :data:`LONGEST_REPEAT` frames is one of repeats if the frames on both sides of it move and each
    frame in it hardly differs from its predecessor: by at most :data:`STILL_MEAN` on average and :data:`STILL_PEAK`
    anywhere, and :data:`MOVING_RATIO` times less than the frames around it; or, where the coding is noisier than
    that, by :data:`NOISY_MEAN_RATIO` times less on average and :data:`NOISY_PEAK_RATIO` times less anywhere. So the
    doubled frames of a rate conversion are found, while a static clip, a pause and the ends of a clip are left as
    they are.
    """

    def __init__(self) -> None:
        self._last: Picture | None = None
        self._steps: list[tuple[float, int]] = []

    def add(self, picture: Picture) -> None:
        """Take the next picture (h, w, 3)."""
        self._steps.append((np.inf, 255) if self._last is None else difference(picture, self._last))
        self._last = picture

    def finish(self, cuts: tuple[int, ...]) -> frozenset[int]:
        """Indices of the repeats; the first frame of a shot is none."""
        found: set[int] = set()
        index = 2
        while index < len(self._steps) - 1:
            length = self._run_at(index)
            found.update(range(index, index + length))
            index += max(1, length)
        return frozenset(found - set(cuts))

    def _run_at(self, first: int) -> int:
        """Length of the run of repeats that starts at `first`; 0 if none does."""
        for length in range(1, LONGEST_REPEAT + 1):
            if first + length >= len(self._steps):
                return 0
            around = self._steps[first - 1], self._steps[first + length]
            mean, peak = min(each[0] for each in around), min(each[1] for each in around)
            run = self._steps[first : first + length]
            if all(_repeats(step, mean, peak) for step in run):
                return length
        return 0


def difference(picture: Picture, other: Picture) -> tuple[float, int]:
    """Mean and largest absolute difference of two pictures."""
    apart = cv2.absdiff(picture, other)
    return float(cv2.mean(apart.reshape(-1))[0]), int(apart.max())


def is_still(mean: float, peak: int) -> bool:
    """Whether so small a difference may be coding noise alone."""
    return mean <= STILL_MEAN and peak <= STILL_PEAK


def _repeats(step: tuple[float, int], mean_around: float, peak_around: int) -> bool:
    mean, peak = step
    if is_still(mean, peak):
        return mean_around >= MOVING_RATIO * max(mean, 0.01) and peak_around > peak
    return mean_around >= NOISY_MEAN_RATIO * mean and peak_around >= NOISY_PEAK_RATIO * peak


def _position(index: int) -> Any:
    from scenedetect.common import FrameTimecode

    # Only the order of frames matters to the detectors, so any rate will do.
    return FrameTimecode(index, fps=25.0)


def _differ(before: Picture, after: Picture) -> bool:
    from scenedetect.detectors import ContentDetector

    detector = ContentDetector(min_scene_len=0)
    detector.process_frame(_position(0), before)
    return bool(detector.process_frame(_position(1), after))
