"""What players need to show a file, and warnings where many will not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import moving_texture, write_clip

Render = Callable[..., Any]


@pytest.mark.parametrize(("target", "tag"), [("out.mp4", "hvc1"), ("out.mov", "hvc1"), ("out.m4v", "hvc1")])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le"])
def test_hevc_is_tagged_as_apple_players_want_it(
    tmp_path: Path, render: Render, target: str, tag: str, pix_fmt: str
) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(5), codec="ffv1", pix_fmt=pix_fmt)
    out = render(clip, tmp_path / target, 25, encoder=EncoderOptions("libx265", preset="ultrafast"))
    with av.open(str(tmp_path / target)) as file:
        context = file.streams.video[0].codec_context
        assert context.codec_tag == tag
        # The sets of parameters stand beside the pictures, as the tag says.
        assert context.extradata is not None and len(context.extradata) > 50
    assert len(out.frames()) == 5
    assert render.warnings == []  # type: ignore[attr-defined]


def test_ten_bits_of_h264_are_warned_of(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(3), codec="ffv1", pix_fmt="yuv420p10le")
    out = render(clip, tmp_path / "out.mp4", 25)
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert "H.264 of 10 bits" in warning and "--codec libx265" in warning and "--pix-fmt yuv420p" in warning
    assert out.info.bit_depth == 10
    for options in (EncoderOptions(pix_fmt="yuv420p"), EncoderOptions(pix_fmt="yuv420p10le"), EncoderOptions("ffv1")):
        render(clip, tmp_path / "out.mkv", 25, encoder=options, force=True)
        assert render.warnings == []  # type: ignore[attr-defined]
