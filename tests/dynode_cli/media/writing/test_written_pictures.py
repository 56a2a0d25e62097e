"""Colours, alpha and shape of written frames."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.media.writing.sinks import can_tag_rotation
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import moving_texture, with_alpha, write_clip
from tests.dynode_cli.media.measures import level_difference

Look = Callable[..., Any]
Render = Callable[..., Any]
FFV1 = EncoderOptions("ffv1")


COLOURS = [(m, p, full) for m, p in ((6, 6), (1, 1), (9, 9)) for full in (False, True)]


@pytest.mark.parametrize(("matrix", "primaries", "full"), COLOURS)
@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_colours_and_tags_survive(
    tmp_path: Path, look: Look, render: Render, matrix: int, primaries: int, full: bool, target: str
) -> None:
    """A static clip comes back as it was, for every matrix and range."""
    frame = moving_texture(1)[0]
    clip = write_clip(
        tmp_path / "in.mp4", [frame] * 5, matrix=matrix, primaries=primaries, transfer=primaries, full_range=full
    )
    out = render(clip, tmp_path / target, Fraction(50), encoder=EncoderOptions(options={"qp": "0"}))
    assert (out.info.matrix, out.info.primaries, out.info.transfer) == (matrix, primaries, primaries)
    assert out.info.range == (2 if full else 1)
    shown, source = out.frames(), look(clip).frames()[0]
    assert max(level_difference(image, source) for image in shown) < 0.5
    assert all((image == shown[0]).all() for image in shown)
    tint = (shown[0].astype(float) - source).mean(axis=(0, 1))
    assert np.abs(tint).max() < 0.1


@pytest.mark.parametrize("codec", ["mpeg4", "prores", "libx265", "libvpx-vp9", "mjpeg"])
@pytest.mark.parametrize("full", [False, True])
def test_no_codec_tints(tmp_path: Path, look: Look, render: Render, codec: str, full: bool) -> None:
    """Also where the file cannot say which matrix or range it has."""
    frame = moving_texture(1, size=(64, 64))[0] // 2 + 64
    clip = write_clip(tmp_path / "in.mkv", [frame] * 3, matrix=9, full_range=full)
    suffix = {"mpeg4": "avi", "prores": "mov", "libvpx-vp9": "webm"}.get(codec, "mkv")
    out = render(clip, tmp_path / f"out.{suffix}", Fraction(25), encoder=EncoderOptions(codec))
    difference = out.frames()[0].astype(float) / (257 if out.info.deep else 1) - look(clip).frames()[0]
    assert np.abs(difference.mean(axis=(0, 1))).max() < 1


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("target", "codec", "pix_fmt"),
    [
        ("out/", None, "gray"),
        ("out/", None, "gray16be"),
        ("out/%d.tiff", None, "ya8"),
        ("out.apng", None, "gray"),
        ("out.mkv", "ffv1", "gray10le"),
        ("out.avi", "ffv1", "gray"),
        ("out.mp4", "libx264", "gray"),
        ("out.mp4", "libx265", "gray"),
    ],
)
def test_grey_is_not_washed_out(
    tmp_path: Path, render: Render, full: bool, target: str, codec: str | None, pix_fmt: str
) -> None:
    """Neither as read here nor by programs that take all grey for full range."""
    ramp = np.tile(np.arange(256, dtype=np.uint8)[:, None], (32, 1, 3))
    clip = write_clip(tmp_path / "in.mp4", [ramp] * 4, full_range=full)
    (tmp_path / "out").mkdir()
    out = render(clip, f"{tmp_path}/{target}", Fraction(25), encoder=EncoderOptions(codec, pix_fmt=pix_fmt))
    shown = out.frames()[1]
    assert level_difference(shown[..., :3], ramp.astype(shown.dtype) * (257 if out.info.deep else 1)) < 1.5
    file = next((tmp_path / "out").iterdir(), tmp_path / target)
    with av.open(str(file)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    assert picture[:, :2].max() <= 2 and picture[:, -2:].min() >= 253


def test_ten_bits_stay_ten_bits(tmp_path: Path, look: Look, render: Render) -> None:
    frames = [frame.astype(np.uint16) * 257 + 100 for frame in moving_texture(3)]
    clip = write_clip(
        tmp_path / "in.mkv", frames, pix_fmt="yuv420p10le", matrix=9, full_range=False, transfer=16, primaries=9
    )
    out = render(clip, tmp_path / "out.mp4", Fraction(25), encoder=EncoderOptions(options={"qp": "0"}))
    assert out.info.pix_fmt == "yuv420p10le" and out.info.deep and out.info.transfer == 16
    assert level_difference(out.frames()[1], look(clip).frames()[1]) < 0.15


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_ffv1_is_lossless(tmp_path: Path, render: Render, look: Look, deep: bool, alpha: bool) -> None:
    frames = with_alpha(moving_texture(4)) if alpha else moving_texture(4)
    pix_fmt = {(False, False): "bgr0", (False, True): "bgra", (True, False): "gbrp16le", (True, True): "gbrap16le"}[
        deep, alpha
    ]
    if deep:
        frames = [frame.astype(np.uint16) * 257 for frame in frames]
    clip = write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pix_fmt=pix_fmt)
    out = render(clip, tmp_path / "out.mkv", Fraction(25), encoder=FFV1)
    assert all((a == b).all() for a, b in zip(out.frames(), frames, strict=True))


@pytest.mark.parametrize("target", ["out.webm", "out.mov", "out.apng", "out.webp", "out.gif", "out/"])
def test_alpha_is_kept_where_it_can_be(tmp_path: Path, render: Render, target: str) -> None:
    frames = moving_texture(4)
    hole = [
        np.dstack([frame, np.where(np.arange(96) < 48, 0, 255).astype(np.uint8)[None].repeat(64, 0)])
        for frame in frames
    ]
    clip = write_clip(tmp_path / "in.mkv", hole, codec="ffv1", pix_fmt="bgra")
    codec = EncoderOptions("prores" if target.endswith("mov") else None)
    out = render(clip, f"{tmp_path}/{target}", Fraction(25), encoder=codec)
    assert out.info.alpha and not render.warnings  # type: ignore[attr-defined]
    opacity = out.frames()[2][..., 3].astype(float) / (65535 if out.info.deep else 255)
    assert opacity[:, :44].max() < 0.05 and opacity[:, 52:].min() > 0.95


def test_lost_alpha_is_said(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", with_alpha(moving_texture(3)), codec="ffv1", pix_fmt="bgra")
    render(clip, tmp_path / "out.mp4", Fraction(25))
    assert any("transparency is lost" in warning for warning in render.warnings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pix_fmt", ["bgr0", "yuv444p", "gbrp16le", "gray"])
def test_lost_alpha_leaves_what_lies_over_black(tmp_path: Path, render: Render, pix_fmt: str) -> None:
    white = with_alpha([np.full((64, 96, 3), 255, np.uint8)] * 2)
    clip = write_clip(tmp_path / "in.mkv", white, codec="ffv1", pix_fmt="bgra")
    encoder = EncoderOptions("ffv1", pix_fmt=pix_fmt)
    shown = render(clip, tmp_path / "out.mkv", Fraction(25), encoder=encoder).frames()[1]
    ramp = shown[..., :3].astype(float) * 255 / (65535 if shown.dtype == np.uint16 else 255)
    assert np.abs(ramp - white[0][..., 3:]).max() < 1.5


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_tagged_or_applied(tmp_path: Path, render: Render, look: Look, rotation: int) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(4), rotation=rotation)
    source = look(clip)
    assert (source.info.rotation - rotation) % 360 == 0 and source.info.display_matrix is not None
    upright = np.rot90(source.frames()[0], rotation // 90)
    for target in ("out.mp4", "out.mov", "out.mkv"):
        out = render(clip, tmp_path / target, Fraction(25))
        if can_tag_rotation():
            assert out.info.display_matrix == source.info.display_matrix
            assert out.info.size == (64, 96)
        else:
            assert out.info.rotation == 0
            assert level_difference(out.frames()[0], upright) < 3
    out = render(clip, f"{tmp_path}/images/", Fraction(25))
    assert out.info.rotation == 0 and (out.frames()[0] == upright).all()


def test_pixel_shape_is_kept_or_its_loss_is_said(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(4), sample_aspect_ratio=Fraction(4, 3))
    for target in ("out.mp4", "out.mkv", "out.mov"):
        assert render(clip, tmp_path / target, Fraction(25)).info.sample_aspect_ratio == Fraction(4, 3)
    for codec, target in (
        ("libvpx-vp9", "vp9.mp4"),
        ("libsvtav1", "av1.mp4"),
        ("prores_ks", "prores.mov"),
        ("libvpx-vp9", "vp9.webm"),
        ("libsvtav1", "av1.webm"),
        ("libsvtav1", "av1.mkv"),
        ("prores_ks", "prores.mkv"),
        ("ffv1", "ffv1.mkv"),
    ):
        kept = render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec))
        assert kept.info.sample_aspect_ratio == Fraction(4, 3)
        assert not any("aspect ratio" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    for kind in ("png", "jpg", "tif"):
        kept = render(clip, tmp_path / f"%05d.{kind}", Fraction(25))
        assert kept.info.sample_aspect_ratio == Fraction(4, 3)
        assert not any("aspect ratio" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    lying = write_clip(tmp_path / "lying.mp4", moving_texture(4), sample_aspect_ratio=Fraction(4, 3), rotation=90)
    assert render(lying, tmp_path / "turned-%05d.png", Fraction(25)).info.sample_aspect_ratio == Fraction(3, 4)
    for target, codec in (("out.avi", "ffv1"), ("%05d.bmp", None)):
        render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec))
        assert any("aspect ratio" in warning for warning in render.warnings)  # type: ignore[attr-defined]


def test_odd_sizes_are_kept_exactly(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(3, size=(35, 51)), codec="ffv1", pix_fmt="bgr0")
    out = render(clip, tmp_path / "out.mp4", Fraction(25))
    assert out.info.size == (35, 51) and out.info.pix_fmt == "yuv444p"
    assert any("odd size" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    dot = write_clip(tmp_path / "dot.mkv", moving_texture(2, size=(1, 1)), codec="ffv1", pix_fmt="bgr0")
    assert render(dot, tmp_path / "dot.mp4", Fraction(25)).info.size == (1, 1)
