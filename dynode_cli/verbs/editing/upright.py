"""Rotated video upright: frames as they are looked at; files hold those of a phone lying on their side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Tensor

from dynode_cli.contracts import Clip
from dynode_cli.media.rotation import swaps_axes


class Orientation:
    """How frames are turned for show.

    Arguments:
        matrix: the display matrix of the source (multiples of 90 degrees, flips); None: shown as they are coded.
    """

    def __init__(self, matrix: tuple[int, ...] | None) -> None:
        self._swap = matrix is not None and swaps_axes(matrix)
        a, b, c, d = (1, 0, 0, 1) if matrix is None else (matrix[0], matrix[1], matrix[3], matrix[4])
        across, down = (c, b) if self._swap else (a, d)
        self._flips = [axis for axis, sign in ((2, across), (1, down)) if sign < 0]

    def upright(self, frame: Tensor) -> Tensor:
        """A coded frame (C, H, W) as it is shown."""
        frame = frame.transpose(1, 2) if self._swap else frame
        return torch.flip(frame, self._flips) if self._flips else frame

    def coded(self, frame: Tensor) -> Tensor:
        """A frame (C, H, W) as it is shown, back as it is coded."""
        frame = torch.flip(frame, self._flips) if self._flips else frame
        return frame.transpose(1, 2) if self._swap else frame

    def size(self, coded: tuple[int, int]) -> tuple[int, int]:
        """(H, W) as shown, of frames that are (H, W) in the file."""
        return (coded[1], coded[0]) if self._swap else coded


class UprightClip:
    """A clip whose frames are turned for show."""

    def __init__(self, clip: Clip, orientation: Orientation) -> None:
        self._clip = clip
        self._orientation = orientation
        self.times: Tensor = clip.times
        self.numbers: Sequence[int] = clip.numbers
        self.source: Hashable = (clip.source, "upright")
        self.size = orientation.size(clip.size)

    def __len__(self) -> int:
        return len(self._clip)

    def frame(self, index: int) -> Tensor:
        """(3, H, W) float32 in [0, 1]."""
        return self._orientation.upright(self._clip.frame(index))
