"""Recordings put one after the other: the clock of the whole file jumps, and goes on in the output."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.media.reading.joins import Join, JoinedClock
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.carried.sounds import beeps, heard, onsets

Look = Callable[..., Any]
RATE = 48000
FRAMES = 50


def recording(path: Path, begin: int, muxer: str = "mpegts") -> bytes:
    """Two seconds from clock time `begin` on, white and loud at 0.4 s and 1.2 s."""
    codec = "libx264" if muxer == "mpegts" else "mpeg2video"
    with av.open(str(path), "w", format=muxer) as output:
        video: Any = output.add_stream(codec, rate=25)
        sound: Any = output.add_stream("mp2", rate=RATE)
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        video.codec_context.options = {"g": "25"}
        sound.codec_context.layout = "mono"
        samples = beeps(2.0, (0.4, 1.2), RATE)
        for k, image in enumerate(moving_texture(FRAMES, size=(32, 32))):
            frame = av.VideoFrame.from_ndarray(np.full_like(image, 255) if k in (10, 30) else image // 2, "rgb24")
            frame.pts, frame.time_base = k + 25 * begin, Fraction(1, 25)
            output.mux(video.encode(frame))
            piece = (samples[k * 1920 : (k + 1) * 1920] * 32767).astype(np.int16)
            heard_frame = av.AudioFrame.from_ndarray(piece[None], "s16", "mono")
            heard_frame.sample_rate, heard_frame.time_base = RATE, Fraction(1, RATE)
            heard_frame.pts = k * 1920 + begin * RATE
            output.mux(sound.encode(heard_frame))
        output.mux(video.encode(None))
        output.mux(sound.encode(None))
    return path.read_bytes()


def joined(folder: Path, name: str, begins: tuple[int, ...]) -> Path:
    muxer = "vob" if name.endswith("vob") else "mpegts"
    path = folder / name
    path.write_bytes(b"".join(recording(folder / f"part.{muxer}", begin, muxer) for begin in begins))
    return path


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("back.ts", (100, 10)),
        ("ahead.ts", (10, 52)),
        ("hour.ts", (10, 3700)),
        ("again.vob", (0, 0)),
        ("three.ts", (100, 10, 300)),
    ],
)
@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.avi"])
def test_pictures_and_sound_go_on_together(
    tmp_path: Path, look: Look, name: str, begins: tuple[int, ...], target: str
) -> None:
    path = joined(tmp_path, name, begins)
    source = look(path)
    scan = source.scan
    count = len(begins)
    assert len(scan) == FRAMES * count and len(scan.joins) == count - 1 and scan.lost == scan.disordered_pts == 0
    assert {b - a for a, b in zip(scan.times, scan.times[1:], strict=False)} == {Fraction(1, 25)}
    out = tmp_path / target
    with VideoWriter(str(out), scan.info, rate=Fraction(25), copy_from=source.source, joins=scan.joins) as writer:
        for k, image in enumerate(source.frames()):
            writer.write(image, Fraction(k, 25))
    written = look(out)
    bright = [image.mean() > 200 for image in written.frames()]
    begin = written.scan.times[0] + written.info.zero
    flashes = [
        float(time - written.scan.times[0] + begin) for time, on in zip(written.scan.times, bright, strict=True) if on
    ]
    assert len(flashes) == 2 * count
    sound, rate = heard(out)
    assert np.abs(onsets(sound, rate, flashes, within=0.1) - flashes).max() < 0.002 + 0.0005


@pytest.mark.parametrize(("gaps", "seconds"), [("auto", 9), ("keep", 9), ("close", 4)])
def test_a_gap_is_kept_or_closed(tmp_path: Path, look: Look, gaps: str, seconds: int) -> None:
    scan = look(joined(tmp_path, "gap.ts", (10, 17)), gaps=gaps).scan
    assert scan.end_time - scan.times[0] == seconds and len(scan.joins) == (gaps == "close")


@pytest.mark.parametrize(("ticks", "joins"), [((0, 3000, 6000, 9000), 0), ((0, 40, 80, 3080, 3120), 1)])
def test_what_stays_in_mp4_is_a_gap_only_after_what_did_not(
    tmp_path: Path, look: Look, ticks: tuple[int, ...], joins: int
) -> None:
    """Every frame is said to last until the next one there."""
    frames = moving_texture(len(ticks), size=(32, 32))
    path = write_clip(tmp_path / "in.mp4", frames, pts=ticks, time_base=Fraction(1, 1000))
    scan = look(path, gaps="close").scan
    assert len(scan.joins) == joins and not look(path).scan.joins
    assert scan.times[-1] == (Fraction(ticks[-1] - 2960, 1000) if joins else 9)


def test_probe_tells_of_joins(tmp_path: Path, dynode: Any) -> None:
    path = joined(tmp_path, "back.ts", (100, 10))
    facts = json.loads(dynode("probe", str(path), "--json").out)["scan"]
    assert [join["at"] for join in facts["joins"]] == ["2"] or len(facts["joins"]) == 1
    assert facts["duration"] == "4"
    text = dynode("probe", str(path)).out
    assert "clock repaired at 1 join" in text and "none" not in text.split("damage")[1]


def test_stamps_of_one_stream_pass_joins_one_by_one() -> None:
    joins = (Join(Fraction(2), Fraction(-92), Fraction(92)), Join(Fraction(4), Fraction(40), Fraction(52)))
    clock = JoinedClock(joins, Fraction(100))
    stamps = [100, 101, 10, 11, 52, 53]
    assert [stamp + clock.shift(Fraction(stamp), Fraction(1)) for stamp in stamps] == [100, 101, 102, 103, 104, 105]
