"""Warps a clip by its reference frame: the edit is made once and carried to every frame, streaming."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from dynode_faces.editing.directions import FaceDirection
from dynode_faces.editing.edits import Strength, conjugate, warp
from dynode_faces.finding.mesh import Face
from dynode_faces.finding.topology import LOWER_LIP_INSIDE, UPPER_LIP_INSIDE
from dynode_faces.following.correspondence import ObjectCorrespondence, steady
from dynode_faces.following.material import UNIT, Match, face_placement
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import Field, follow, held, jacobian, pull, squeezing
from dynode_faces.geometry.flow import Plane
from dynode_faces.geometry.paste import ramp
from dynode_faces.geometry.resample import Image

SHUT: Final = 0.05
WIDE: Final = 0.30
"""Distances between the lips, in distances between the eyes, of a mouth that is shut and one that is wide open."""
OPENINGS: Final = 64
"""Steps in which the opening of the mouth is told apart."""
EVERY: Final = 8
AROUND: Final = 33
"""Pixels of the grid over which squeezing is looked for: points that one direction moves may come under another."""
SIGMA: Final = 1.0
"""Frames over which deformations are smoothed."""


@dataclass(frozen=True)
class Observed:
    """A match at a time in seconds."""

    time: float
    match: Match


class MatchCurve:
    """Matches at any ascending times, between those of a stream of source frames.

    Only the two matches around the time in question are held.

    Arguments:
        observed: at strictly ascending times, at least one.
    """

    def __init__(self, observed: Iterable[Observed]) -> None:
        self._rest = iter(observed)
        self._before = self._after = next(self._rest)

    def at(self, time: float) -> Match:
        """The match at `time`, not before that of the last call; the nearest one outside the stream's interval."""
        while self._after.time < time:
            following = next(self._rest, None)
            if following is None:
                return self._after.match
            self._before, self._after = self._after, following
        if time <= self._before.time:
            return self._before.match
        fraction = (time - self._before.time) / (self._after.time - self._before.time)
        return self._after.match if fraction == 1 else self._before.match.between(self._after.match, fraction)


def observe(
    correspondence: ObjectCorrespondence, frames: Iterable[tuple[float, Image]], *, sigma: float = SIGMA
) -> Iterator[Observed]:
    """The steadied matches of `frames` (time in seconds, (H, W, 3)), in order; each comes 3 `sigma` frames late."""
    times: list[float] = []

    def matches() -> Iterator[Match]:
        for time, frame in frames:
            times.append(time)
            yield correspondence.track(frame)

    for match in steady(matches(), sigma):
        yield Observed(times.pop(0), match)


@dataclass(frozen=True)
class _Flow:
    """A direction on the grid."""

    name: str
    velocity: Field
    relief: Field | None
    """What a wide open mouth adds to the velocity."""
    strength: Strength
    squeezed: Plane
    """(h, w) how much the direction squeezes areas near every EVERY-th pixel, at strength 1 and whatever the mouth."""


class WarpEdit:
    """Face directions with strengths that may change over time.

    Arguments:
        face: the landmarks in the reference frame.
        directions: each with its strength, and where on the grid of the material it may move anything: (H, W) in
            [0, 1], None for everywhere.
    """

    def __init__(self, face: Face, directions: Iterable[tuple[FaceDirection, Strength, Plane | None]]) -> None:
        self._flows: list[_Flow] = []
        for direction, strength, mask in directions:
            velocity, wide = direction.velocity(face), direction.open_velocity(face)
            relief = None if wide is None else wide - velocity
            if mask is not None:
                # The flow of a field that fades out smoothly is still a diffeomorphism.
                velocity = velocity * mask[..., None]
                relief = None if relief is None else relief * mask[..., None]
            squeezed = squeezing(velocity)
            if relief is not None:
                squeezed = np.maximum(squeezed, squeezing(velocity + relief))
            around = np.asarray(cv2.dilate(squeezed, np.ones((AROUND, AROUND), np.uint8)), np.float32)
            self._flows.append(_Flow(direction.name, velocity, relief, strength, around[::EVERY, ::EVERY]))
        level = resample.apply(resample.inverse(face_placement(face)), face.points)
        self._lips = level[[UPPER_LIP_INSIDE, LOWER_LIP_INSIDE]]
        self._told = False
        self._state: Sequence[float] = ()
        self._displacement: Field | None = None

    def displacement(self, time: float, match: Match) -> Field | None:
        """What the material shows at x was at x + displacement(x), (H, W, 2); None where every strength is 0.

        Arguments:
            match: of the frame at `time`, which shows how far the mouth is open.
        """
        state = [float(flow.strength(time)) for flow in self._flows]
        if any(strength and flow.relief is not None for strength, flow in zip(state, self._flows, strict=True)):
            state.append(self.opening(match))
        if state != self._state:
            self._state, self._displacement = state, self._composed(state)
        return self._displacement

    def opening(self, match: Match) -> float:
        """How far the mouth is open in the frame of `match`: 0 shut, 1 wide open; in steps too small to be seen."""
        upper, lower = self._lips + pull(match.displacement, self._lips.astype(np.float32)[None])[0]
        gap = float(np.hypot(*(lower - upper))) / UNIT
        return round(float(ramp(np.array((gap - SHUT) / (WIDE - SHUT)))) * OPENINGS) / OPENINGS

    def apply(self, frame: Image, time: float, match: Match) -> Image:
        """`frame` (H, W, 3) of `time` in seconds, edited; the same array where nothing changes."""
        displacement = self.displacement(time, match)
        return frame if displacement is None else warp(frame, match, displacement, UNIT)

    def least_jacobian(self, time: float, match: Match) -> float:
        """The least determinant of the edit's derivative in the frame of `match`; below 0 it would fold."""
        displacement = self.displacement(time, match)
        return 1.0 if displacement is None else float(jacobian(conjugate(match, displacement)).min())

    def _composed(self, state: Sequence[float]) -> Field | None:
        opening = np.float32(state[-1])
        legs: list[tuple[Field, float]] = []
        part = self._held(state)
        for flow, strength in zip(self._flows, state, strict=False):
            if strength:
                velocity = flow.velocity if flow.relief is None else flow.velocity + opening * flow.relief
                legs.append((velocity, -part * strength))
        # The first direction moves first, so the way back comes to it last.
        return follow(legs[::-1]) if legs else None

    def _held(self, state: Sequence[float]) -> float:
        """The part of the strengths that a face can bear; less than 1 only where they are absurd."""
        strengths = list(zip(self._flows, state, strict=False))
        part = held(float(np.max(sum(abs(strength) * flow.squeezed for flow, strength in strengths))))
        if part < 1 and not self._told:
            self._told = True
            asked = ", ".join(f"{flow.name}={strength:g}" for flow, strength in strengths if strength)
            used = ", ".join(f"{part * strength:.2g}" for _, strength in strengths if strength)
            warnings.warn(f"{asked} is more than this face can bear without folding: held at {used}", stacklevel=2)
        return part
