"""Arrays rendered at other times: what was given comes back as it was, and the rest is what a file would give."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dynode_cli import DynodeError, Frames, UsageError, interpolate, iter_frames, render_frames
from dynode_cli.synthetic.clips import moving_texture, write_images

CLIP: NDArray[np.uint8] = np.stack(moving_texture(6, size=(40, 64)))
OTHER: NDArray[np.uint8] = np.stack(moving_texture(4, size=(40, 64), seed=7))
SEE_THROUGH: NDArray[np.uint8] = np.concatenate([CLIP, CLIP[:, ::-1, :, :1]], axis=3)
"""With alpha, of which some is 0."""


def kinds(array: NDArray[np.uint8]) -> dict[str, Any]:
    deep, real = array.astype(np.uint16) * 257 - (array > 100), array.astype(np.float32) / 300
    return {
        "uint8": array,
        "uint16": deep,
        "float32": real,
        "tensor of uint8": torch.from_numpy(array),
        "tensor of uint16": torch.from_numpy(deep),
        "tensor of float32": torch.from_numpy(real),
    }


@pytest.mark.parametrize("kind", list(kinds(CLIP)))
@pytest.mark.parametrize("clip", [CLIP, SEE_THROUGH], ids=["opaque", "see-through"])
def test_given_frames_come_back_bit_for_bit(kind: str, clip: NDArray[np.uint8]) -> None:
    given = kinds(clip)[kind]
    before = np.asarray(given).copy()
    made = render_frames(Frames(given, rate=25), fps="3x")
    assert type(made) is type(given)
    assert (made.dtype, tuple(made.shape)) == (given.dtype, (18, *given.shape[1:]))
    np.testing.assert_array_equal(made[::3], given)
    np.testing.assert_array_equal(np.asarray(given), before)
    between = np.asarray(made[1:15]).astype(np.float64)
    assert np.abs(np.diff(between, axis=0)).max() > 0


def test_the_kinds_of_samples_say_the_same() -> None:
    made = {kind: np.asarray(render_frames(Frames(a, rate=25), [0.03, 0.1])) for kind, a in kinds(CLIP).items()}
    shown = made["uint8"] / 255
    assert np.abs(made["uint16"] / 65535 - shown).max() < 2 / 255
    assert np.abs(made["float32"] * (300 / 255) - shown).max() < 2 / 255
    for kind in ("uint8", "uint16", "float32"):
        np.testing.assert_array_equal(made[f"tensor of {kind}"], made[kind])


@pytest.mark.parametrize("clip", [CLIP, SEE_THROUGH], ids=["opaque", "see-through"])
def test_a_file_gives_the_same(clip: NDArray[np.uint8], tmp_path: Path) -> None:
    array = np.concatenate([clip, clip[:4, :, ::-1]])
    if clip is CLIP:
        array = np.concatenate([CLIP[:3], CLIP[2:], OTHER])
    (tmp_path / "out").mkdir()
    done = interpolate(write_images(tmp_path / "in", list(array)), f"{tmp_path}/out/%05d.png", fps=60)
    pictures = []
    for path in sorted((tmp_path / "out").iterdir()):
        with av.open(str(path)) as file:
            pictures.append(next(file.decode(video=0)).to_ndarray(format="rgba" if clip.shape[3] == 4 else "rgb24"))
    made = render_frames(Frames(array, rate=25), fps=60)
    assert done.frames == len(pictures) == len(made)
    apart = np.abs(made.astype(int) - np.stack(pictures))
    # A pixel that nothing is seen of keeps its colours in memory only.
    seen = np.stack(pictures)[..., 3:] > 0 if clip.shape[3] == 4 else np.ones_like(apart, bool)
    assert not (apart * seen).any()


def test_nothing_is_blended_across_a_cut() -> None:
    array = np.concatenate([CLIP, OTHER])
    frames = Frames(array, rate=10)
    times = [Fraction(k, 40) for k in range(20, 28)]
    made = render_frames(frames, times)
    np.testing.assert_array_equal(made[:4], np.repeat(CLIP[5:], 4, axis=0))
    np.testing.assert_array_equal(made[4], OTHER[0])
    assert (render_frames(frames, times[1:4], cuts="extrapolate") != CLIP[5]).any()


def test_repeated_frames_are_replaced_by_motion() -> None:
    smooth = np.stack(moving_texture(9, size=(40, 64)))
    array = smooth.copy()
    array[4] = array[3]
    made = render_frames(Frames(array, rate=25), fps="source")
    kept = [0, 1, 2, 3, 5, 6, 7, 8]
    np.testing.assert_array_equal(made[kept], array[kept])
    error = np.abs(made[4].astype(float) - smooth[4]).mean()
    assert error < np.abs(array[4].astype(float) - smooth[4]).mean() / 4


def test_uneven_times() -> None:
    at = [0, 1, 3, 4, 6, 7]
    smooth = np.stack(moving_texture(8, size=(40, 64)))
    frames = Frames(smooth[at], [Fraction(k, 25) for k in at])
    made = render_frames(frames, [k / 25 for k in range(8)])
    np.testing.assert_array_equal(made[at], smooth[at])
    held = smooth[[0, 1, 1, 3, 4, 4, 6, 7]].astype(float)
    assert np.abs(made.astype(float) - smooth).mean() < np.abs(held - smooth).mean() / 4


@pytest.mark.parametrize(
    ("times", "new_times"),
    [
        (np.arange(6) / 30, np.arange(12) / 60),
        ([k * (1 / 29.97) for k in range(6)], [k * (0.5 / 29.97) for k in range(12)]),
        (torch.arange(6) / 11 + 3, torch.arange(12) / 22 + 3),
        (np.arange(6, dtype=np.float32) * np.float32(1 / 30), np.arange(12) / 60),
        (np.arange(6) + 1_700_000_000.1, np.arange(12) / 2 + 1_700_000_000.1),
    ],
)
def test_rounded_times_mean_those_of_the_frames(times: Any, new_times: Any) -> None:
    np.testing.assert_array_equal(render_frames(Frames(CLIP, times), new_times)[::2], CLIP)
    np.testing.assert_array_equal(render_frames(Frames(CLIP, times))[::2], CLIP)


def test_any_order_and_twice_the_same() -> None:
    frames = Frames(CLIP, rate=25)
    made = render_frames(frames, [0.17, 0.02, 0.08, 0.17])
    np.testing.assert_array_equal(made[2], CLIP[2])
    np.testing.assert_array_equal(made[0], made[3])
    np.testing.assert_array_equal(made[1:2], render_frames(frames, [0.02]))


def test_one_after_the_other() -> None:
    frames = Frames(CLIP, rate=25)
    stream = iter_frames(frames, fps=100)
    assert len(stream) == 24
    assert repr(stream) == f"FrameStream(24 frames of {frames!r})"
    assert stream.times == tuple(Fraction(k, 100) for k in range(24))
    pictures = list(stream)
    np.testing.assert_array_equal(np.stack(pictures), render_frames(frames, fps=100))
    pictures[0][:] = 0
    assert CLIP[0].any(), "what is handed out is not what was given"
    np.testing.assert_array_equal(next(iter(stream)), CLIP[0])


def test_memory_is_that_of_the_result() -> None:
    clip = np.zeros((60, 128, 256, 3), np.float32)
    clip[..., 0] = np.linspace(0, 1, 256, dtype=np.float32)
    frames = Frames(clip, rate=25)
    times = [Fraction(k, 25) for k in range(60)]
    tracemalloc.start()
    try:
        for _ in iter_frames(frames, times, memory="64MiB"):
            pass
        streamed = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert streamed < clip.nbytes / 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"new_times": [0.0, 0.3]}, r"new_times: 0.3 s lies outside walk, which runs from 0 to 0.24 s"),
        ({"new_times": [-0.1]}, "new_times: -0.1 s lies outside walk"),
        ({"new_times": []}, "new_times: there is no time in it"),
        ({"new_times": [0], "fps": 50}, "give either new_times or fps"),
        ({"fps": "fast"}, "'fast' is not a frame rate"),
        ({"cuts": "blend"}, "must be one of hold, extrapolate"),
        ({"generator": "absent"}, "absent"),
        ({"dynamics_options": {"absent": 1}}, "absent"),
        ({"memory": "much"}, "much"),
    ],
)
def test_what_is_wrong_shows_before_the_first_frame(options: Any, message: str) -> None:
    frames = Frames(CLIP, rate=25, name="walk")
    with pytest.raises(DynodeError, match=message):
        iter_frames(frames, **options)


def test_a_misspelt_word_is_no_keyword() -> None:
    with pytest.raises(UsageError, match="no option 'dynamic'"):
        render_frames(Frames(CLIP, rate=25), dynamic="linear")  # type: ignore[call-arg]
    with pytest.raises(UsageError):
        render_frames(Frames(CLIP, rate=25), fps=0)
