"""Edits a clip by its reference frame: the edit is made once and carried to every frame, streaming."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dynode_faces.correspondence import ObjectCorrespondence, steady
from dynode_faces.directions import FaceDirection
from dynode_faces.edits import Strength, conjugate, warp
from dynode_faces.fields import Field, compose, exponential, jacobian
from dynode_faces.flow import Plane
from dynode_faces.material import UNIT, Match
from dynode_faces.mesh import Face
from dynode_faces.resample import Image

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


class WarpEdit:
    """Face directions with strengths that may change over time.

    Arguments:
        face: the landmarks in the reference frame.
        directions: each with its strength, and where on the grid of the material it may move anything: (H, W) in
            [0, 1], None for everywhere.
    """

    def __init__(self, face: Face, directions: Iterable[tuple[FaceDirection, Strength, Plane | None]]) -> None:
        self._velocities: list[tuple[Field, Strength]] = []
        for direction, strength, mask in directions:
            velocity = direction.velocity(face)
            # The flow of a field that fades out smoothly is still a diffeomorphism.
            self._velocities.append((velocity if mask is None else velocity * mask[..., None], strength))
        self._strengths: Sequence[float] = ()
        self._displacement: Field | None = None

    def displacement(self, time: float) -> Field | None:
        """What the material shows at x was at x + displacement(x), (H, W, 2); None where every strength is 0."""
        strengths = [float(strength(time)) for _, strength in self._velocities]
        if strengths != self._strengths:
            self._strengths, self._displacement = strengths, self._flow(strengths)
        return self._displacement

    def _flow(self, strengths: Sequence[float]) -> Field | None:
        total: Field | None = None
        for (velocity, _), strength in zip(self._velocities, strengths, strict=True):
            if strength:
                back = exponential(velocity, -strength)
                # The first direction moves first, so its inverse is applied last.
                total = back if total is None else compose(total, back)
        return total

    def apply(self, frame: Image, time: float, match: Match) -> Image:
        """`frame` (H, W, 3) of `time` in seconds, edited; the same array where nothing changes."""
        displacement = self.displacement(time)
        return frame if displacement is None else warp(frame, match, displacement, UNIT)

    def least_jacobian(self, time: float, match: Match) -> float:
        """The least determinant of the edit's derivative in the frame of `match`; below 0 it would fold."""
        displacement = self.displacement(time)
        return 1.0 if displacement is None else float(jacobian(conjugate(match, displacement)).min())
