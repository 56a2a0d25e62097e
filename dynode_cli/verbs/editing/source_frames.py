"""The frames of a source as they are, where nothing is to be made between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from dynode_cli.contracts import FitReport
from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.values.times import interval_of


class SourceFrames:
    """Shows at every time the frame that the source shows then, bit for bit.

    Arguments:
        times: when each frame of `reader` is shown, exact seconds, ascending.
        device: torch device of the frames.
    """

    def __init__(self, reader: FrameReader, times: Sequence[Fraction], device: str) -> None:
        self._reader = reader
        self._times = times
        self._device = device
        self.reports: dict[int, FitReport] = {}

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        """Frames (3, H, W), or (4, H, W) of a source with alpha, in [0, 1] at `times`."""
        for time in times:
            index = max(0, interval_of(time, self._times))
            frame = ShotClip(self._reader, [index], [0], self._device).frame(0)
            if self._reader.alpha:
                alpha = ShotClip(self._reader, [index], [0], self._device, "alpha").frame(0)
                frame = torch.cat([frame, alpha[:1]])
            yield frame
