"""A frame on its way into dynode: as a decoder gave it, or as it lies in an array."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import av
import numpy as np
from numpy.typing import NDArray

from dynode_cli.media.alpha import straight
from dynode_cli.media.colour import ColourSpec, from_rgb, resized, resolve, to_rgb
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.pixels import white_of

Pixels = NDArray[Any]

_SAME_SHAPE = Fraction(1, 50)
"""Pictures whose shapes differ by less are scaled to each other: 704 columns of television are meant for 720."""


class RawFrame(Protocol):
    """One frame, before it is RGB of the size and with the channels that are wanted."""

    @property
    def coded(self) -> av.VideoFrame:
        """As FFmpeg takes it, for what looks at frames or deinterlaces them."""

    def fits(self, info: MediaInfo) -> bool:
        """Whether its size and the shape of its pixels are those that `info` says."""

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """(H, W, 3) or, with `alpha`, (H, W, 4) full-range RGB of the size that `info` says; may share memory."""


@dataclass(frozen=True, slots=True)
class CodedFrame:
    """A frame that a decoder gave."""

    coded: av.VideoFrame
    premultiplied: bool = False
    """Whether its colours are multiplied by its alpha."""
    sample_aspect_ratio: Fraction | None = None
    """Shape of its pixels, where it may change on the way; None: that of the source."""

    def fits(self, info: MediaInfo) -> bool:
        """Whether its size and the shape of its pixels are those that `info` says."""
        same = self.sample_aspect_ratio in (None, info.sample_aspect_ratio)
        return same and (self.coded.width, self.coded.height) == (info.width, info.height)

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """uint8, or uint16 where `info` says that the source is deep; colours are straight.

        A frame of another size is scaled, and lies between black bars if what it shows has another shape.
        """
        if self.fits(info):
            return self._rgb(self.coded, info, alpha=alpha)
        width, height = self._fitted(info)
        image = self._rgb(resized(self.coded, width, height, self._spec(info)), info, alpha=alpha)
        above, left = (info.height - height) // 2, (info.width - width) // 2
        whole = np.zeros((info.height, info.width, image.shape[2]), image.dtype)
        if alpha:
            whole[..., 3] = white_of(image.dtype)
        whole[above : above + height, left : left + width] = image
        return whole

    def _fitted(self, info: MediaInfo) -> tuple[int, int]:
        """(width, height) at which all of it is seen, undistorted, in a frame that is as `info` says."""
        shape = (self.sample_aspect_ratio or info.sample_aspect_ratio) * self.coded.width / self.coded.height
        wider = shape / (info.sample_aspect_ratio * info.width / info.height)
        if abs(wider - 1) < _SAME_SHAPE:
            return info.width, info.height
        if wider > 1:
            return info.width, max(1, round(info.height / wider))
        return max(1, round(info.width * wider)), info.height

    def _rgb(self, frame: av.VideoFrame, info: MediaInfo, *, alpha: bool) -> Pixels:
        spec = self._spec(info)
        if not self.premultiplied:
            return to_rgb(frame, spec, alpha=alpha, deep=info.deep)
        image = straight(to_rgb(frame, spec, alpha=True, deep=info.deep))
        return image if alpha else image[..., :3]

    def _spec(self, info: MediaInfo) -> ColourSpec:
        frame = self.coded
        if (frame.colorspace, frame.color_range, frame.format.name) == (info.matrix, info.range, info.pix_fmt):
            return info.colour
        return resolve(
            frame.colorspace,
            frame.color_range,
            frame.format.name,
            frame.width,
            frame.height,
            primaries=info.primaries,
            chroma_location=info.chroma_location,
            name=info.name,
        )[0]


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

    def fits(self, info: MediaInfo) -> bool:
        """Always."""
        return True

    def rgb(self, info: MediaInfo, *, alpha: bool) -> Pixels:
        """A view of the array, but where an opaque fourth channel has to be added."""
        if alpha and self.pixels.shape[2] == 3:
            opaque = np.full_like(self.pixels[..., :1], white_of(self.pixels.dtype))
            return np.concatenate([self.pixels, opaque], axis=2)
        return self.pixels if alpha else self.pixels[..., :3]
