"""Animations are transparent where something is seen through them, not because their formats could be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture, with_alpha, write_clip

Look = Callable[..., Any]
Render = Callable[..., Any]
ENCODED = {
    "in.gif": {"codec": "gif", "pix_fmt": "rgb8", "options": {}},
    "in.webp": {"codec": "libwebp_anim", "pix_fmt": "bgra", "options": {"lossless": "1"}},
}


def still_beside_moving() -> list[Any]:
    """Encoders leave out what stays, by making it transparent in single frames."""
    frames = moving_texture(4)
    for frame in frames:
        frame[:, 48:] = frames[0][:, 48:]
    return frames


@pytest.mark.parametrize("name", ENCODED)
def test_what_is_opaque_stays_so(tmp_path: Path, look: Look, render: Render, name: str) -> None:
    path = write_clip(tmp_path / name, still_beside_moving(), **ENCODED[name])
    assert not look(path).info.alpha
    render(path, tmp_path / "out.mp4", Fraction(25))
    assert render.warnings == []  # type: ignore[attr-defined]


def test_what_is_see_through_at_first_is(tmp_path: Path, look: Look) -> None:
    path = write_clip(tmp_path / "in.webp", with_alpha(moving_texture(3)), **ENCODED["in.webp"])
    assert look(path).info.alpha


def test_what_is_taken_away_leaves_a_hole(tmp_path: Path, look: Look) -> None:
    """After the first frame, of which nothing is see-through."""
    path = write_clip(tmp_path / "in.gif", moving_texture(3), **ENCODED["in.gif"])
    data = bytearray(path.read_bytes())
    at = data.index(b"\x21\xf9\x04") + 3
    data[at] = data[at] & ~0x1C | 2 << 2
    path.write_bytes(data)
    assert look(path).info.alpha
    path = write_clip(tmp_path / "in.webp", moving_texture(3), **ENCODED["in.webp"])
    data = bytearray(path.read_bytes())
    data[data.index(b"ANMF") + 8 + 15] |= 1
    path.write_bytes(data)
    clip = look(path)
    assert clip.info.alpha and np.all(clip.frames()[0][..., 3] == 255)
