"""Sound that begins within a packet: after --start, and where an edit list hides what is before."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.carried.sounds import beeps, heard, onsets, write_sounding

Render = Callable[..., Any]
RATE = 48000
TARGETS = ["out.mp4", "out.mov", "out.mkv", "out.avi", "out.flv", "out.ts"]
BEEPS = (0.2, 0.9, 1.3)


def off_by(path: Path, times: tuple[float, ...], look: Callable[..., Any]) -> float:
    """Seconds by which beeps are off where they should be in the pictures."""
    sound, rate = heard(path)
    begin = float(look(path, detect_cuts=False).scan.times[0] + look(path, detect_cuts=False).info.zero)
    expected = [time + begin for time in times]
    return float(np.abs(onsets(sound, rate, expected, within=0.1) - expected).max())


def in_long_packets(path: Path, codec: str) -> Path:
    """Two seconds with beeps, in packets of half a second."""
    pictures = write_clip(path.with_suffix(".pictures.mp4"), moving_texture(50, size=(16, 16)))
    sound = beeps(2.0, BEEPS, RATE)
    with av.open(str(pictures)) as source, av.open(str(path), "w") as output:
        copied = output.add_stream_from_template(source.streams.video[0])
        stream: Any = output.add_stream(codec, rate=RATE)
        stream.codec_context.layout = "mono"
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = copied
                output.mux(packet)
        for at in range(0, len(sound), RATE // 2):
            piece = (sound[at : at + RATE // 2] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(piece[None], "s16", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def moved_before_zero(path: Path, target: Path, seconds: Fraction) -> Path:
    """A copy of `path` whose first `seconds` an edit list hides, as tools cut that do not code again."""
    with av.open(str(path)) as source, av.open(str(target), "w") as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size and packet.pts is not None and packet.dts is not None:
                shift = round(seconds / packet.time_base)
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return target


@pytest.mark.parametrize("target", TARGETS)
def test_plain_samples_are_cut_to_a_sample(
    tmp_path: Path, render: Render, look: Callable[..., Any], target: str
) -> None:
    clip = in_long_packets(tmp_path / "in.mkv", "pcm_s16le")
    part = tmp_path / target
    render(clip, part, Fraction(25), start=Fraction(71, 100), end=Fraction(171, 100))
    assert off_by(part, (0.19, 0.59), look) < 0.002
    if target not in ("out.ts", "out.flv"):
        sound, rate = heard(part)
        assert len(sound) / rate == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("codec", ["aac", "flac"])
def test_sound_after_a_start_is_at_its_time(
    tmp_path: Path, render: Render, look: Callable[..., Any], target: str, codec: str
) -> None:
    clip = write_sounding(tmp_path / "in.mp4", beeps(2.0, BEEPS, RATE), RATE, codec="aac")
    if codec == "flac":
        clip = in_long_packets(tmp_path / "in.mkv", "flac")
    part = tmp_path / target
    render(clip, part, Fraction(25), start=Fraction(71, 100))
    assert off_by(part, (0.19, 0.59), look) < 0.002


@pytest.mark.parametrize("target", TARGETS)
def test_sound_that_an_edit_list_hides_does_not_come_back(
    tmp_path: Path, render: Render, look: Callable[..., Any], target: str
) -> None:
    whole = write_sounding(tmp_path / "whole.mp4", beeps(2.0, BEEPS, RATE), RATE)
    clip = moved_before_zero(whole, tmp_path / "in.mp4", Fraction(1, 2))
    out = tmp_path / target
    render(clip, out, Fraction(25))
    assert off_by(out, (0.4, 0.8), look) < 0.002
    with av.open(str(out)) as container:
        stream = container.streams.audio[0]
        first = next(container.decode(stream))
        assert first.pts is not None and first.time_base is not None
        begin = float(first.pts * first.time_base)
    pictures = float(look(out, detect_cuts=False).scan.times[0] + look(out, detect_cuts=False).info.zero)
    # A decoder may need the packet before.
    assert begin - pictures > -0.045
