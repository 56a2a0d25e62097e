"""A frame on its way into dynode: as a decoder gave it, or as it lies in an array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from dynode_cli.media.colour import ColourSpec, from_rgb, resized, resolve, to_rgb
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.pixels import white_of

Pixels = NDArray[Any]


class RawFrame(Protocol):
    """One frame, before it is RGB of the size and with the channels that are wanted."""

    @property
    def coded(self) -> av.VideoFrame:
        """As FFmpeg takes it, for what looks at frames or deinterlaces them."""

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """(H, W, 3) or, with `alpha`, (H, W, 4) full-range RGB of the size that `info` says; may share memory."""


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A frame that a decoder gave."""

    coded: av.VideoFrame

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """uint8, or uint16 where `info` says that the source is deep."""
        frame, spec = self.coded, self._spec(info)
        if (frame.width, frame.height) != (info.width, info.height):
            frame = resized(frame, info.width, info.height, spec)
        return to_rgb(frame, spec, alpha=alpha, deep=info.deep)

    def _spec(self, info: MediaInfo) -> ColourSpec:
        frame = self.coded
        if (frame.colorspace, frame.color_range, frame.format.name) == (info.matrix, info.range, info.pix_fmt):
            return info.colour
        return resolve(frame.colorspace, frame.color_range, frame.format.name, frame.width, frame.height)[0]


@dataclass(frozen=True)
class ArrayFrame:
    """A frame that is RGB already: no sample of it changes."""

    pixels: Pixels
    """(H, W, 3 or 4) uint8, uint16, or float32 in [0, 1]."""
    info: MediaInfo

    @cached_property
    def coded(self) -> av.VideoFrame:
        """A copy of the same depth."""
        return from_rgb(self.pixels, self.info.pix_fmt, self.info.colour)

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """A view of the array, but where an opaque fourth channel has to be added."""
        if alpha and self.pixels.shape[2] == 3:
            opaque = np.full_like(self.pixels[..., :1], white_of(self.pixels.dtype))
            return np.concatenate([self.pixels, opaque], axis=2)
        return self.pixels if alpha else self.pixels[..., :3]
