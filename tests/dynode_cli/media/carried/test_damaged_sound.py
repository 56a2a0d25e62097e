"""Damaged sound costs a gap in the sound and a warning, not the video."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import av
import pytest

from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip

Render = Callable[..., Any]
PACKET, SOUND = 188, 0x101
"""Bytes of a packet of a transport stream, and the number of the second stream that FFmpeg writes into one."""


@pytest.fixture
def hurt(tmp_path: Path) -> Path:
    """Two seconds, with noise in place of the sound of about half a second."""
    clip = write_clip(tmp_path / "in.ts", moving_texture(50), extras=Extras(Sound(2.0)))
    data, random = bytearray(clip.read_bytes()), Random(0)
    packets = [
        at for at in range(0, len(data), PACKET) if int.from_bytes(data[at + 1 : at + 3], "big") & 0x1FFF == SOUND
    ]
    for at in packets[len(packets) // 4 : len(packets) // 2]:
        data[at + 4 : at + PACKET] = random.randbytes(PACKET - 4)
    clip.write_bytes(data)
    return clip


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.flv"])
def test_damaged_packets_that_are_copied_leave_a_gap(tmp_path: Path, render: Render, hurt: Path, target: str) -> None:
    made = render(hurt, tmp_path / target, Fraction(25))
    assert len(made.scan) == 50
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert warning.startswith("stream 1 (audio): ") and warning.endswith(" damaged; there is a gap instead")
    with av.open(str(tmp_path / target)) as file:
        seconds = [packet.pts * packet.time_base for packet in file.demux(audio=0) if packet.size]
    assert seconds[0] < 0.1 and seconds[-1] > 1.8, "the sound before and after the damage keeps its time"


def test_damaged_packets_that_are_stretched_become_silence(tmp_path: Path, render: Render, hurt: Path) -> None:
    made = render(hurt, tmp_path / "out.mp4", Fraction(25), retime=Fraction(2))
    assert len(made.scan) == 100
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert warning.endswith(" damaged; there is silence instead")


def test_an_impossible_time_is_not_waited_for_in_silence(tmp_path: Path, render: Render) -> None:
    """A packet that claims to come a day later, as one flipped bit makes it, would be a day of silence to encode."""
    clip = write_clip(tmp_path / "in.mkv", moving_texture(25), extras=Extras(Sound(1.0)))
    with av.open(str(clip)) as source, av.open(str(tmp_path / "late.mkv"), "w") as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for number, packet in enumerate(packet for packet in source.demux() if packet.size):
            if packet.stream.type == "audio" and number > 50 and packet.pts is not None:
                packet.pts = packet.dts = packet.pts + 86_400_000
            packet.stream = copies[packet.stream.index]
            output.mux(packet)
    render(tmp_path / "late.mkv", tmp_path / "out.mp4", Fraction(25), retime=Fraction(2))
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert warning.startswith("stream 1 (audio): ") and warning.endswith(" damaged; there is silence instead")
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.duration is not None and file.duration < 10 * av.time_base
