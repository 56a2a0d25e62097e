"""Codecs that count time in 16 bits, or know only a list of rates."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.media.writing.sinks import time_base_for
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.measures import info_of

Render = Callable[..., Any]
PHONE = Fraction(4050000, 135101)
"""What some phones declare for about 30 frames a second."""


def base_of(codec: str, rate: Fraction, *, constant: bool) -> Fraction:
    encoder: Any = SimpleNamespace(codec=codec, container=SimpleNamespace(constant_rate=constant))
    info: Any = SimpleNamespace(time_base=Fraction(1, 90000))
    return time_base_for(encoder, rate, info)


@pytest.mark.parametrize("rate", [PHONE, Fraction(120000, 1001), Fraction(240000, 1001)])
@pytest.mark.parametrize("target", ["out.avi", "out.mkv", "out.mp4"])
def test_rates_of_large_numbers_are_written_as_mpeg4(
    tmp_path: Path, render: Render, rate: Fraction, target: str
) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(6, size=(32, 32)))
    out = render(clip, tmp_path / target, rate, encoder=EncoderOptions("mpeg4"))
    assert len(out.scan) == int(Fraction(6, 25) * rate)
    off = [abs(time - k / rate) for k, time in enumerate(out.scan.times)]
    assert max(off) <= max(Fraction(1, 60_000), 2 * out.info.time_base * (target == "out.mkv"))
    assert all(b > a for a, b in pairwise(out.scan.times))


@given(st.fractions(min_value=1, max_value=480, max_denominator=200_000))
def test_in_avi_each_frame_of_an_hour_is_within_half_a_frame(rate: Fraction) -> None:
    try:
        base = base_of("mpeg4", rate, constant=True)
    except UsageError:
        # Only fast video has so many frames an hour that the clock is too coarse.
        assert rate > 60
        return
    assert base.denominator <= 65_535
    frames = int(3600 * rate)
    assert abs(frames * base - frames / rate) <= 1 / rate / 2


@given(st.fractions(min_value=1, max_value=30_000, max_denominator=200_000))
def test_elsewhere_each_frame_sits_within_a_tick(rate: Fraction) -> None:
    base = base_of("mpeg4", rate, constant=False)
    assert base.numerator == 1 and base.denominator <= 65_535
    assert (1 / rate / base).denominator == 1 or base <= min(1 / rate, Fraction(1, 60_000))


@pytest.mark.parametrize(
    ("target", "codec", "rate", "message", "hint"),
    [
        ("out.avi", "mpeg4", "70000", "mpeg4 counts time in 16 bits, too few for 70000 frames a second", "--fps"),
        ("out.mp4", "mpeg4", "70000", "mpeg4 counts time in 16 bits, too few for 70000 frames a second", "--fps"),
        ("out.mp4", "mpeg2video", "47/3", "mpeg2video has no 47/3 frames a second", "--fps 24000/1001"),
        ("out.avi", "mpeg2video", "14000/467", "mpeg2video has no 14000/467 frames a second", "--fps 30000/1001"),
    ],
)
def test_the_true_reason_is_named(
    tmp_path: Path, target: str, codec: str, rate: str, message: str, hint: str
) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(2, size=(32, 32)))
    with pytest.raises(UsageError) as caught:
        VideoWriter(
            str(tmp_path / target), info_of(clip), rate=Fraction(rate), encoder=EncoderOptions(codec), force=True
        )
    assert message in str(caught.value)
    assert caught.value.hint is not None and hint in caught.value.hint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4"]
