"""Floating-point pictures with colours above white."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli import interpolate
from dynode_cli.media.pixels import outshines_white, planes
from dynode_cli.synthetic.clips import moving_texture, write_images
from tests.dynode_cli.media.conftest import Opened

Look = Callable[..., Opened]


def floating(image: Any, pix_fmt: str = "gbrpf32le") -> av.VideoFrame:
    """A frame of colours (H, W, 3), or with alpha (H, W, 4)."""
    frame = av.VideoFrame(image.shape[1], image.shape[0], pix_fmt)
    for part, channel in zip(planes(frame), (1, 2, 0, 3), strict=False):
        part[:] = image[..., channel]
    return frame


def write_exr(path: Path, image: Any, precision: str = "float") -> Path:
    encoder: Any = av.Codec("exr", "w").create("video")
    encoder.height, encoder.width = image.shape[:2]
    encoder.pix_fmt, encoder.time_base = "gbrpf32le", Fraction(1, 25)
    encoder.options = {"format": precision}
    path.write_bytes(b"".join(bytes(p) for p in [*encoder.encode(floating(image)), *encoder.encode(None)]))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five EXR frames, of which the third and the fourth have a highlight."""
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    made = tmp_path / "exr"
    made.mkdir()
    for number, texture in enumerate(moving_texture(5)):
        image = texture.astype(np.float32) / 255
        if number in (2, 3):
            image[10:12, 20:22] = 3
        write_exr(made / f"f{number}.exr", image)
    return made


def test_highlights_that_are_cut_off_are_told_once(folder: Path, tmp_path: Path, look: Look) -> None:
    assert look(folder).scan.clipped == (2, 3)
    done = interpolate(folder, tmp_path / "made.mkv")
    told = [warning for warning in done.warnings if "above 1.0" in warning]
    assert len(told) == 1 and "f2.exr" in told[0] and "2 frames" in told[0]


def test_the_part_that_is_rendered_counts(folder: Path, tmp_path: Path) -> None:
    for file in folder.glob("f[34].exr"):
        file.unlink()
    (folder / "f2.exr").unlink()
    done = interpolate(folder, tmp_path / "made.mkv")
    assert not [warning for warning in done.warnings if "above 1.0" in warning]


def test_pictures_of_whole_numbers_have_none(tmp_path: Path, look: Look) -> None:
    white = np.full((16, 16, 3), 65535, np.uint16)
    assert look(write_images(tmp_path / "white", [white, white])).scan.clipped == ()


def test_what_counts_as_a_highlight() -> None:
    plain = np.ones((16, 16, 4), np.float32)
    assert not outshines_white(floating(plain * 1.001))
    assert outshines_white(floating(plain * 1.01))
    opaque = plain.copy()
    opaque[..., 3] = 2
    assert not outshines_white(floating(opaque, "gbrapf32le")), "alpha is no colour"
    broken = plain.copy()
    broken[0, 0] = np.nan
    assert not outshines_white(floating(broken))


@pytest.mark.parametrize("pix_fmt", ["rgbf32le", "rgbaf32be", "rgbaf16le", "grayf32le", "grayf16be", "yaf32le"])
def test_every_layout_is_looked_at(pix_fmt: str) -> None:
    try:
        frame = av.VideoFrame(10, 4, pix_fmt)
    except ValueError:
        # FFmpeg of that version has no such format.
        return
    dtype = np.dtype("f2" if "f16" in pix_fmt else "f4").newbyteorder("<" if pix_fmt.endswith("le") else ">")
    memory: Any = frame.planes[0]
    rows = np.frombuffer(memory, dtype).reshape(4, -1)
    # What lies beyond the last column is no part of the picture.
    rows[:], channels = 9, {"y": 2, "g": 1}.get(pix_fmt[0], 4 if "rgba" in pix_fmt else 3)
    rows[:, : 10 * channels] = 1
    assert not outshines_white(frame)
    if "a" in pix_fmt[1:4] and pix_fmt[0] != "g":
        rows[2, channels - 1 : 10 * channels : channels] = 3
        assert not outshines_white(frame), "alpha is no colour"
    rows[3, 9 * channels] = 1.5
    assert outshines_white(frame)


@pytest.mark.parametrize("precision", ["half", "float"])
def test_both_kinds_of_exr(tmp_path: Path, look: Look, precision: str) -> None:
    image = np.full((16, 16, 3), 0.5, np.float32)
    assert look(write_exr(tmp_path / "grey.exr", image, precision)).scan.clipped == ()
    assert look(write_exr(tmp_path / "sun.exr", 3 * image, precision)).scan.clipped == (0,)
