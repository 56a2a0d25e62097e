"""Propagation of an edit: frames with a change of one frame carried to all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from dynode_cli.contracts import Carried, Carrier, FitReport, Picture, Progress, Push, silent
from dynode_cli.errors import InputError
from dynode_cli.pipeline.renderer import FrameSource, OpenClip
from dynode_cli.pipeline.shots import Shot, picture_time, shot_at, without_rests
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.verbs.editing.upright import Orientation, UprightClip

EditsOfShot = Callable[[int], Sequence[Push | Picture]]
"""What is to be changed in the shot of that index."""


class CarriedRenderer:
    """Renders frames and changes them.

    Arguments:
        base: renders the frames.
        open_clip: opens the clip of a shot in which the changes are followed.
        edits: what is to be changed in each shot.
        orientation: of the frames; the carrier sees them upright.
        between: `base` makes frames between those of the source; otherwise each is a frame of the source, and what
            follows it follows the picture that is shown, however often.
        told: is given the time and the figures of every frame.
        stopwatch: is told about the stage carry.
    """

    def __init__(
        self,
        base: FrameSource,
        shots: Sequence[Shot],
        open_clip: OpenClip,
        carrier: Carrier,
        edits: EditsOfShot,
        orientation: Orientation,
        *,
        between: bool,
        told: Callable[[Fraction, Mapping[str, float]], None] | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._base = base
        self._shots = shots
        self._open_clip = open_clip
        self._carrier = carrier
        self._edits = edits
        self._orientation = orientation
        self._between = between
        self._time = Fraction(0)
        self._told = told
        self._stopwatch = stopwatch or Stopwatch()
        self._opened: tuple[int, Carried | None] | None = None
        self._latest: Fraction | None = None
        self.untouched: dict[int, str] = {}
        """Shots that were left as they are, and why."""

    @property
    def reports(self) -> dict[int, FitReport]:
        """What the dynamics said of each shot, by the shot's index."""
        return self._base.reports

    def find(self, progress: Progress = silent) -> tuple[int, Carried]:
        """The first shot that can be changed, so that it is known early if there is none.

        Raises:
            InputError: no shot shows what the change is about.
        """
        reason: InputError | None = None
        for index in range(len(self._shots)):
            if not self._edits(index):
                continue
            try:
                carried = self._open(index, progress)
            except InputError as error:
                reason = error
                self.untouched[index] = str(error)
            else:
                self._opened = (index, carried)
                return index, carried
        assert reason is not None, "an edit belongs to some shot"
        raise reason

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        """Frames (C, H, W) in [0, 1] at `times`; ascending times are cheapest."""
        for time, frame in zip(times, self._base.frames(times), strict=True):
            carried = self._carried(time)
            self._latest = self._time = time
            if carried is None:
                yield frame
                continue
            shown = self._orientation.upright(frame)
            with self._stopwatch.stage("carry"):
                changed = carried.apply(shown[:3], float(self._picture_time(time)))
            if self._told is not None:
                self._told(time, carried.facts())
            yield self._orientation.coded(torch.cat([changed, shown[3:]]) if len(shown) > 3 else changed)

    def _picture_time(self, time: Fraction) -> Fraction:
        return picture_time(self._shots[shot_at(self._shots, time)], time, between=self._between)

    def _carried(self, time: Fraction) -> Carried | None:
        index = shot_at(self._shots, time)
        if index in self.untouched or not self._edits(index):
            return None
        back = self._latest is not None and time < self._latest
        if self._opened is None or self._opened[0] != index or back:
            try:
                self._opened = (index, self._open(index, silent))
            except InputError as error:
                self.untouched[index] = str(error)
                return None
        return self._opened[1]

    def _open(self, index: int, progress: Progress) -> Carried:
        shot = without_rests(self._shots[index])
        clip = UprightClip(self._open_clip(shot, range(len(shot))), self._orientation)
        return self._carrier.open(clip, [self._timed(edit) for edit in self._edits(index)], progress)

    def _timed(self, edit: Push | Picture) -> Push | Picture:
        """A strength goes on while a picture stays: it is that of the moment that is shown, not of the picture."""
        return replace(edit, strength=lambda _: edit.strength(float(self._time))) if isinstance(edit, Push) else edit
