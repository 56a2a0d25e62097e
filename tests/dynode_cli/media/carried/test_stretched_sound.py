"""Sound of whole files in slow motion and in fast, beside the pictures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dynode_cli.requests.encoding import EncoderOptions
from tests.dynode_cli.media.carried.sounds import beeps, heard, onsets, write_sounding

Render = Callable[..., Any]
TIMES = np.array([0.25, 0.61, 0.9, 1.21])
QUICK = EncoderOptions(preset="ultrafast")


def check(path: Path, expected: Any, seconds: float, *, within: float, late: float = 0.002) -> None:
    """That beeps are heard at the `expected` times, and that the sound lasts `seconds` to a codec's frame."""
    sound, rate = heard(path)
    assert np.abs(onsets(sound, rate, expected, within=within) - expected).max() < late
    assert len(sound) / rate == pytest.approx(seconds, abs=1024 / rate + 0.001)


@pytest.mark.parametrize(
    ("source", "codec", "rate", "layout", "factor", "target"),
    [
        ("in.mkv", "pcm_s16le", 48000, "mono", "2", "out.mp4"),
        ("in.mkv", "pcm_s16le", 48000, "mono", "4", "out.mp4"),
        ("in.mkv", "pcm_s16le", 48000, "mono", "1/2", "out.mp4"),
        ("in.mp4", "aac", 44100, "5.1", "4", "out.mkv"),
        ("in.mp4", "aac", 44100, "stereo", "4", "out.webm"),
        ("in.mkv", "flac", 96000, "stereo", "3", "out.mov"),
        ("in.mkv", "pcm_s16le", 8000, "mono", "4", "out.mkv"),
        ("in.mkv", "flac", 192000, "mono", "2", "out.mp4"),
    ],
)  # fmt: skip
def test_sound_stays_with_the_pictures(
    tmp_path: Path, render: Render, source: str, codec: str, rate: int, layout: str, factor: str, target: str
) -> None:
    clip = write_sounding(tmp_path / source, beeps(1.5, TIMES, rate), rate, codec=codec, layout=layout)
    slow = Fraction(factor)
    encoder = EncoderOptions(codec="libvpx") if target.endswith("webm") else QUICK
    render(clip, tmp_path / target, Fraction(20), retime=slow, encoder=encoder)
    check(tmp_path / target, TIMES * float(slow), 1.5 * float(slow), within=0.1 * float(slow))


@pytest.mark.parametrize(("target", "late"), [("out.mp4", 0.002), ("out.mkv", 0.002), ("out.avi", 0.005)])
def test_sound_that_begins_late_is_stretched_from_there(
    tmp_path: Path, render: Render, target: str, late: float
) -> None:
    clip = write_sounding(tmp_path / "in.mkv", beeps(1.5, TIMES, 48000), 48000, codec="flac", start=Fraction(1, 2))
    encoder = EncoderOptions() if target.endswith("avi") else QUICK
    render(clip, tmp_path / target, Fraction(10), retime=Fraction(3), encoder=encoder)
    check(tmp_path / target, 3 * (TIMES + 0.5), 6, within=0.3, late=late)


def test_gaps_in_stretched_sound_are_silent(tmp_path: Path, render: Render) -> None:
    sound = beeps(1.5, TIMES, 48000)
    sound[24 * 1024 : 40 * 1024] = np.nan
    clip = write_sounding(tmp_path / "in.mkv", sound, 48000, codec="pcm_s16le")
    render(clip, tmp_path / "out.mp4", Fraction(10), retime=Fraction(4), encoder=QUICK)
    check(tmp_path / "out.mp4", 4 * TIMES[[0, 2, 3]], 6, within=0.2)
    samples, rate = heard(tmp_path / "out.mp4")
    assert np.abs(samples[round(2.1 * rate) : round(3.3 * rate)]).max() < 1e-3


@pytest.mark.parametrize("factor", ["4", "1/2"])
def test_part_of_a_clip_is_stretched_to_the_sample(tmp_path: Path, render: Render, factor: str) -> None:
    clip = write_sounding(tmp_path / "in.mkv", beeps(1.5, TIMES, 48000), 48000, codec="flac")
    slow, start, end = Fraction(factor), Fraction("0.37"), Fraction("1.13")
    render(clip, tmp_path / "out.mp4", Fraction(50), retime=slow, start=start, end=end, encoder=QUICK)
    inside = (TIMES[1:3] - 0.37) * float(slow)
    check(tmp_path / "out.mp4", inside, 0.76 * float(slow), within=0.1 * float(slow))


def test_nothing_of_the_sound_may_be_left(tmp_path: Path, render: Render) -> None:
    clip = write_sounding(tmp_path / "in.mkv", beeps(0.5, [0.2], 8000), 8000, codec="flac", start=Fraction(1))
    out = render(clip, tmp_path / "out.mkv", Fraction(10), retime=Fraction(2), end=Fraction(1, 2), encoder=QUICK)
    assert out.scan.end_time == 1
