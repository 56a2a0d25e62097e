"""Face directions: changes of a face that are defined on its landmarks.

A direction is a stationary velocity field on the grid of a :class:`~dynode_faces.following.material.Material`. Flowing
along it for a time `strength` moves the face; the flow is a diffeomorphism, so it never folds, and -s undoes s.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dynode_cli import Context, Direction, NoOptions, PluginError
from dynode_faces.editing.recipes import RECIPES, Recipe
from dynode_faces.finding.mesh import Face
from dynode_faces.finding.topology import FACE_OVAL
from dynode_faces.following.material import FACE_SIZE, UNIT, face_placement
from dynode_faces.geometry import resample
from dynode_faces.geometry.fields import Field, exponential, held, read, refine, squeezing
from dynode_faces.geometry.flow import Plane
from dynode_faces.geometry.paste import ramp

RIDGE: Final = 1e-2
"""Of the interpolation between landmarks: keeps near ones from fighting."""
SPACING: Final = 4
"""Fields are computed for every fourth pixel of the grid."""


def oval(landmarks: NDArray[np.float64], size: tuple[int, int], unit: float, *, edge: float, beyond: float) -> Plane:
    """(H, W) in [0, 1]: 0 outside the face, rising to 1 over `edge` units inside its outline.

    Arguments:
        landmarks: (468, 2) pixels of the grid.
        size, unit: of the grid.
        beyond: units by which the outline is widened.
    """
    outline = np.round(landmarks[list(FACE_OVAL)]).astype(np.int32)
    face = np.zeros(size, np.uint8)
    cv2.fillPoly(face, [outline], 1)
    depth = cv2.distanceTransform(face, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - face, cv2.DIST_L2, 5)
    # Nothing moves at the border of the grid, beyond which nothing is known.
    rows, columns = (np.minimum(np.arange(side), np.arange(side)[::-1]) for side in size)
    margin = np.minimum(rows[:, None], columns[None]) - 2
    rise = ramp((depth + beyond * unit) / (edge * unit)) * ramp(margin / (0.1 * unit))
    return np.asarray(rise, np.float32)


def velocity_field(
    recipe: Recipe,
    landmarks: NDArray[np.float64],
    size: tuple[int, int] = FACE_SIZE,
    unit: float = UNIT,
    *,
    opening: float = 0.0,
) -> Field:
    """The velocity (H, W, 2), pixels of the grid per unit of strength, that moves landmarks as `recipe` says.

    Arguments:
        landmarks: (468, 2) of an upright face, pixels of the grid.
        size, unit: of the grid.
        opening: of the mouth, 0 (shut) to 1 (wide open). The velocity is linear in it.
    """
    indices, velocities = recipe.controls(opening)
    places = landmarks[indices] / unit
    squared = ((places[:, None] - places[None]) ** 2).sum(2)
    gauss = np.exp(-squared / (2 * recipe.reach**2))
    weights = np.linalg.solve(gauss + RIDGE * np.eye(len(indices)), np.array(velocities) * unit)
    y, x = np.meshgrid(*(np.arange(-(-side // SPACING) + 1) * SPACING / unit for side in size), indexing="ij")
    squared = (x[..., None] - places[:, 0]) ** 2 + (y[..., None] - places[:, 1]) ** 2
    coarse = (np.exp(-squared / (2 * recipe.reach**2)) @ weights).astype(np.float32)
    field = refine(coarse, SPACING, size)
    return field * oval(landmarks, size, unit, edge=recipe.edge, beyond=recipe.beyond)[..., None]


class FaceDirection(Direction):
    """A built-in direction of a face: that of :data:`dynode_faces.editing.recipes.RECIPES` which the context names.

    Its codes are landmarks (468, 2) in pixels; pictures are edited through `velocity`.
    """

    Options: ClassVar[type] = NoOptions
    space = "landmarks"

    def __init__(self, options: Any, context: Context) -> None:
        """
        Raises:
            PluginError: `context` names none.
        """
        if context.name not in RECIPES:
            raise PluginError(f"there is no face direction '{context.name}'", hint=f"there are {', '.join(RECIPES)}")
        self.options = options
        self.context = context
        self.name = context.name
        self._recipe = RECIPES[context.name]

    def velocity(self, face: Face) -> Field:
        """The velocity (H, W, 2) on the grid of :meth:`Material.of_face` whose flow is this direction.

        Arguments:
            face: the landmarks in the reference frame.
        """
        return velocity_field(self._recipe, _level(face))

    def open_velocity(self, face: Face) -> Field | None:
        """`velocity` as it is where the mouth is wide open, (H, W, 2); None where the mouth makes no difference."""
        return velocity_field(self._recipe, _level(face), opening=1.0) if self._recipe.relief else None

    def apply(self, code: Tensor, strength: float) -> Tensor:
        """Landmarks (468, 2) moved along the direction for a time of `strength`, as far as it can be :func:`held`."""
        face = Face(code.detach().cpu().numpy().astype(np.float64), 1.0)
        placement = face_placement(face)
        level = resample.apply(resample.inverse(placement), face.points)
        velocity = self.velocity(face)
        part = held(abs(strength) * float(squeezing(velocity).max()))
        flow = exponential(velocity, part * strength)
        moved = level + read(flow, level.astype(np.float32)[None])[0]
        return torch.from_numpy(resample.apply(placement, moved)).to(code)


def _level(face: Face) -> NDArray[np.float64]:
    """The landmarks on the grid of :meth:`Material.of_face`."""
    return resample.apply(resample.inverse(face_placement(face)), face.points)
