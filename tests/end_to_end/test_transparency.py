"""Transparent sources stay transparent, and their edges move."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from tests.end_to_end.program import Dynode


def write_moving_disc(path: Path, steps: int, speed: int) -> None:
    """A red disc on nothing, moving right; what is transparent is green underneath."""
    rows, columns = np.mgrid[:64, :96]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "bgra"
        for step in range(steps):
            inside = (columns - 24 - speed * step) ** 2 + (rows - 32) ** 2 < 16**2
            picture = np.where(inside[..., None], [200, 30, 30, 255], [0, 255, 0, 0]).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgba").reformat(format="bgra")))
        out.mux(stream.encode(None))


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]


def test_a_disc_moves_and_nothing_bleeds_into_it(dynode: Dynode) -> None:
    write_moving_disc(Path("disc.mkv"), steps=5, speed=6)
    outcome = dynode("interpolate", "disc.mkv", "--fps", "20", "-o", "out.mkv", "--codec", "ffv1")
    assert outcome.code == 0, outcome.err
    source, made = pictures(Path("disc.mkv")), pictures(Path("out.mkv"))
    assert len(made) == 10
    for index in range(5):
        assert np.array_equal(made[2 * index][..., 3], source[index][..., 3])
    between = made[3].astype(int)
    covered = between[..., 3] > 128
    columns = np.nonzero(covered.any(0))[0]
    # Halfway between frames 1 and 2 the disc is centred at 24 + 1.5 * 6 and is still a disc.
    assert abs(columns.mean() - 33) < 1.5
    assert abs(covered.sum() - np.pi * 16**2) < 0.06 * np.pi * 16**2
    assert np.abs(between[covered][:, :3] - [200, 30, 30]).max() < 40, "no green from under the transparency"
    assert (between[..., 3][:, 70:] == 0).all()


def test_samples_are_transparent_too(dynode: Dynode) -> None:
    write_moving_disc(Path("disc.mkv"), steps=5, speed=6)
    arguments = ("disc.mkv", "--fps", "20", "-d", "sde", "--samples", "1", "-o", "out.mkv", "--codec", "ffv1")
    outcome = dynode("interpolate", *arguments)
    assert outcome.code == 0, outcome.err
    mean, sample = pictures(Path("out.mkv")), pictures(Path("out.1.mkv"))
    assert all(np.array_equal(mean[k][..., 3], sample[k][..., 3]) for k in range(0, 10, 2))
    assert 0 < (sample[3][..., 3] > 128).mean() < 0.5
