"""Clip: the frames of a shot as plugins see them, as tensors."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dynode_cli.media.pixels import white_of
from dynode_cli.media.reading.reader import FrameReader

Part = Literal["colour", "premultiplied", "alpha"]
"""What of a frame a clip shows: its colours, its colours times its alpha, or its alpha as grey."""


class ShotClip:
    """A :class:`dynode_cli.contracts.Clip` over some frames of a reader.

    Arguments:
        reader: where the frames come from.
        indices: frames of the reader, ascending.
        numbers: their ordinals within the shot.
        device: torch device of the frames.
        part: what of them is shown; anything but ``colour`` needs a reader with alpha.
        times: when each is shown, seconds, if not when it is in the source.
    """

    def __init__(
        self,
        reader: FrameReader,
        indices: Sequence[int],
        numbers: Sequence[int],
        device: str | torch.device = "cpu",
        part: Part = "colour",
        times: Sequence[Fraction] | None = None,
    ) -> None:
        self._part = part
        self._reader = reader
        self._indices = tuple(indices)
        self._numbers = tuple(numbers)
        self._device = torch.device(device)
        seconds = [float(t) for t in times or (reader.times[index] for index in self._indices)]
        self._times = torch.tensor(seconds, dtype=torch.float64, device=self._device)

    @property
    def times(self) -> Tensor:
        """(N,) float64 seconds."""
        return self._times

    @property
    def size(self) -> tuple[int, int]:
        """(H, W)."""
        return self._reader.size

    @property
    def numbers(self) -> Sequence[int]:
        """N ordinals within the shot."""
        return self._numbers

    @property
    def source(self) -> Hashable:
        """The reader, and what of its frames is shown."""
        return self._reader, self._part

    def __len__(self) -> int:
        return len(self._indices)

    def frame(self, index: int) -> Tensor:
        """(3, H, W) float32 in [0, 1], a view of channels-last memory."""
        image = self._reader.frame(self._indices[index])
        if self._part == "colour":
            image = image[..., :3]
        # torch has no arithmetic for uint16: the same bits as int32.
        whole = image.astype(np.int32) if image.dtype == np.uint16 else np.array(image)
        frame = (
            torch.from_numpy(whole).to(self._device).to(torch.float32).div_(white_of(image.dtype)).permute(2, 0, 1)
        )
        if self._part == "alpha":
            return frame[3:].expand(3, -1, -1)
        return frame[:3] * frame[3:] if self._part == "premultiplied" else frame
