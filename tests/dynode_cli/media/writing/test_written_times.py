"""When written frames are shown, and that every kind of output can be read again."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.sinks import time_base_for
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.measures import info_of, level_difference, packets

Look = Callable[..., Any]
Render = Callable[..., Any]


@pytest.mark.parametrize("rate", ["240", "50", "60000/1001", "24000/1001", "47/3", "12.5"])
@pytest.mark.parametrize("source", ["cfr", "vfr", "offset"])
def test_every_frame_sits_where_it_should_to_a_tick(tmp_path: Path, render: Render, rate: str, source: str) -> None:
    pts = {
        "cfr": None,
        "vfr": [3600 * k + 700 * (k % 3) for k in range(12)],
        "offset": [45007 + 3600 * k for k in range(12)],
    }[source]
    clip = write_clip(tmp_path / "in.mp4", moving_texture(12, size=(32, 32)), rate=Fraction(25), pts=pts)
    out = render(clip, tmp_path / "out.mp4", Fraction(rate), encoder=EncoderOptions(preset="ultrafast"))
    start = Fraction(pts[0], 90000) if pts else Fraction(0)
    tick = out.info.time_base
    assert tick <= Fraction(1, 90000)
    for k, time in enumerate(out.scan.times):
        assert abs(time - (start + k / Fraction(rate))) <= tick
    # Between frames the clock is exact, however long it runs.
    assert {b - a for a, b in pairwise(out.scan.times)} == {1 / Fraction(rate)}
    assert abs(out.scan.end_time - out.scan.times[0] - len(out.scan) / Fraction(rate)) <= tick


@given(st.integers(1, 10**6), st.integers(1, 1001))
def test_a_frame_always_lasts_a_whole_number_of_ticks(numerator: int, denominator: int) -> None:
    rate = Fraction(numerator, denominator)
    encoder: Any = SimpleNamespace(codec="libx264", container=SimpleNamespace(constant_rate=False))
    info: Any = SimpleNamespace(time_base=Fraction(1, 90000))
    base = time_base_for(encoder, rate, info)
    assert (1 / rate / base).denominator == 1
    assert base <= Fraction(1, 90000)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 20000), min_size=1, max_size=12), st.integers(0, 90000))
def test_any_list_of_times_is_kept(gaps: list[int], offset: int) -> None:
    ticks = [0]
    for gap in gaps:
        ticks.append(ticks[-1] + gap)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        frames = moving_texture(2, size=(16, 16))
        clip = write_clip(Path(folder) / "in.mp4", frames, pts=[offset, offset + 3600])
        target = str(Path(folder) / "out.mp4")
        last = Fraction(ticks[-1] + 4321, 90000)
        with VideoWriter(target, info_of(clip), rate=None, until=last, encoder=EncoderOptions("mjpeg")) as writer:
            for k, tick in enumerate(ticks):
                writer.write(frames[k % 2], Fraction(tick, 90000))
        found = scan(open_source(target), detect_cuts=False)
        assert found.times == tuple(Fraction(offset + tick, 90000) for tick in ticks)
        assert found.end_time == Fraction(offset, 90000) + last


def test_duration_is_that_of_the_source(film: Path, tmp_path: Path, render: Render) -> None:
    for target in ("out.mp4", "out.mkv"):
        out = render(film, tmp_path / target, Fraction(120), encoder=EncoderOptions(preset="ultrafast"))
        source = info_of(film)
        assert source.duration is not None and out.info.duration is not None
        assert abs(out.info.duration - source.duration) <= Fraction(1, 120)


@pytest.mark.parametrize(
    "target", ["out.gif", "out.webp", "out.apng", "out.png", "out.avi", "out.ts", "out.webm", "out.m4v"]
)
def test_every_container_can_be_read_again(
    film: Path, tmp_path: Path, render: Render, look: Look, target: str
) -> None:
    out = render(film, tmp_path / target, Fraction(25))
    assert len(out.scan) == 50
    assert abs(out.scan.end_time - 2) <= Fraction(1, 25)
    limit = 12 if target.endswith("gif") else 6
    assert level_difference(out.frames()[20][..., :3], look(film).frames()[20]) < limit


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, render: Render) -> None:
    monkeypatch.chdir(tmp_path)
    clip = write_clip(tmp_path / "in.mp4", moving_texture(3)).rename("12:30.mp4")
    assert len(render(Path(clip.name), "12:31.mkv", Fraction(25)).scan) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["12:30.mp4", "12:31.mkv"]


def test_image_sequences(film: Path, tmp_path: Path, render: Render, look: Look) -> None:
    by_folder = render(film, f"{tmp_path}/frames/", Fraction(25))
    assert sorted(path.name for path in (tmp_path / "frames").iterdir())[:2] == ["00001.png", "00002.png"]
    assert all((a == b).all() for a, b in zip(by_folder.frames(), look(film).frames(), strict=True))
    render(film, tmp_path / "frames" / "still-%d.jpg", Fraction(25))
    assert len(list((tmp_path / "frames").glob("still-*.jpg"))) == 50
    with pytest.raises(UsageError, match="50 such images already exist"):
        render(film, tmp_path / "frames" / "still-%d.jpg", Fraction(25))
    render(film, tmp_path / "frames" / "still-%d.jpg", Fraction(5), force=True)
    assert len(list((tmp_path / "frames").iterdir())) == 50 + 10


def test_standard_output_is_matroska(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Look) -> None:
    caught = io.BytesIO()
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=caught))
    source = open_source(str(film))
    found = scan(source)
    with (
        FrameReader(source, found) as reader,
        VideoWriter("-", found.info, rate=Fraction(25), copy_from=source) as writer,
    ):
        for k in range(50):
            writer.write(reader.frame(k), Fraction(k, 25))
    (tmp_path / "caught.mkv").write_bytes(caught.getvalue())
    out = look(tmp_path / "caught.mkv")
    assert len(out.scan) == 50 and out.info.container.startswith("matroska")
    assert packets(tmp_path / "caught.mkv", "audio")[5][1] == packets(film, "audio")[5][1]


@pytest.mark.parametrize("count", [1, 2])
def test_decode_times_that_x265_left_unset_do_no_harm(tmp_path: Path, look: Look, count: int) -> None:
    frames = moving_texture(count, size=(32, 32))
    clip = write_clip(tmp_path / "in.mp4", frames)
    out = str(tmp_path / "out.mp4")
    with VideoWriter(out, info_of(clip), rate=Fraction(25), encoder=EncoderOptions("libx265")) as writer:
        sink: Any = writer._sink
        encode = sink.stream.encode

        def garbled(frame: Any) -> list[Any]:
            packets: list[Any] = encode(frame)
            for packet in packets:
                packet.dts = -4611756388245323776 + packet.pts
            return packets

        sink.stream = SimpleNamespace(encode=garbled, codec_context=sink.stream.codec_context)
        for k, frame in enumerate(frames):
            writer.write(frame, Fraction(k, 25))
    assert look(out).scan.times == tuple(Fraction(k, 25) for k in range(count))
