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
from dynode_cli.synthetic.clips import moving_texture, write_images
from tests.dynode_cli.media.conftest import Opened
from tests.dynode_cli.media.measures import floating

Look = Callable[..., Opened]


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


@pytest.mark.parametrize("precision", ["half", "float"])
def test_both_kinds_of_exr(tmp_path: Path, look: Look, precision: str) -> None:
    image = np.full((16, 16, 3), 0.5, np.float32)
    assert look(write_exr(tmp_path / "grey.exr", image, precision)).scan.clipped == ()
    assert look(write_exr(tmp_path / "sun.exr", 3 * image, precision)).scan.clipped == (0,)
