"""How steady is an edited clip, beside its source?

Every figure is a ratio to the source's own, which moves and trembles as well: 1 is as steady as the source.

* flicker: mean second difference in time of what the points of the face show, in the edited part.
* warp error: mean difference between a frame and the next one, pulled back along the optical flow of the source, in
  the edited part.
* TL-ID and TG-ID, after Tzaban et al., "Stitch it in Time" (2022): mean cosine between embeddings of neighbouring
  frames, and of all pairs of frames. The embedding is not a face recogniser's, which cannot be had here, but the luma
  of the aligned face at 50 x 40 pixels, with local mean and contrast taken out: it tells whether the face keeps its
  features, not whom it shows.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.following.material import Match
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import grid, pull
from dynode_faces.geometry.flow import DenseFlow, as_bytes, luma, normalise
from dynode_faces.geometry.resample import Image

EMBEDDED = (40, 50)
"""Width and height of what is compared."""


class Scene:
    """A source clip in which a face is followed.

    Arguments:
        frames: (H, W, 3) each.
        matches: where the face is in each.
        where: (h, w) the edited part of the material.
    """

    def __init__(self, frames: Sequence[Image], matches: Sequence[Match], where: NDArray[np.bool_]) -> None:
        self._matches, self._where = matches, where
        flow = DenseFlow()
        planes = [as_bytes(normalise(luma(frame))) for frame in frames]
        self._flows = [flow.between(one, other) for one, other in itertools.pairwise(planes)]
        self._masks = [self._in_frame(match, frames[0].shape[:2]) for match in matches]
        self._source = self._measured(frames)

    def scores(self, images: Sequence[Image]) -> dict[str, float]:
        """The figures of an edited clip over those of the source."""
        return {name: value / self._source[name] for name, value in self._measured(images).items()}

    def _measured(self, images: Sequence[Image]) -> dict[str, float]:
        shown, embeddings = [], []
        for image, match in zip(images, self._matches, strict=True):
            level = luma(resample.sample(image, match.placement, self._where.shape))
            shown.append(pull(level, grid(*self._where.shape) + match.displacement)[self._where])
            embeddings.append(embedding(level))
        cosines = np.stack(embeddings) @ np.stack(embeddings).T
        count = len(images)
        errors = []
        for n, flow in enumerate(self._flows):
            back = pull(images[n + 1], grid(*flow.shape[:2]) + flow)
            errors.append(float(np.abs(back - images[n]).mean(2)[self._masks[n]].mean()))
        return {
            "flicker": float(np.abs(np.diff(np.stack(shown), 2, axis=0)).mean()),
            "warp error": float(np.mean(errors)),
            "TL-ID": float(np.diagonal(cosines, 1).mean()),
            "TG-ID": float((cosines.sum() - np.trace(cosines)) / (count * (count - 1))),
        }

    def _in_frame(self, match: Match, size: tuple[int, ...]) -> NDArray[np.bool_]:
        seen = pull(self._where.astype(np.float32), grid(*self._where.shape) + match.inverse)
        return cv2.warpAffine(seen, match.placement, (size[1], size[0])) > 0.5


def embedding(level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Unit vector of an aligned face (h, w) luma."""
    small = normalise(np.asarray(cv2.resize(level, EMBEDDED, interpolation=cv2.INTER_AREA), np.float32)).ravel()
    centred = small.astype(np.float64) - small.mean()
    return np.asarray(centred / np.linalg.norm(centred), np.float64)
