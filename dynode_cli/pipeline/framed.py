"""Crop and paste-back for generators of a fixed size: the framed part is rendered, and put back over a background."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from dynode_cli.contracts import Clip, FitReport, Framing, FramingTrack, Progress, silent
from dynode_cli.errors import InputError
from dynode_cli.pipeline.renderer import DrawingSource, FrameSource, OpenClip
from dynode_cli.pipeline.shots import Shot, observed, shot_at


class FramedClip:
    """The framed part of the frames of a clip.

    Arguments:
        transforms: (N, 2, 3), where the part lies in each of them.
        size: (H, W) of the crops.
    """

    def __init__(self, clip: Clip, transforms: Tensor, framing: Framing, size: tuple[int, int]) -> None:
        self._clip = clip
        self._transforms = transforms
        self._framing = framing
        self.times: Tensor = clip.times
        self.size = size
        self.numbers: Sequence[int] = clip.numbers
        self.source: Hashable = (clip.source, framing, size)

    def __len__(self) -> int:
        return len(self._clip)

    def frame(self, index: int) -> Tensor:
        """(3, h, w) crop of the `index`-th frame."""
        return self._framing.crop(self._clip.frame(index), self._transforms[index])


class Tracks:
    """Where the framed part lies in every shot, found once.

    Arguments:
        size: (H, W) of what the generator makes.

    Raises:
        InputError: the part is in no shot.
    """

    def __init__(
        self,
        framing: Framing,
        size: tuple[int, int],
        shots: Sequence[Shot],
        open_clip: OpenClip,
        progress: Progress = silent,
    ) -> None:
        self.framing = framing
        self._size = size
        self._open_clip = open_clip
        self.of_shot: dict[int, FramingTrack] = {}
        self._transforms: dict[Fraction, Tensor] = {}
        self.shots: list[Shot] = []
        """The shots, with only those observations in which the part was found; unchanged where it is in none."""
        total, before = sum(len(shot) for shot in shots), 0
        missing: InputError | None = None
        for index, shot in enumerate(shots):
            clip = open_clip(shot, range(len(shot)))
            base, before = before, before + len(shot)
            try:
                track = framing.estimate(clip, size, lambda done, _, base=base: progress(base + done, total))
            except InputError as error:
                missing = error
            else:
                self.of_shot[index] = track
                shot = observed(shot, torch.nonzero(track.found)[:, 0].tolist())
                self._transforms |= dict(zip(shot.times, track.transforms[track.found], strict=True))
            self.shots.append(shot)
        if not self.of_shot:
            assert missing is not None
            raise missing

    def open_clip(self, shot: Shot, numbers: Sequence[int]) -> FramedClip:
        """The clip of some observations of one of `shots` (or of a part of it), cut to the framed part."""
        transforms = torch.stack([self._transforms[shot.times[number]] for number in numbers])
        return FramedClip(self._open_clip(shot, numbers), transforms, self.framing, self._size)

    def report(self) -> Mapping[str, object]:
        """Frames (numbered within their shot) in which the part was not found."""
        return {
            str(index): torch.nonzero(~track.found)[:, 0].tolist()
            for index, track in self.of_shot.items()
            if not bool(track.found.all())
        }


class FramedRenderer:
    """Renders the framed part of a source and puts it back over a background, at any times.

    Arguments:
        crops: renders the part; its clips come from `tracks`.
        background: renders whole frames.
    """

    def __init__(self, crops: DrawingSource, background: FrameSource, tracks: Tracks, shots: Sequence[Shot]) -> None:
        self._crops = crops
        self._background = background
        self._tracks = tracks
        self._shots = shots

    @property
    def reports(self) -> dict[int, FitReport]:
        """What the dynamics said of each shot, by the shot's index."""
        return self._crops.reports

    def frames(self, times: Sequence[Fraction], draw: int = 0) -> Iterator[Tensor]:
        """Frames (3, H, W) in [0, 1] at `times`; where the part is not on screen they are the background."""
        visible = [self._transform(time) for time in times]
        shown = [t for t, transform in zip(times, visible, strict=True) if transform is not None]
        crops = self._crops.frames(shown, draw)
        for frame, transform in zip(self._background.frames(times), visible, strict=True):
            yield frame if transform is None else self._tracks.framing.paste(frame, next(crops), transform)

    def _transform(self, time: Fraction) -> Tensor | None:
        index = shot_at(self._shots, time)
        track = self._tracks.of_shot.get(index)
        if track is None:
            return None
        shot = self._shots[index]
        seconds = float(min(max(time, shot.times[0]), shot.times[-1]))
        found = track.times[track.found.to(track.times.device)]
        if not float(found[0]) <= seconds <= float(found[-1]):
            return None
        return transform_at(track, seconds)


def transform_at(track: FramingTrack, seconds: float) -> Tensor:
    """The (2, 3) transform at a time, linear between frames and constant outside them."""
    times = track.times.cpu()
    after = int(torch.searchsorted(times, torch.tensor(seconds, dtype=times.dtype), right=True))
    if after == 0 or after == len(times):
        return track.transforms[min(after, len(times) - 1)]
    before = after - 1
    weight = (seconds - float(times[before])) / float(times[after] - times[before])
    return torch.lerp(track.transforms[before], track.transforms[after], weight)
