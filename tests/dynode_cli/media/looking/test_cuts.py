"""Cuts: shots of a few frames are shots, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dynode_cli.media.looking.cuts import CutFinder
from dynode_cli.synthetic.clips import moving_texture, two_shots, write_clip

Picture = NDArray[np.uint8]
Footage = Callable[[str], Path]
BIKES = (30, 76, 137, 187, 242)
COLOURS = [
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
    (0, 0, 0),
]


def cuts(pictures: Sequence[Picture]) -> tuple[int, ...]:
    finder = CutFinder()
    for picture in pictures:
        finder.add(picture)
    return finder.finish()


@pytest.fixture(scope="module")
def pictures(footage: Footage) -> Callable[[str], list[Picture]]:
    """The frames of a real clip, small."""
    read: dict[str, list[Picture]] = {}

    def small(name: str) -> list[Picture]:
        if name not in read:
            with av.open(str(footage(name))) as container:
                container.streams.video[0].thread_count = 1
                frames = container.decode(video=0)
                read[name] = [f.reformat(256, 144, "bgr24").to_ndarray() for f in frames]
        return read[name]

    return small


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_frames_of_another_shot_are_one(pictures: Any, count: int) -> None:
    bunny, bikes = pictures("bigbuckbunny"), pictures("bikes")
    assert cuts(bunny[:12] + bikes[:count] + bunny[12:24]) == (12, 12 + count)
    assert cuts(bikes[:12] + bunny[:count] + bikes[12:24]) == (12, 12 + count)


def test_two_frames_of_another_shot_in_a_file(tmp_path: Path, look: Callable[..., Any]) -> None:
    frames = moving_texture(20, seed=1)
    frames[10:12] = [255 - frame // 3 for frame in moving_texture(2, seed=2)]
    assert look(write_clip(tmp_path / "clip.mp4", frames)).scan.cuts == (10, 12)


def test_every_frame_may_be_a_shot(tmp_path: Path, look: Callable[..., Any], pictures: Any) -> None:
    flat = [np.full((64, 96, 3), colour, np.uint8) for colour in 2 * COLOURS]
    assert look(write_clip(tmp_path / "clip.mp4", flat)).scan.cuts == tuple(range(1, 16))
    bunny, bikes, phone = (pictures(name) for name in ("bigbuckbunny", "bikes", "carphone_pristine"))
    mixed = [bikes[5], bunny[7], bikes[50], phone[4], bikes[100], bunny[90], bikes[150], phone[99], bikes[200]]
    assert cuts(mixed) == tuple(range(1, 9))


@pytest.mark.parametrize("every", [1, 2, 4])
def test_motion_makes_no_cut_however_fast(pictures: Any, every: int) -> None:
    for name in ("bigbuckbunny", "carphone_pristine"):
        assert cuts(pictures(name)[::every]) == cuts(pictures(name)[:: 2 * every]) == ()
    assert cuts(pictures("bikes")[::every]) == tuple(-(-cut // every) for cut in BIKES)


def test_changes_of_brightness_are_no_cuts(pictures: Any) -> None:
    phone = pictures("carphone_pristine")[:40]
    rng = np.random.default_rng(0)
    for gains in (1 + 0.15 * rng.normal(size=40), np.where(np.arange(40) % 2, 1.3, 0.8), np.linspace(1, 0.2, 40)):
        flicker = [cv2.convertScaleAbs(frame, alpha=gain) for frame, gain in zip(phone, gains, strict=True)]
        assert cuts(flicker) == ()


def test_a_dissolve_is_no_row_of_cuts(pictures: Any) -> None:
    bunny, bikes = pictures("bigbuckbunny"), pictures("bikes")
    for length in (5, 12):
        weights = np.arange(1, length + 1) / (length + 1)
        between = [cv2.addWeighted(a, 1 - w, b, w, 0) for a, b, w in zip(bunny[10:], bikes, weights, strict=False)]
        assert cuts(bunny[:10] + between + bikes[length : length + 10]) == ()


def test_a_fade_is_cut_at_black_at_most(pictures: Any) -> None:
    phone = pictures("carphone_pristine")[:36]
    gains = np.abs(np.linspace(-1.5, 1.5, 36)).clip(0.0, 1.0)
    faded = [cv2.convertScaleAbs(frame, alpha=gain) for frame, gain in zip(phone, gains, strict=True)]
    assert all(faded[cut].mean() < 10 or faded[cut - 1].mean() < 10 for cut in cuts(faded))


def test_noise_in_the_dark_is_no_cut(pictures: Any) -> None:
    rng = np.random.default_rng(0)
    dark = [0.3 * frame + rng.normal(scale=15, size=frame.shape) for frame in pictures("bigbuckbunny")[:20]]
    assert cuts([frame.clip(0, 255).astype(np.uint8) for frame in dark]) == ()


@pytest.mark.parametrize(("first", "second"), [(12, 9), (1, 9), (2, 6), (9, 1), (2, 2), (1, 1)])
def test_cuts_are_found_wherever_they_are(tmp_path: Path, look: Callable[..., Any], first: int, second: int) -> None:
    found = look(write_clip(tmp_path / "clip.mp4", two_shots(first, second))).scan
    assert found.cuts == (first,)
    assert found.shots == (range(first), range(first, first + second))


def test_motion_after_a_repeat_is_no_cut(tmp_path: Path, look: Callable[..., Any]) -> None:
    """Animation on threes: each drawing moves far, and stands for three frames."""
    frames = [frame for frame in moving_texture(10, velocity=(7, 5)) for _ in range(3)]
    found = look(write_clip(tmp_path / "clip.mp4", frames)).scan
    assert found.cuts == ()
    # The last drawing is not followed by motion: it may just as well rest.
    assert found.duplicates == {k for k in range(27) if k % 3} - {1, 2}
