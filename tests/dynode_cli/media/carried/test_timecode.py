"""Timecodes name the first frame, whatever the rate and the part that is used."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.carried.timecode import Timecode, carried
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip

Render = Callable[..., Any]
NTSC = Fraction(30000, 1001)


def filmed(path: Path, label: str, rate: Fraction, count: int = 30) -> Path:
    """A clip with a track of timecode, as cameras write it."""
    extras = Extras(Sound(0.5, codec="pcm_s16le" if path.suffix == ".mov" else "aac"), metadata={"timecode": label})
    return write_clip(path, moving_texture(count, size=(32, 32)), rate=rate, extras=extras)


def labels(path: Path) -> dict[str, str]:
    """The timecodes in a file, by the type of stream that has them."""
    with av.open(str(path)) as file:
        tags = [(stream.type, {k.lower(): v for k, v in stream.metadata.items()}) for stream in file.streams]
    return {kind: each["timecode"] for kind, each in tags if "timecode" in each}


@pytest.mark.parametrize("source", ["in.mov", "in.mp4"])
@pytest.mark.parametrize(("label", "rate"), [("01:02:03;04", NTSC), ("10:00:00:00", Fraction(24))])
def test_a_track_of_timecode_comes_along(
    tmp_path: Path, render: Render, source: str, label: str, rate: Fraction
) -> None:
    clip = filmed(tmp_path / source, label, rate)
    assert labels(clip) == {"video": label, "data": label}
    for target in ("out.mov", "out.mp4"):
        render(clip, tmp_path / target, rate)
        assert render.warnings == []  # type: ignore[attr-defined]
        assert labels(tmp_path / target) == {"video": label, "data": label}
    render(clip, tmp_path / "out.mkv", rate)
    assert labels(tmp_path / "out.mkv") == {"video": label}
    render(tmp_path / "out.mkv", tmp_path / "back.mov", rate)
    assert labels(tmp_path / "back.mov") == {"video": label, "data": label}


@pytest.mark.parametrize(
    ("label", "rate", "start", "new_rate", "found"),
    [
        ("01:02:03;04", NTSC, "0.5005", NTSC, "01:02:03;19"),
        ("01:02:59;28", NTSC, "0.1001", NTSC, "01:03:00;03"),
        ("01:02:03;04", NTSC, "0", 2 * NTSC, "01:02:03;08"),
        ("01:02:03;04", NTSC, "0", Fraction(30), "01:02:03:04"),
        ("01:02:03;04", NTSC, "0", Fraction(24000, 1001), "01:02:03:03"),
        ("10:00:00:24", Fraction(25), "0", Fraction(12), "10:00:00:11"),
        ("23:59:59:24", Fraction(25), "0.04", Fraction(25), "00:00:00:00"),
        ("10:00:00:00", Fraction(25), "0.2", Fraction(240), "10:00:00:048"),
    ],
)
def test_what_is_written_names_the_first_frame(
    tmp_path: Path, render: Render, label: str, rate: Fraction, start: str, new_rate: Fraction, found: str
) -> None:
    clip = filmed(tmp_path / "in.mov", label, rate)
    begin = Fraction(start)
    render(clip, tmp_path / "out.mov", new_rate, **({"start": begin} if begin else {}))
    assert labels(tmp_path / "out.mov") == {"video": found, "data": found}
    assert render.warnings == []  # type: ignore[attr-defined]


def test_a_timecode_that_cannot_be_kept_is_named(tmp_path: Path, render: Render) -> None:
    clip = filmed(tmp_path / "in.mov", "10:00:00:00", Fraction(25), count=5)
    render(clip, tmp_path / "fast.mov", Fraction(300))
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert warning == "the timecode 10:00:00:00 is lost: there is no such one at 300 frames a second"
    assert labels(tmp_path / "fast.mov") == {}
    render(clip, tmp_path / "out.ts", Fraction(25))
    assert "the timecode 10:00:00:00 is lost: mpegts cannot hold it" in render.warnings  # type: ignore[attr-defined]


@pytest.mark.parametrize("nonsense", ["", "10:00:00", "10:61:00:00", "10:00:00:25", "01:01:00;00", "no timecode"])
def test_nonsense_is_not_carried(nonsense: str) -> None:
    assert carried(nonsense, NTSC if ";" in nonsense else Fraction(25), Fraction(0), Fraction(25)) is None


@given(st.integers(0, 24 * 107892 - 1))
def test_every_frame_of_a_day_has_one_label_that_keeps_pace_with_the_clock(frame: int) -> None:
    label = str(Timecode(frame, 30, True))
    assert Timecode.parse(label, NTSC) == Timecode(frame, 30, True)
    hours, minutes, seconds, frames = Timecode(frame, 30, True).parts
    assert abs(hours * 3600 + minutes * 60 + seconds + Fraction(frames, 30) - frame / NTSC) < Fraction(1, 5)


def test_labels_are_left_out_as_the_standard_says() -> None:
    minute = 1798
    assert str(Timecode(1799, 30, True)) == "00:00:59;29" and str(Timecode(1800, 30, True)) == "00:01:00;02"
    assert str(Timecode(1800 + 9 * minute, 30, True)) == "00:10:00;00"
    assert str(Timecode(107892, 30, True)) == "01:00:00;00"
    assert str(Timecode(3600, 60, True)) == "00:01:00;04"
    assert str(Timecode(24 * 107892 + 5, 30, True)) == "00:00:00;05"
