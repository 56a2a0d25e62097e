"""Framings: how a frame is cut down to what a generator of fixed size makes, and put together again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from dynode_cli import Clip, Context, Framing, FramingTrack, Progress, UsageError, option, silent
from dynode_faces.finding.models import open_models
from dynode_faces.finding.tracker import FaceTracker, no_face
from dynode_faces.framing.alignment import Squares, ffhq_square, square_track
from dynode_faces.geometry import resample
from dynode_faces.geometry.frames import to_frame, to_image
from dynode_faces.geometry.paste import paste
from dynode_faces.geometry.resample import Affine


@dataclass(frozen=True)
class FFHQOptions:
    face: int = option(1, help="which face, by its size when it is first seen: 1 is the largest", minimum=1)
    centre_sigma: float = option(1.0, help="smoothing of the square's centre", unit="frames", minimum=0, maximum=100)
    axes_sigma: float = option(
        3.0, help="smoothing of the square's size and angle", unit="frames", minimum=0, maximum=100
    )
    feather: float = option(0.1, help="width of the seam, as a part of the square's side", minimum=0, maximum=0.5)
    match_colours: bool = option(True, help="match the face's colours to the frame's along the seam")


class _FixedSize(Framing):
    """What framings of a fixed size share: `estimate` learns the size that `crop` cuts to."""

    def __init__(self, options: object, context: Context) -> None:
        super().__init__(options, context)
        self._size: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of the crops.

        Raises:
            UsageError: before `estimate`.
        """
        if self._size is None:
            raise UsageError("a framing cannot crop before it has estimated a clip", hint="call estimate() first")
        return self._size

    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        """The part of `frame` (3, H, W) at `transform` (2, 3), without aliasing, mirrored outside the frame."""
        picture = resample.sample(to_image(frame), _affine(transform), self.size)
        return to_frame(np.clip(picture, 0, 1), frame)


class FFHQFraming(_FixedSize):
    """The face, level and in the place where FFHQ has it (Karras et al., 2019), steady over time.

    A frame in which the face is not seen is a missing observation: its square is interpolated, and `found` is False.
    """

    Options: ClassVar[type] = FFHQOptions
    options: FFHQOptions

    def estimate(self, clip: Clip, size: tuple[int, int], progress: Progress = silent) -> FramingTrack:
        """The squares around the face in every frame of `clip`, to be cut to `size` (H, W).

        Raises:
            InputError: the face is in no frame of the clip.
            WeightsError: the networks are missing.
        """
        self._size = size
        tracker = FaceTracker(*open_models(self.context), rank=self.options.face)
        squares = np.zeros((len(clip), 2, 2))
        found = np.zeros(len(clip), bool)
        for index in range(len(clip)):
            face = tracker.locate(to_image(clip.frame(index)))
            if face is not None:
                squares[index], found[index] = ffhq_square(face.points), True
            progress(index + 1, len(clip))
        if not found.any():
            raise no_face(tracker.most_faces, self.options.face, len(clip))
        times = clip.times.detach().cpu().numpy().astype(np.float64)
        track = square_track(
            Squares(squares[:, 0], squares[:, 1]),
            found,
            times,
            centre_sigma=self.options.centre_sigma,
            axes_sigma=self.options.axes_sigma,
        )
        return FramingTrack(clip.times, torch.from_numpy(track.transforms(size)), torch.from_numpy(found))

    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        """`crop` put back into `frame` (3, H, W), feathered, its colours matched; the rest is left bit for bit."""
        picture = paste(
            to_image(frame),
            to_image(crop),
            _affine(transform),
            feather=self.options.feather,
            colours=self.options.match_colours,
        )
        return to_frame(picture, frame)


class WholeFraming(_FixedSize):
    """The whole frame, resized: for input that is aligned already."""

    def estimate(self, clip: Clip, size: tuple[int, int], progress: Progress = silent) -> FramingTrack:
        """The whole frame at every time of `clip`."""
        self._size = size
        (height, width), (h, w) = clip.size, size
        x, y = width / w, height / h
        transform = torch.tensor([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2]], dtype=torch.float64)
        progress(len(clip), len(clip))
        return FramingTrack(
            clip.times, transform.expand(len(clip), 2, 3).clone(), torch.ones(len(clip), dtype=torch.bool)
        )

    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        """`frame` (3, H, W) resized; as it is, where it has the size already."""
        return frame if tuple(frame.shape[1:]) == self.size else super().crop(frame, transform)

    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        """`crop` resized to the size of `frame` (3, H, W)."""
        if crop.shape == frame.shape:
            return crop.clone()
        picture = resample.sample(
            to_image(crop), resample.inverse(_affine(transform)), (int(frame.shape[1]), int(frame.shape[2]))
        )
        return to_frame(np.clip(picture, 0, 1), frame)


def _affine(transform: Tensor) -> Affine:
    return transform.detach().cpu().numpy().astype(np.float64)
