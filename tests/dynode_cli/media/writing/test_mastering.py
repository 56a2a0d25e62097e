"""What HDR10 video says of its display and its brightest pixels."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from av.sidedata.sidedata import Type

from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import moving_texture, write_clip

Render = Callable[..., Any]
DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
VALUES = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 0.005, 1000]
LEVELS = (1000, 400)


def graded(path: Path, *, settings: str = f"master-display={DISPLAY}:max-cll=1000,400", transfer: int = 16) -> Path:
    """HDR10, 10 bits, as cameras and streaming services write it."""
    options = {"x265-params": f"log-level=error:{settings}", "preset": "ultrafast"}
    return write_clip(
        path,
        moving_texture(3, size=(64, 64)),
        codec="libx265",
        pix_fmt="yuv420p10le",
        options=options,
        matrix=9,
        primaries=9,
        transfer=transfer,
    )


def said(path: Path) -> tuple[list[float] | None, tuple[int, ...] | None]:
    """The display (as in `VALUES`) and light levels that the first frame states."""
    with av.open(str(path)) as file:
        side_data: Any = next(file.decode(video=0)).side_data
    display, levels = (side_data.get(kind) for kind in (Type.MASTERING_DISPLAY_METADATA, Type.CONTENT_LIGHT_LEVEL))
    values = None
    if display is not None:
        numbers = struct.unpack("=22i", bytes(display))
        values = [top / under for top, under in zip(numbers[:20:2], numbers[1:20:2], strict=True)]
    return values, None if levels is None else struct.unpack("=2I", bytes(levels))


@pytest.mark.parametrize(
    ("target", "codec"), [("out.mp4", None), ("out.mp4", "libx265"), ("out.mov", "libx265"), ("out.mkv", "libsvtav1")]
)
def test_display_and_light_levels_come_along(tmp_path: Path, render: Render, target: str, codec: str | None) -> None:
    clip = graded(tmp_path / "in.mp4")
    assert said(clip)[0] == pytest.approx(VALUES) and said(clip)[1] == LEVELS
    out = render(clip, tmp_path / target, 25, encoder=EncoderOptions(codec))
    display, levels = said(tmp_path / target)
    # AV1 states the least luminance in steps of 1/16384.
    assert display == pytest.approx(VALUES, abs=1 / 16384) and levels == LEVELS
    assert out.info.transfer == 16 and out.info.bit_depth == 10
    assert not any("lost" in warning for warning in render.warnings)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("settings", "found"),
    [(f"master-display={DISPLAY}", (True, None)), ("max-cll=1000,400", (False, LEVELS)), ("info=0", (False, None))],
)
def test_one_of_both_comes_along_alone(
    tmp_path: Path, render: Render, settings: str, found: tuple[bool, tuple[int, int] | None]
) -> None:
    render(graded(tmp_path / "in.mp4", settings=settings), tmp_path / "out.mp4", 25)
    display, levels = said(tmp_path / "out.mp4")
    assert (display is not None, levels) == found


def test_what_the_user_asks_for_wins(tmp_path: Path, render: Render) -> None:
    options = EncoderOptions("libx265", options={"x265-params": "max-cll=333,111"})
    render(graded(tmp_path / "in.mp4"), tmp_path / "out.mp4", 25, encoder=options)
    display, levels = said(tmp_path / "out.mp4")
    assert display == pytest.approx(VALUES) and levels == (333, 111)


@pytest.mark.parametrize(
    ("target", "codec"), [("out.mkv", "ffv1"), ("out.mov", "prores"), ("out.webm", "libvpx-vp9")]
)
def test_where_they_are_lost_it_is_said(tmp_path: Path, render: Render, target: str, codec: str) -> None:
    render(graded(tmp_path / "in.mp4"), tmp_path / target, 25, encoder=EncoderOptions(codec))
    lost = [warning for warning in render.warnings if "lost" in warning]  # type: ignore[attr-defined]
    (warning,) = lost
    assert warning.startswith("the mastering display and light levels of the source are lost")
    assert said(tmp_path / target) == (None, None)


def test_video_of_another_transfer_is_left_alone(tmp_path: Path, render: Render) -> None:
    render(graded(tmp_path / "in.mp4", transfer=1), tmp_path / "out.mkv", 25, encoder=EncoderOptions("ffv1"))
    assert render.warnings == []  # type: ignore[attr-defined]
