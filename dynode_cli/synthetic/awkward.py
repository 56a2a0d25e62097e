"""Tiny video files, one for each thing that real footage does to a program, with their truth beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from dynode_cli.synthetic.clips import Frame, moving_texture, two_shots, with_alpha, with_duplicates, write_clip

RATE = Fraction(25)
SIZE = (64, 96)
VELOCITY = (2.0, 1.0)
_TICKS = 1000


@dataclass(frozen=True)
class SyntheticVideo:
    """A file, and what is in it."""

    path: Path
    frames: Sequence[Frame]
    """(H, W, 3) or (H, W, 4) uint8, before encoding; encoding changes a level or two."""
    times: Sequence[Fraction]
    """When each of them is shown, seconds."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """(right, down) pixels a frame of 1/25 s by which the picture moves; zero where it does something else."""
    cuts: Sequence[int] = ()
    """First frame of each shot but the first."""
    duplicates: Sequence[int] = ()
    """Frames that repeat the one before."""
    rotation: int = 0
    """Degrees counter-clockwise by which players turn it."""


def moving(folder: Path, count: int = 8) -> SyntheticVideo:
    """A texture that moves evenly: `count` frames at 25 a second."""
    frames = moving_texture(count, size=SIZE, velocity=VELOCITY)
    return _written(folder / "moving.mp4", frames, [k / RATE for k in range(count)])


def variable_rate(folder: Path) -> SyntheticVideo:
    """The texture at uneven times, as phones record it; what moves keeps its speed."""
    return _at(folder / "variable_rate.mp4", (0, 40, 90, 120, 170, 200, 260, 290))


def gap(folder: Path) -> SyntheticVideo:
    """The texture, of which a quarter of a second was lost."""
    return _at(folder / "gap.mp4", (0, 40, 80, 120, 400, 440, 480, 520))


def rotated(folder: Path) -> SyntheticVideo:
    """The texture in a file that players turn by 90 degrees."""
    frames = moving_texture(8, size=SIZE, velocity=VELOCITY)
    path = write_clip(folder / "rotated.mp4", frames, rate=RATE, rotation=90)
    return SyntheticVideo(path, frames, [k / RATE for k in range(8)], VELOCITY, rotation=90)


def with_cut(folder: Path) -> SyntheticVideo:
    """Two shots of ten frames each."""
    frames = two_shots(10, 10, size=SIZE)
    path = write_clip(folder / "with_cut.mp4", frames, rate=RATE)
    return SyntheticVideo(path, frames, [k / RATE for k in range(20)], cuts=(10,))


def with_repeats(folder: Path) -> SyntheticVideo:
    """The texture, of which frames 3 and 7 repeat the one before."""
    repeats = (3, 7)
    frames = with_duplicates(moving_texture(10, size=SIZE, velocity=VELOCITY), repeats)
    path = write_clip(folder / "with_repeats.mp4", frames, rate=RATE)
    return SyntheticVideo(path, frames, [k / RATE for k in range(10)], VELOCITY, duplicates=repeats)


def transparent(folder: Path) -> SyntheticVideo:
    """The texture with an alpha channel, without loss."""
    frames = with_alpha(moving_texture(6, size=SIZE, velocity=VELOCITY))
    path = write_clip(folder / "transparent.mkv", frames, rate=RATE, codec="ffv1", pix_fmt="bgra")
    return SyntheticVideo(path, frames, [k / RATE for k in range(6)], VELOCITY)


def face(folder: Path, count: int = 8) -> SyntheticVideo:
    """A drawn face that moves to the right and opens its mouth.

    It has what a face has (skin, eyes, brows, nose, mouth) and is drawn without loss of sharpness; detectors that
    were trained on photographs may or may not take it for one.
    """
    frames = [drawn_face((160, 160), (70.0 + 2 * k, 80.0), mouth=k / max(count - 1, 1)) for k in range(count)]
    path = write_clip(folder / "face.mp4", frames, rate=RATE)
    return SyntheticVideo(path, frames, [k / RATE for k in range(count)], (2.0, 0.0))


def drawn_face(size: tuple[int, int], centre: tuple[float, float], *, mouth: float = 0.0) -> Frame:
    """(H, W, 3) picture of a face at `centre` (x, y), a third of the picture high; `mouth` is 0 shut, 1 open."""
    height, width = size
    unit = height / 6
    ramp = np.linspace(150, 90, height).astype(np.uint8)
    image = np.ascontiguousarray(np.broadcast_to(ramp[:, None, None], (height, width, 3)))

    def ellipse(x: float, y: float, a: float, b: float, colour: tuple[int, int, int]) -> None:
        # Four fractional bits: the face moves by parts of a pixel.
        place = (round((centre[0] + x * unit) * 16), round((centre[1] + y * unit) * 16))
        axes = (max(round(a * unit * 16), 16), max(round(b * unit * 16), 16))
        cv2.ellipse(image, place, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)

    ellipse(0, -0.35, 1.15, 1.35, (60, 42, 30))
    ellipse(0, 0, 1, 1.3, (222, 180, 152))
    for side in (-1, 1):
        ellipse(0.4 * side, -0.5, 0.24, 0.06, (70, 48, 36))
        ellipse(0.4 * side, -0.25, 0.2, 0.11, (245, 245, 245))
        ellipse(0.4 * side, -0.25, 0.1, 0.1, (60, 40, 25))
    ellipse(0, 0.15, 0.12, 0.22, (200, 152, 126))
    ellipse(0, 0.7, 0.4, 0.08 + 0.16 * mouth, (150, 62, 60))
    return cv2.GaussianBlur(image, (0, 0), 0.7)


def _at(path: Path, milliseconds: Sequence[int]) -> SyntheticVideo:
    times = [Fraction(tick, _TICKS) for tick in milliseconds]
    frames = moving_texture(len(times), size=SIZE, velocity=VELOCITY, times=[float(t * RATE) for t in times])
    write_clip(path, frames, rate=RATE, pts=milliseconds, time_base=Fraction(1, _TICKS))
    return SyntheticVideo(path, frames, times, VELOCITY)


def _written(path: Path, frames: Sequence[Frame], times: Sequence[Fraction]) -> SyntheticVideo:
    return SyntheticVideo(write_clip(path, frames, rate=RATE), frames, times, VELOCITY)
