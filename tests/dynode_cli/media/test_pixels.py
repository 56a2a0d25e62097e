"""Pixel formats: colours above white are found in every layout of floating-point frames."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.media.pixels import outshines_white
from tests.dynode_cli.media.measures import floating


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
