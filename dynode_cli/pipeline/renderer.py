"""The renderer, frames at any times: windows of a shot are inverted and fitted as rendering reaches them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import torch
from torch import Tensor

from dynode_cli import allocator
from dynode_cli.contracts import Clip, FitReport, Generator, Inversion, Progress, Trajectory, silent
from dynode_cli.errors import ConvergenceError, PluginError
from dynode_cli.pipeline.draws import drawn_from
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.pace import Piece
from dynode_cli.pipeline.shots import Shot, Window, Windows, shot_at
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.requests.timing import CutPolicy
from dynode_cli.values.times import interval_of

OpenClip = Callable[[Shot, Sequence[int]], Clip]
"""Makes a clip of some observations of a shot, given by their numbers within it."""

Place = tuple[int, Window]
"""A shot, by its index, and a window of it."""

LARGEST_WINDOW = 4
"""Intervals that are rendered from one window at most."""
_SMALLEST_WINDOW = 1
_LARGEST_BATCH = 8


class FrameSource(Protocol):
    """Whatever renders frames at times."""

    @property
    def reports(self) -> dict[int, FitReport]: ...

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]: ...


class DrawingSource(FrameSource, Protocol):
    """Renders plausible curves beside the fitted one, where the dynamics draw some."""

    def frames(self, times: Sequence[Fraction], draw: int = 0) -> Iterator[Tensor]:
        """Frames of the fitted curve (`draw` 0), or of the `draw`-th plausible one.

        Read several in step, frame by frame: the work that they share is then done once.
        """


@dataclass(frozen=True)
class Drawn:
    """One of the plausible curves of a source, as a source."""

    source: DrawingSource
    draw: int

    @property
    def reports(self) -> dict[int, FitReport]:
        """Those of the source."""
        return self.source.reports

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        """Frames of that curve at `times`."""
        return self.source.frames(times, self.draw)


class InversionStore(Protocol):
    """Keeps inversions of whole shots from one run to the next."""

    def load(self, shot: int, generator: Generator) -> Inversion | None:
        """What was kept of shot number `shot`, if anything."""

    def save(self, shot: int, inversion: Inversion) -> None:
        """Keep an inversion."""

    def save_trajectory(self, shot: int, trajectory: Trajectory, times: Tensor) -> None:
        """Keep the curve that was fitted to a shot observed at `times` (N,)."""


@dataclass(frozen=True)
class Fitted:
    """A window that is ready to render."""

    generator: Generator
    curves: Sequence[Trajectory]
    """The fitted curve, then those that were drawn."""
    inversion: Inversion

    @property
    def trajectory(self) -> Trajectory:
        """The fitted curve."""
        return self.curves[0]


def on_curve(shot: Shot, time: Fraction, cuts: CutPolicy) -> Fraction:
    """Where on the curve of `shot` what is shown at `time` lies, seconds."""
    latest = shot.times[-1] if cuts == "hold" else shot.end
    return min(max(time, shot.times[0]), latest)


def observation_at(shot: Shot, time: Fraction, cuts: CutPolicy) -> int | None:
    """The observation of `shot` that is shown at `time`, if what is shown is one."""
    seconds = on_curve(shot, time, cuts)
    number = interval_of(seconds, shot.times)
    return number if shot.times[number] == seconds else None


class Renderer:
    """Renders frames of a source at any times.

    Arguments:
        methods: generator, inverter and dynamics.
        shots: the shots of the source.
        open_clip: makes the clip of a window.
        frame_bytes: bytes of one decoded source frame; with `memory` it decides how long a window is.
        memory: bytes that the frames of a window and a batch of output may take.
        cuts: what is shown from the last frame of a shot to its end.
        stopwatch: is told about the stages invert, fit, solve and synthesise.
        progress: is told about the inversion of shots that have to be inverted as a whole.
        store: where inversions of whole shots are looked for and kept.
        draws: how many plausible curves can be rendered beside the fitted one.
    """

    def __init__(
        self,
        methods: Methods,
        shots: Sequence[Shot],
        open_clip: OpenClip,
        *,
        frame_bytes: int,
        memory: int,
        cuts: CutPolicy = "hold",
        stopwatch: Stopwatch | None = None,
        progress: Progress = silent,
        store: InversionStore | None = None,
        draws: int = 0,
    ) -> None:
        self._methods = methods
        self._draws = draws
        # An inversion that depends on a window only is cheap, and not worth keeping.
        self._store = store if methods.inverter.context_frames is None else None
        self._shots = shots
        self._open_clip = open_clip
        self._memory = memory
        self._frame_bytes = frame_bytes
        self._cuts = cuts
        self._stopwatch = stopwatch or Stopwatch()
        self._progress = progress
        margin = methods.margin
        room = memory // max(frame_bytes, 1) - 2 * (margin or 0)
        size = min(max(room, _SMALLEST_WINDOW), LARGEST_WINDOW)
        self._windows = [Windows(len(shot), margin, size) for shot in shots]
        allocator.keep()
        self._current: Place | None = None
        self._fitted: Fitted | None = None
        self.reports: dict[int, FitReport] = {}
        """What the dynamics said of each shot (of its latest window), by the shot's index."""

    def frames(self, times: Sequence[Fraction], draw: int = 0) -> Iterator[Tensor]:
        """Frames (3, H, W) in [0, 1] that the source shows at `times`, in the order of `times`.

        Ascending times are cheapest. Nothing is blended across a cut. `draw` 0 is the fitted curve, 1 and on are
        plausible ones.
        """
        pending: list[Fraction] = []
        place: Place | None = None
        for time in times:
            found = self._locate(time)
            if pending and place and (place != found or len(pending) >= self._batch_size()):
                yield from self._render(place, pending, draw)
                pending = []
            place = found
            pending.append(time)
        if pending and place:
            yield from self._render(place, pending, draw)

    def pieces(self, times: Sequence[Fraction]) -> list[Piece]:
        """What each frame at `times` is made in: a window, or nothing where the source has all frames of it."""
        places = [self._locate(time) for time in times]
        made = {place for place, time in zip(places, times, strict=True) if self._observed(place, time) is None}
        return [Piece(place, len(place[1].observations) if place in made else 0) for place in places]

    def _observed(self, place: Place, time: Fraction) -> int | None:
        """The observation that is shown as it is at `time`, if one is."""
        if not self._methods.generator.keeps_frames:
            return None
        return observation_at(self._shots[place[0]], time, self._cuts)

    @property
    def last_window_length(self) -> int:
        """Observations in the window that was fitted last; 0 before the first."""
        return 0 if self._fitted is None else len(self._fitted.inversion.times)

    def inverted_shot(self, index: int) -> Inversion:
        """The codes of shot `index` as a whole."""
        return self._invert(index, self._clip(index, range(len(self._shots[index]))), self._progress)

    def _locate(self, time: Fraction) -> Place:
        index = shot_at(self._shots, time)
        return index, self._windows[index].of_interval(interval_of(time, self._shots[index].times))

    def _enter(self, index: int, window: Window) -> None:
        if self._current == (index, window):
            return
        clip = self._clip(index, window.observations)
        progress = self._progress if self._methods.margin is None else silent
        with self._stopwatch.stage("invert"):
            inversion = self._invert(index, clip, progress)
        with self._stopwatch.stage("fit"):
            trajectory = self._methods.dynamics.fit(inversion.times, inversion.codes, progress)
        if self._store:
            self._store.save_trajectory(index, trajectory, inversion.times)
        self._fitted = Fitted(inversion.generator, [trajectory, *drawn_from(trajectory, self._draws)], inversion)
        self._current = (index, window)
        # What only the window before needed is free by now.
        allocator.give_back()
        self.reports[index] = trajectory.report()

    def _clip(self, index: int, numbers: range) -> Clip:
        return self._open_clip(self._shots[index], numbers)

    def _invert(self, index: int, clip: Clip, progress: Progress) -> Inversion:
        kept = self._store.load(index, self._methods.generator) if self._store else None
        # A loop has observations on either side of it that the clip alone has not.
        if kept is not None and len(kept.times) == len(clip):
            return kept
        inversion = self._methods.inverter.invert(clip, self._methods.generator, progress)
        if self._store:
            self._store.save(index, inversion)
        return inversion

    def _batch_size(self) -> int:
        generator = self._methods.generator if self._fitted is None else self._fitted.generator
        height, width = generator.frame_size
        # A generator that follows the clip has no size before the first inversion.
        frame = height * width * 3 * 4 or 4 * self._frame_bytes
        room = self._memory // 4 // (1 + self._draws)
        return min(max(room // frame, 1), _LARGEST_BATCH)

    def _render(self, place: Place, moments: Sequence[Fraction], draw: int) -> Iterator[Tensor]:
        index, window = place
        shot = self._shots[index]
        known = [self._observed(place, time) for time in moments]
        if None not in known:
            clip = self._clip(index, window.observations)
            yield from (clip.frame(number - window.first) for number in known if number is not None)
            return
        self._enter(index, window)
        assert self._fitted is not None
        seconds = [float(on_curve(shot, time, self._cuts)) for time in moments]
        times = torch.tensor(seconds, dtype=torch.float64)
        with self._stopwatch.stage("solve"):
            codes = self._fitted.curves[draw].evaluate(times)
        if not bool(torch.isfinite(codes).all()):
            raise ConvergenceError(
                f"the {self._fitted.trajectory.report().method} trajectory is not finite between "
                f"{seconds[0]:g} s and {seconds[-1]:g} s",
                hint="use --dynamics spline or linear",
            )
        with self._stopwatch.stage("synthesise"):
            frames = self._fitted.generator.synthesize(codes, times)
        if frames.shape[0] != len(seconds) or frames.ndim != 4 or frames.shape[1] != 3:
            raise PluginError(
                f"{type(self._fitted.generator).__name__} returned frames of shape {tuple(frames.shape)} "
                f"for {len(seconds)} times; expected ({len(seconds)}, 3, H, W)"
            )
        yield from frames
