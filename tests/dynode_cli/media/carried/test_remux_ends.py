"""What lasts longer than the part that is used is cut where the part ends."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.synthetic.clips import Extras, moving_texture, write_clip

Render = Callable[..., Any]
RATE = Fraction(25)
HALF = Fraction(1, 2)


def shown(path: Path) -> list[tuple[Fraction, Fraction]]:
    """When subtitles and data begin and end."""
    with av.open(str(path)) as file:
        stream = next(each for each in file.streams if each.type in ("subtitle", "data"))
        packets: list[Any] = [packet for packet in file.demux(stream) if packet.size > 2 and packet.pts is not None]
        return [
            (packet.pts * packet.time_base, (packet.pts + (packet.duration or 0)) * packet.time_base)
            for packet in packets
        ]


@pytest.mark.parametrize("target", ["out.mkv", "out.mp4", "out.webm"])
@pytest.mark.parametrize("slow", [1, 2])
def test_subtitles_end_with_the_pictures(tmp_path: Path, render: Render, target: str, slow: int) -> None:
    lines = [(0.1, 0.3, "early"), (0.4, 1.6, "long"), (1.7, 1.9, "gone")]
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=Extras(subtitles=lines))
    out = render(clip, tmp_path / target, RATE, end=HALF, retime=Fraction(slow))
    edges = [(Fraction(1, 10), Fraction(3, 10)), (Fraction(2, 5), HALF)]
    assert shown(tmp_path / target) == [(begin * slow, end * slow) for begin, end in edges]
    assert out.info.duration == HALF * slow


def test_both_ends_of_a_subtitle_are_cut(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=Extras(subtitles=[(0.1, 1.9, "long")]))
    out = render(clip, tmp_path / "out.mkv", RATE, start=HALF, end=Fraction(1))
    assert shown(tmp_path / "out.mkv") == [(Fraction(0), HALF)]
    assert out.info.duration == HALF


def test_data_ends_with_the_pictures(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "plain.mp4", moving_texture(50))
    with av.open(str(clip)) as source, av.open(str(tmp_path / "in.mp4"), "w") as output:
        video = output.add_stream_from_template(source.streams.video[0])
        data = output.add_data_stream("bin_data")
        data.time_base = Fraction(1, 1000)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = video
                output.mux(packet)
        for begin in (0, 1200):
            note = av.Packet(b"facts")
            note.pts = note.dts = begin
            note.duration, note.time_base, note.stream = 800, Fraction(1, 1000), data
            output.mux(note)
    assert shown(tmp_path / "in.mp4")[0][1] > HALF
    out = render(tmp_path / "in.mp4", tmp_path / "out.mp4", RATE, end=HALF)
    assert shown(tmp_path / "out.mp4") == [(Fraction(0), HALF)]
    assert out.info.duration == HALF
