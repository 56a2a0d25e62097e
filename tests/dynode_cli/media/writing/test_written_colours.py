"""What decoders make of an output's colours is what was written, whatever codec and container can say."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import write_clip
from tests.dynode_cli.media.measures import level_difference

Render = Callable[..., Any]
Look = Callable[..., Any]

CODECS = [
    ("dnxhd", "out.mov", {"profile": "dnxhr_hq"}),
    ("libvpx", "out.webm", {}),
    ("mpeg4", "out.mp4", {}),
    ("cfhd", "out.mov", {}),
    ("v210", "out.mov", {}),
    ("mjpeg", "out.mkv", {}),
    ("mpeg1video", "out.mkv", {}),
    ("libvpx-vp9", "out.webm", {}),
    ("libsvtav1", "out.mp4", {}),
]


def patches(size: tuple[int, int] = (144, 256)) -> np.ndarray:
    """Four strong colours: by another matrix they are some ten levels off."""
    frame = np.zeros((*size, 3), np.uint8)
    half, middle = size[0] // 2, size[1] // 2
    frame[:half, :middle], frame[:half, middle:] = (200, 60, 60), (60, 190, 70)
    frame[half:, :middle], frame[half:, middle:] = (60, 60, 200), (200, 200, 60)
    return frame


@pytest.mark.parametrize(("codec", "target", "options"), CODECS, ids=[name for name, _, _ in CODECS])
@pytest.mark.parametrize(("matrix", "others"), [(1, 1), (1, 2), (6, 6), (9, 9), (9, 2), (4, 4), (7, 7)])
def test_no_matrix_is_promised_that_a_decoder_does_not_see(
    tmp_path: Path,
    look: Look,
    render: Render,
    codec: str,
    target: str,
    options: dict[str, str],
    matrix: int,
    others: int,
) -> None:
    clip = write_clip(
        tmp_path / "in.mkv", [patches()] * 3, matrix=matrix, primaries=others, transfer=others, full_range=False,
        pix_fmt="yuv444p",
    )  # fmt: skip
    out = render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec, options=options))
    shown = out.frames()[0].astype(float) / (257 if out.info.deep else 1)
    inside = np.ones(shown.shape[:2], bool)
    inside[56:88] = inside[:, 112:144] = False
    assert np.abs(shown - look(clip).frames()[0])[inside].mean() < 3.5


@pytest.mark.parametrize("location", ["left", "topleft", "center", "top", "bottomleft", "bottom"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_chroma_lies_where_the_source_says(
    tmp_path: Path, look: Look, render: Render, location: str, codec: str
) -> None:
    """A colour edge keeps its place, and what is written says the same."""
    rows, columns = np.mgrid[:64, :96]
    wave = np.rint(127.5 + 100 * np.sin(rows / 5) * np.cos(columns / 6)).astype(np.uint8)
    frame = np.dstack([wave, 255 - wave, wave])
    clip = write_clip(
        tmp_path / "in.mkv", [frame] * 2, matrix=9, primaries=9, transfer=9,
        options={"qp": "0", "preset": "ultrafast", "chroma_sample_location": location},
    )  # fmt: skip
    source = look(clip)
    assert source.info.chroma_location == source.info.colour.chroma_location == location
    options = {"qp": "0"} if codec == "libx264" else {"x265-params": "lossless=1"}
    out = render(clip, tmp_path / "out.mp4", Fraction(25), encoder=EncoderOptions(codec, options=options))
    assert out.info.chroma_location == location
    assert level_difference(out.frames()[0], source.frames()[0]) < 0.6


def test_chroma_is_moved_where_the_output_cannot_say_where_it_lies(
    tmp_path: Path, look: Look, render: Render
) -> None:
    clip = write_clip(
        tmp_path / "in.mkv", [patches()] * 2, matrix=1, primaries=1, transfer=1,
        options={"qp": "0", "preset": "ultrafast", "chroma_sample_location": "topleft"},
    )  # fmt: skip
    for codec, target, says in (
        ("mpeg4", "out.mp4", "left"), ("mpeg1video", "out.mkv", "center"), ("libvpx-vp9", "out.webm", "topleft")
    ):  # fmt: skip
        out = render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec))
        assert out.info.chroma_location == says
        assert level_difference(out.frames()[0], look(clip).frames()[0]) < 2


@pytest.mark.parametrize(("codec", "target"), [("libx264", "out.mp4"), ("libx264", "out.mkv"), ("ffv1", "out.avi")])
def test_a_matrix_that_players_do_not_know_is_not_passed_on(
    tmp_path: Path, look: Look, render: Render, codec: str, target: str
) -> None:
    clip = write_clip(tmp_path / "in.mp4", [patches()] * 2, matrix=8, full_range=True, pix_fmt="yuv444p")
    source = look(clip)
    out = render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec))
    assert source.info.matrix == 8 and out.info.matrix != 8
    assert level_difference(out.frames()[0], source.frames()[0]) < 2
