"""A made clip that has what footage has: a camera that pans, things that turn, bend their way and hide each other."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from dynode_cli.synthetic.clips import Frame

OVERSAMPLING = 2
"""Scenes are drawn at so many times their size and averaged down, so that edges are those of a lens."""
NOISE = 1.5
"""Standard deviation of the sensor's noise, levels of 255."""


def scene(size: tuple[int, int], count: int) -> Iterator[Frame]:
    """`count` frames (H, W, 3) uint8 of size (H, W): a wall that is panned across, and two things before it.

    One turns while it falls and is thrown up again (a parabola), the other crosses it in an arc and hides it. Every
    frame is drawn from its time, so that nothing is the mean of its neighbours.
    """
    random = np.random.default_rng(0)
    height, width = (OVERSAMPLING * length for length in size)
    wall = _texture(random, (2 * height, 2 * width), (6, 24, 96))
    things = [_texture(random, (height // 2, height // 2), cells) for cells in ((3, 9), (4, 16))]
    for number in range(count):
        t = number / 25
        picture = _placed(wall, (width / 2 - 0.3 * height * t, height / 2), 0.0, 1.0, (height, width))
        bounce = abs((1.2 * t) % 2.0 - 1.0)
        spots = (
            (0.35 + 0.10 * t, 0.30 + 0.35 * (1.0 - bounce**2), 1.3 * t, 0.8),
            (
                0.60 + 0.25 * math.cos(1.6 * t),
                0.55 + 0.2 * math.sin(1.6 * t),
                -0.6 * t,
                0.6 + 0.1 * math.sin(3.0 * t),
            ),
        )
        for thing, (x, y, angle, scale) in zip(things, spots, strict=True):
            centre = (x * width, y * height)
            image = _placed(thing, centre, angle, scale, (height, width))
            disc = np.zeros((height, width), np.float32)
            radius = 0.5 * scale * len(thing)
            place = (round(16 * centre[0]), round(16 * centre[1]))
            cv2.circle(disc, place, round(16 * radius), 1.0, -1, cv2.LINE_8, 4)
            picture += disc[..., None] * (image - picture)
        small = cv2.resize(picture, (size[1], size[0]), interpolation=cv2.INTER_AREA)
        noisy = small + random.normal(0.0, NOISE, small.shape)
        yield np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _texture(random: np.random.Generator, size: tuple[int, int], cells: tuple[int, ...]) -> NDArray[np.float32]:
    """(H, W, 3) float32 in [0, 255] with detail of so many cells across, coarse detail strongest."""
    whole = np.zeros((*size, 3), np.float32)
    for number, count in enumerate(cells):
        coarse = random.uniform(-1.0, 1.0, (count, max(1, count * size[1] // size[0]), 3)).astype(np.float32)
        whole += 0.35**number * cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    levels: NDArray[np.float32] = np.clip(127.5 + 90.0 * whole, 0.0, 255.0)
    return levels


def _placed(
    texture: NDArray[np.float32], centre: tuple[float, float], angle: float, scale: float, size: tuple[int, int]
) -> NDArray[np.float32]:
    """`texture` with its middle at `centre` (x, y), turned by `angle` radians; what is beside it is mirrored."""
    height, width = texture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), math.degrees(angle), scale)
    turn[:, 2] += np.array(centre) - (width / 2, height / 2)
    across = (size[1], size[0])
    found = cv2.warpAffine(texture, turn, across, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return found.astype(np.float32)
