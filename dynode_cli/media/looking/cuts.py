"""Cut detection (scene changes): where one shot ends and the next begins."""

from __future__ import annotations

from collections import deque
from typing import Any

from dynode_cli.media.looking.likeness import Picture, alike, difference, is_still


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


def _position(index: int) -> Any:
    from scenedetect.common import FrameTimecode

    # Only the order of frames matters to the detectors, so any rate will do.
    return FrameTimecode(index, fps=25.0)


def _differ(before: Picture, after: Picture) -> bool:
    from scenedetect.detectors import ContentDetector

    detector = ContentDetector(min_scene_len=0)
    detector.process_frame(_position(0), before)
    return bool(detector.process_frame(_position(1), after))
