"""What users ask of encoders."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.errors import UsageError
from dynode_cli.media.writing.encoders import available_encoders, check_options, encoder_for
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.requests.encoding import CODECS, EncoderOptions
from tests.dynode_cli.media.measures import info_of

Render = Callable[..., Any]


def test_encoder_options_reach_the_encoder(film: Path, tmp_path: Path, render: Render) -> None:
    sizes = {}
    for crf in (10, 40):
        render(
            film,
            tmp_path / f"{crf}.mp4",
            Fraction(25),
            encoder=EncoderOptions("h264", crf, "ultrafast"),
            audio="drop",
        )
        sizes[crf] = (tmp_path / f"{crf}.mp4").stat().st_size
    assert sizes[10] > 2 * sizes[40]
    out = render(film, tmp_path / "pix.mp4", Fraction(25), encoder=EncoderOptions(pix_fmt="yuv444p"))
    assert out.info.pix_fmt == "yuv444p"
    out = render(film, tmp_path / "g.mp4", Fraction(25), encoder=EncoderOptions(options={"g": "5"}))
    assert out.scan.keys[:3] == (0, 5, 10)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (EncoderOptions("libx246"), "no encoder 'libx246'", "libx264"),
        (EncoderOptions("aac"), "audio, not video", None),
        (EncoderOptions(pix_fmt="yuv420"), "pixel format 'yuv420'", "yuv420p"),
        (EncoderOptions(preset="veryquick"), "preset=veryquick", None),
        (EncoderOptions("ffv1", crf=3), "ffv1 has no constant quality", None),
        (EncoderOptions(crf=99), "--crf 99: libx264 takes 0 (best) to 51 (worst)", None),
        (EncoderOptions("ffv1", preset="slow"), "ffv1 has no presets", None),
        (EncoderOptions(options={"tume": "film"}), "no option 'tume'", "tune"),
        (EncoderOptions("vp8"), "mp4 cannot hold libvpx", ".mkv"),
    ],
)
def test_wrong_encoder_settings(
    film: Path, tmp_path: Path, options: EncoderOptions, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        VideoWriter(str(tmp_path / "out.mp4"), info_of(film), rate=Fraction(25), encoder=options)
    assert message in str(caught.value)
    assert hint is None or (caught.value.hint is not None and hint in caught.value.hint)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]


@pytest.mark.parametrize(
    ("codec", "worst"), [("x264", 51), ("x265", 51), ("av1", 63), ("vp9", 63), ("vp8", 63), ("libx264rgb", 51)]
)
def test_a_quality_outside_the_range_of_the_codec_is_refused(codec: str, worst: int) -> None:
    for fine in (0, 0.5, worst):
        check_options("out.mkv", EncoderOptions(codec, fine))
    for wrong in (-1, worst + 0.5, 1000, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=f"takes 0 .best. to {worst} .worst."):
            check_options("out.mkv", EncoderOptions(codec, wrong))


def test_a_quality_is_refused_before_the_source_is_looked_through(
    film: Path, monkeypatch: pytest.MonkeyPatch, dynode: Callable[..., Any]
) -> None:
    def scan(*_: object, **__: object) -> None:
        raise AssertionError("the source was looked through")

    monkeypatch.setattr("dynode_cli.pipeline.prepare.scan", scan)
    for arguments in ((), ("-o", "out.mkv"), ("-o", "-")):
        outcome = dynode("interpolate", str(film), *arguments, "--crf", "52")
        assert outcome.code == 2 and "libx264 takes 0 (best) to 51 (worst)" in " ".join(outcome.err.split())


def test_encoders_are_listed(film: Path) -> None:
    names = available_encoders()
    assert {"libx264", "libx265", "libvpx-vp9", "ffv1", "png", "gif"} <= set(names)
    assert not any(name.endswith(("_nvenc", "_qsv")) for name in names)
    settled = encoder_for("out.mp4", info_of(film), EncoderOptions())
    assert (settled.codec, settled.pix_fmt, settled.options["crf"]) == ("libx264", "yuv420p", "17")


def test_what_completion_offers_are_encoders() -> None:
    for name in CODECS:
        check_options("out.mkv", EncoderOptions(codec=name))
