"""Follows the points of a reference frame through a clip, always against the reference, so that nothing drifts.

The map to a frame is a similarity, then a base (a thin-plate spline of the landmarks, or what the last frame had),
then a dense residual that optical flow finds between the reference and the frame as the base sees it. The residual
counts only as far as it can be trusted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_faces.finding.mesh import Face
from dynode_faces.finding.tracker import FaceTracker
from dynode_faces.following.material import STEP, Match, Material, chain, fit_similarity, take_out_similarity
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import Field, blur, compose, grid, lengths, pull
from dynode_faces.geometry.flow import DenseFlow, Plane, Residual, ResidualFlow, as_bytes, luma, normalise, regularise
from dynode_faces.geometry.resample import Affine, Image
from dynode_faces.geometry.thin_plate import ThinPlate

RIDGE: Final = 0.03
"""Of the spline, for lengths in distances between the eyes."""
SMOOTHNESS: Final = 0.12
"""Width of the Gaussian over which flow is averaged, units."""
MEMORY: Final = 0.12
"""Without landmarks: width of the Gaussian under which the last frame's deformation is kept, units."""
PATIENCE: Final = 8
"""Frames without a face after which it is taken to be gone rather than hard to see ..."""
FADING: Final = 8
"""... and over which it then fades: motion alone would stay with what is behind it."""


class ObjectCorrespondence:
    """Follows any thing, by its motion from frame to frame, refined against the reference.

    Frames must come in order, starting next to the reference.

    Arguments:
        reference: (H, W, 3) the frame in which the points are named.
        material: which points.
    """

    def __init__(self, reference: Image, material: Material) -> None:
        self.material = material
        self._flow = ResidualFlow(luma(material.picture), material.unit)
        self._colours = lab(material.picture)
        self._chain = DenseFlow()
        self._previous = reference
        self._last = material.at_home

    def track(self, frame: Image) -> Match:
        """Where the material is in the next frame (H, W, 3)."""
        return self._finish(frame, self._moved(frame), self._remembered(), found=True)

    def _remembered(self) -> Field:
        """What is kept of the last frame's deformation: only its coarse part, so that errors do not add up."""
        return blur(self._last.displacement, MEMORY * self.material.unit)

    def _moved(self, frame: Image) -> Affine:
        """The placement of the last frame, moved by the flow from it to `frame`."""
        material, placement = self.material, self._last.placement
        before, after = (
            as_bytes(normalise(luma(resample.sample(image, placement, material.size))))
            for image in (self._previous, frame)
        )
        flow = self._chain.between(before, after)
        points = grid(*material.size)[::STEP, ::STEP].reshape(-1, 2).astype(np.float64)
        # The thing is where the last frame's map put it.
        weights = pull(material.inside, grid(*material.size) + self._last.inverse)[::STEP, ::STEP].ravel()
        moved = points + flow[::STEP, ::STEP].reshape(-1, 2)
        return chain(placement, fit_similarity(points, moved, weights, rounds=10, scale=0.02 * material.unit))

    def _finish(self, frame: Image, placement: Affine, base: Field, *, found: bool) -> Match:
        """Adds the residual to a base, and remembers the result."""
        material = self.material
        here = grid(*material.size)
        level = pull(resample.sample(frame, placement, material.size), here + base, cv2.INTER_CUBIC)
        residual = self._flow.compare(luma(level))
        displacement = compose(base, regularise(residual, SMOOTHNESS * material.unit))
        difference = lab(pull(level, here + residual.flow)) - self._colours
        visible = visibility(residual, difference, material.inside > 0.5, material.unit)
        weights = material.inside * visible
        placement, displacement = take_out_similarity(placement, displacement, weights)
        self._previous = frame
        self._last = Match(placement, displacement, residual.confidence, visible, found)
        return self._last


class FaceCorrespondence(ObjectCorrespondence):
    """Follows a face by its landmarks; by its motion alone where they are not found.

    Arguments:
        reference: (H, W, 3) the frame in which the points are named.
        face: its landmarks in `reference`.
        tracker: finds the landmarks in the frames to come.
    """

    def __init__(self, reference: Image, face: Face, tracker: FaceTracker) -> None:
        super().__init__(reference, Material.of_face(reference, face))
        self._tracker = tracker
        self._away = 0
        self._landmarks = resample.apply(resample.inverse(self.material.placement), face.points)
        self._spline = ThinPlate(self._landmarks, self.material.size, unit=self.material.unit, ridge=RIDGE)

    def track(self, frame: Image) -> Match:
        """Where the face is in the next frame (H, W, 3)."""
        face = self._tracker.locate(frame)
        if face is None:
            self._away += 1
            match = self._finish(frame, self._moved(frame), self._remembered(), found=False)
            left = min(1.0, max(0.0, 1 - (self._away - PATIENCE) / FADING))
            return replace(match, visibility=match.visibility * np.float32(left))
        self._away = 0
        placement = fit_similarity(self._landmarks, face.points, np.ones(len(self._landmarks)))
        level = resample.apply(resample.inverse(placement), face.points)
        match = self._finish(frame, placement, self._spline.field(level - self._landmarks), found=True)
        miss = np.median(np.hypot(*(match.to_frame(self._landmarks) - face.points).T))
        return replace(match, drift=100 * float(miss) / (resample.stretch(match.placement) * self.material.unit))


def lab(picture: Image) -> Image:
    """(H, W, 3) RGB as CIE L*a*b*."""
    return np.asarray(cv2.cvtColor(np.clip(picture, 0, 1), cv2.COLOR_RGB2LAB), np.float32)


def visibility(residual: Residual, difference: Image, inside: NDArray[np.bool_], unit: float) -> Plane:
    """(H, W) in [0, 1]: near 0 where the picture cannot be the reference's, so that something must be in front.

    Arguments:
        difference: (H, W, 3) of the colours after the flow, in L*a*b*; what is common to the whole thing is light.
        inside: (H, W) where the thing is.
    """
    length = lengths(residual.flow)
    # A sixteenth of the points knows the light as well as all of them.
    light = np.median(difference[::4, ::4][inside[::4, ::4]], axis=0) if inside[::4, ::4].any() else np.float32(0)
    colour = lengths(difference - light)
    # Motion that is hard to follow is no proof by itself: colour or structure must differ as well.
    motion = np.minimum(residual.mismatch / (0.02 * unit) + length / (0.08 * unit), 1.8)
    doubt = motion + residual.census / 0.5 + colour / 12
    steps = np.clip((blur(doubt, 0.03 * unit) - 2.6) / 0.3, -50, 50)
    return np.asarray(1 / (1 + np.exp(steps)), np.float32)


def steady(matches: Iterable[Match], sigma: float) -> Iterator[Match]:
    """`matches` of consecutive frames with their deformations under a Gaussian of `sigma` frames.

    Placements stay as they are: smoothing them would lag behind the motion. Every match comes once the next 3 sigma
    frames are known.
    """
    reach = int(np.ceil(3 * sigma))
    window: deque[Match] = deque()
    done = 0
    first = 0

    def smoothed() -> Match:
        offsets = np.arange(first, first + len(window)) - done
        weights = np.exp(-0.5 * (offsets / max(sigma, 1e-9)) ** 2)
        weights /= weights.sum()
        mean = np.zeros_like(window[0].displacement)
        seen = np.zeros_like(window[0].visibility)
        for weight, match in zip(weights, window, strict=True):
            mean += np.float32(weight) * match.displacement
            seen += np.float32(weight) * match.visibility
        return replace(window[done - first], displacement=mean, visibility=seen)

    for match in matches:
        window.append(match)
        if first + len(window) > done + reach:
            yield smoothed()
            done += 1
            if done - first > reach:
                window.popleft()
                first += 1
    while done < first + len(window):
        yield smoothed()
        done += 1
        if done - first > reach:
            window.popleft()
            first += 1
