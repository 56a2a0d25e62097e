"""Carrier `faces`: face directions, and paint on anything, carried through a shot as it streams by."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli import Carried, Carrier, Clip, Picture, Progress, Push, UsageError, WeightsError, option, silent
from dynode_faces.editing.directions import FaceDirection
from dynode_faces.editing.editor import MatchCurve, Observed, WarpEdit, observe
from dynode_faces.editing.edits import Paint
from dynode_faces.finding.mesh import Face
from dynode_faces.finding.models import open_models
from dynode_faces.finding.topology import FACE_OVAL
from dynode_faces.finding.tracker import FaceTracker, first_face
from dynode_faces.following.correspondence import FaceCorrespondence, ObjectCorrespondence
from dynode_faces.following.material import Match, Material
from dynode_faces.following.packing import packed
from dynode_faces.geometry import resample
from dynode_faces.geometry.flow import Plane, luma
from dynode_faces.geometry.frames import to_frame, to_image
from dynode_faces.geometry.paste import ramp
from dynode_faces.geometry.resample import Image

OVERLAP: Final = 0.5
"""Paint belongs to a face if this part of it lies on it."""
MOST_PARTS: Final = 4
"""Painted parts that are followed one by one; more of them are followed as one."""
NEAR: Final = 0.05
"""Painted parts nearer to each other than this share of the frame are one."""
FADE: Final = 0.2
"""Units over which a warp fades inside a mask."""
EMBEDDED: Final = 8
"""The identity proxy sees every eighth pixel of the material."""


@dataclass(frozen=True)
class FaceCarrierOptions:
    face: int = option(1, help="which face, by its size when it is first seen: 1 is the largest", minimum=1)
    smoothing: float = option(
        1.0, help="over how many frames deformations are smoothed", unit="frames", minimum=0, maximum=10
    )


class FaceCarrier(Carrier):
    """Follows faces by their landmarks and other things by their motion, always against the reference frame.

    Directions are flows of velocity fields on the face, paint is a difference of colours; both move with what they
    are on, follow the light and stay behind what comes in front.
    """

    Options: ClassVar[type] = FaceCarrierOptions
    options: FaceCarrierOptions
    spaces = frozenset({FaceDirection.space})

    def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Progress = silent) -> Carried:
        """Find the face, if there are directions or paint is on it.

        Raises:
            InputError: there is a direction, and no frame shows a face.
            UsageError: a direction of another space, or nothing was painted.
            WeightsError: there is a direction, and the networks that find faces are missing.
        """
        tracks: list[_Track] = []
        pushes = [edit for edit in edits if isinstance(edit, Push)]
        pictures = sorted((edit for edit in edits if isinstance(edit, Picture)), key=lambda picture: picture.time)
        if pushes:
            tracks.append(self._pushed(clip, pushes, progress))
        for place, picture in enumerate(pictures):
            before = pictures[place - 1].time if place else None
            after = pictures[place + 1].time if place + 1 < len(pictures) else None
            tracks += self._painted(clip, picture, _Key(before, picture.time, after), progress)
        return _CarriedEdits(tracks)

    def _pushed(self, clip: Clip, pushes: Sequence[Push], progress: Progress) -> _Track:
        directions: list[FaceDirection] = []
        for push in pushes:
            if not isinstance(push.direction, FaceDirection):
                raise UsageError(
                    f"direction '{push.direction.name}' is for codes in space {push.direction.space}, and "
                    "this carrier knows only landmarks of faces",
                    hint="name the generator whose codes it is for with --generator",
                )
            directions.append(push.direction)
        seen: list[int] = []

        def frames() -> Iterator[tuple[float, Image]]:
            for index in range(len(clip)):
                seen.append(index)
                progress(index + 1, len(clip))
                yield float(clip.times[index]), to_image(clip.frame(index))

        _, image, face = first_face(self._tracker(), frames(), self.options.face)
        follow = self._face(image, face)
        material = follow.material
        parts = [(push.strength, _on_grid(push.mask, material)) for push in pushes]
        edit = WarpEdit(face, [(direction, *part) for direction, part in zip(directions, parts, strict=True)])
        return self._track(clip, seen[-1], follow, self._face(image, face), edit)

    def _painted(self, clip: Clip, picture: Picture, key: _Key, progress: Progress) -> list[_Track]:
        index = int(np.abs(np.asarray(clip.times.cpu()) - picture.time).argmin())
        image = to_image(clip.frame(index))
        mask = picture.mask.detach().cpu().numpy().astype(np.float32)
        if not (mask > 0).any():
            raise UsageError("the picture is the frame itself: nothing was painted")
        difference = (to_image(picture.image) - image) * mask[..., None]
        face = self._face_under_paint(image)
        tracks = []
        for part in _parts(mask > 0):
            if face is not None and _covers(face, mask * part):
                follow: ObjectCorrespondence = self._face(image, face)
                backwards: ObjectCorrespondence = self._face(image, face)
            else:
                follow = ObjectCorrespondence(image, Material.of_object(image, part))
                backwards = ObjectCorrespondence(image, follow.material)
            paint = Paint(np.where(part[..., None], difference, np.float32(0)), follow.material, key.weight)
            tracks.append(self._track(clip, index, follow, backwards, paint))
        progress(len(clip), len(clip))
        return tracks

    def _face_under_paint(self, image: Image) -> Face | None:
        """The face in `image`; None too where the networks that find one cannot be had: paint does without."""
        try:
            tracker = self._tracker()
        except WeightsError as error:
            warnings.warn(f"paint on a face is followed without its landmarks: {error}", stacklevel=2)
            return None
        return tracker.locate(image)

    def _tracker(self) -> FaceTracker:
        return FaceTracker(*open_models(self.context), rank=self.options.face)

    def _face(self, image: Image, face: Face) -> FaceCorrespondence:
        tracker = self._tracker()
        tracker.begin_at(face)
        return FaceCorrespondence(image, face, tracker)

    def _track(
        self,
        clip: Clip,
        reference: int,
        forwards: ObjectCorrespondence,
        backwards: ObjectCorrespondence,
        edit: WarpEdit | Paint,
    ) -> _Track:
        """Follow both ways from frame `reference`: backwards at once, forwards as it is asked for."""

        def frames(indices: range) -> Iterator[tuple[float, Image]]:
            for index in indices:
                yield float(clip.times[index]), to_image(clip.frame(index))

        sigma = self.options.smoothing
        earlier = []
        if reference:
            # All matches before the reference are held, so they are held small.
            found = observe(backwards, frames(range(reference, -1, -1)), sigma=sigma)
            earlier = [(item.time, packed(item.match)) for item in found][:0:-1]
        before = (Observed(time, match.unpacked()) for time, match in earlier)
        after = observe(forwards, frames(range(reference, len(clip))), sigma=sigma)
        # The reference frame itself is known exactly, and shows exactly what was painted.
        itself = Observed(next(after).time, forwards.material.at_home)
        curve = MatchCurve(chain(before, [itself], after))
        return _Track(itself.time, curve, forwards.material, edit)


@dataclass(frozen=True)
class _Key:
    """How much one of several pictures counts: in full at its own time, nothing at its neighbours'."""

    before: float | None
    time: float
    after: float | None

    def weight(self, time: float) -> float:
        other = self.before if time < self.time else self.after
        if other is None or time == self.time:
            return 1.0
        return float(np.clip((other - time) / (other - self.time), 0, 1))


@dataclass
class _Track:
    """One thing that is followed, and what is done to it."""

    reference: float
    curve: MatchCurve
    material: Material
    edit: WarpEdit | Paint
    match: Match | None = None
    """Of the latest frame; None where the edit does nothing in it."""

    def apply(self, frame: Image, time: float) -> Image:
        if isinstance(self.edit, Paint) and self.edit.strength(time) == 0:
            self.match = None
            return frame
        self.match = self.curve.at(time)
        return self.edit.apply(frame, time, self.match)


class _CarriedEdits(Carried):
    def __init__(self, tracks: Sequence[_Track]) -> None:
        self._tracks = tracks
        self.reference = tracks[0].reference
        self._latest: tuple[Image, Image] | None = None

    def apply(self, frame: Tensor, time: float) -> Tensor:
        """`frame` (3, H, W) changed; times must ascend."""
        before = after = to_image(frame)
        for track in self._tracks:
            after = track.apply(after, time)
        self._latest = before, after
        return frame if after is before else to_frame(after, frame)

    def facts(self) -> Mapping[str, float]:
        """Of the latest frame, the worst of all that is followed.

        ``drift``: distance in the median between where the landmarks are detected and where they are carried to, in
        % of the distance between the eyes; not known without a face. ``occluded``: part of the thing that is hidden.
        ``identity``: cosine between the frame before and after, see :func:`identity`.
        """
        seen = [(track, track.match) for track in self._tracks if track.match is not None]
        if not seen or self._latest is None:
            return {}
        facts = {
            "occluded": max(_hidden(track.material, match) for track, match in seen),
            "identity": min(identity(*self._latest, track.material, match) for track, match in seen),
        }
        drifts = [match.drift for _, match in seen if match.drift is not None]
        return facts | ({"drift": max(drifts)} if drifts else {})


def identity(before: Image, after: Image, material: Material, match: Match) -> float:
    """How far a thing still looks like itself: the cosine between embeddings of it before and after an edit.

    The embedding is the luma of the material's place in the frame at an eighth of the resolution, with mean 0: no
    network, so it says how much changed, not whom a person would recognise.
    """
    size = (material.size[0] // EMBEDDED, material.size[1] // EMBEDDED)
    place = match.placement.copy()
    place[:, 2] += match.placement[:, :2] @ np.full(2, (EMBEDDED - 1) / 2)
    place[:, :2] *= EMBEDDED
    one, other = (luma(resample.sample(image, place, size)).ravel() for image in (before, after))
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm > 0 else 1.0


def _hidden(material: Material, match: Match) -> float:
    return float(1 - (match.visibility * material.inside).sum() / max(float(material.inside.sum()), 1e-6))


def _covers(face: Face, mask: Plane) -> bool:
    """Whether what is painted is on the face, for the most part."""
    oval = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(oval, [np.round(face.points[list(FACE_OVAL)]).astype(np.int32)], 1)
    return bool(mask[oval > 0].sum() > OVERLAP * mask.sum())


def _on_grid(mask: Tensor | None, material: Material) -> Plane | None:
    """Where on the grid a warp may move anything, (H, W) in [0, 1]: a velocity cut off at an edge would tear there, so
    it fades inwards, whatever the edge of the mask is like."""
    if mask is None:
        return None
    plane = mask.detach().cpu().numpy().astype(np.float32)[..., None]
    read = resample.sample(
        plane, material.placement, material.size, border=cv2.BORDER_CONSTANT, interpolation=cv2.INTER_LINEAR
    )[..., 0]
    depth = cv2.distanceTransform((read > 0).astype(np.uint8), cv2.DIST_L2, 5)
    inwards = ramp(np.asarray(depth, np.float64) / (FADE * material.unit))
    return np.asarray(read * inwards, np.float32)


def _parts(painted: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Masks of the parts of what is painted that lie apart."""
    reach = max(1, round(NEAR * max(painted.shape)))
    near = cv2.dilate(painted.astype(np.uint8), np.ones((reach, reach), np.uint8))
    count, labels = cv2.connectedComponents(near)
    if count - 1 > MOST_PARTS:
        return [painted]
    return [painted & (labels == label) for label in range(1, count)]
