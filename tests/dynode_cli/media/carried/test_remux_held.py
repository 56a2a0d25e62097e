"""Streams come along, or are named in a warning; no run fails at its end because of one."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from dynode_cli.media.carried.trial import accepts, first_packets
from dynode_cli.media.containers import CONTAINERS
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip

Render = Callable[..., Any]
RATE = Fraction(25)


def picture(kind: str) -> bytes:
    """A still picture as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as output:
        stream: Any = output.add_stream(kind, rate=1)
        stream.width, stream.height = 32, 24
        stream.pix_fmt = "yuvj420p" if kind == "mjpeg" else "rgb24"
        frame = av.VideoFrame.from_ndarray(np.full((24, 32, 3), 90, np.uint8), "rgb24")
        output.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
        output.mux(stream.encode(None))
    return file.getvalue()


def with_attachments(path: Path, attachments: Sequence[tuple[str, str, bytes]]) -> Path:
    """A clip with sound in Matroska that has files attached."""
    clip = write_clip(path.with_suffix(".plain.mkv"), moving_texture(10), extras=Extras(Sound(0.4)))
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for attachment in attachments:
            output.add_attachment(*attachment)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return path


def streams(path: Path) -> list[tuple[str, str | None, bool]]:
    """Type and codec of each stream, and whether it is a cover."""
    with av.open(str(path)) as file:
        return [
            (
                stream.type,
                stream.codec_context.name if stream.codec_context is not None else None,
                bool(stream.disposition & Disposition.attached_pic),
            )
            for stream in file.streams
        ]


@pytest.mark.parametrize("channels", ["mono", "stereo", "5.1"])
@pytest.mark.parametrize("source", ["in.mkv", "in.avi"])
@pytest.mark.parametrize("target", ["out.mp4", "out.mov", "out.m4v"])
def test_sound_whose_channels_have_no_names_is_copied(
    tmp_path: Path, render: Render, source: str, target: str, channels: str
) -> None:
    sound = Extras(Sound(0.4, codec="pcm_s16le", channels=channels))
    codec = "mpeg4" if source.endswith("avi") else "libx264"
    clip = write_clip(tmp_path / source, moving_texture(10), codec=codec, options={}, extras=sound)
    out = render(clip, tmp_path / target, RATE)
    assert render.warnings == []  # type: ignore[attr-defined]
    assert [stream.codec for stream in out.info.streams if stream.type == "audio"] == ["pcm_s16le"]
    with av.open(str(tmp_path / target)) as file:
        layout = file.streams.audio[0].codec_context.layout
        assert layout.nb_channels == av.AudioLayout(channels).nb_channels
        # One channel needs no name.
        assert layout.name == channels or channels == "mono"
    before, after = sound_of(clip), sound_of(tmp_path / target)
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("target", ["out.mp4", "out.mov", "out.mkv"])
def test_the_last_packet_of_sound_lasts_as_long_as_it_does(tmp_path: Path, render: Render, target: str) -> None:
    """Matroska does not say how long one of ALAC lasts."""
    clip = write_clip(tmp_path / "in.mkv", moving_texture(10), extras=Extras(Sound(0.4, codec="alac")))
    render(clip, tmp_path / target, RATE)
    assert render.warnings == []  # type: ignore[attr-defined]
    np.testing.assert_array_equal(sound_of(tmp_path / target), sound_of(clip))
    assert len(sound_of(tmp_path / target)) == 0.4 * 48000


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac", "alac", "adpcm_ms", "pcm_alaw", "tta", "wavpack"])
def test_sound_that_a_transport_stream_only_seems_to_hold_is_encoded_again(
    tmp_path: Path, render: Render, codec: str
) -> None:
    avi = codec in ("adpcm_ms", "pcm_alaw")
    path = tmp_path / ("in.avi" if avi else "in.mkv")
    pictures = "mpeg4" if avi else "libx264"
    sound = Extras(Sound(0.4, codec=codec))
    clip = write_clip(path, moving_texture(10), codec=pictures, options={}, extras=sound)
    render(clip, tmp_path / "out.ts", RATE)
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert "encoded again as aac: mpegts cannot hold" in warning
    assert streams(tmp_path / "out.ts")[1] == ("audio", "aac", False)
    loud = np.abs(sound_of(tmp_path / "out.ts")) > 0.02
    assert loud.mean() > 0.8


@pytest.mark.parametrize("tracks", [1, 2])
def test_unnamed_channels_do_not_end_the_program(tmp_path: Path, tracks: int) -> None:
    """FFmpeg's writer of FLV aborts where it is given what it has no number for."""
    sound = Extras(Sound(0.4, codec="pcm_s16le", rate=44100))
    clip = write_clip(tmp_path / "in.mkv", moving_texture(10), extras=sound)
    with av.open(str(clip)) as source, av.open(str(tmp_path / "many.mkv"), "w") as output:
        pictures = output.add_stream_from_template(source.streams.video[0])
        copies = [output.add_stream_from_template(source.streams.audio[0]) for _ in range(tracks)]
        for packet in source.demux():
            for copy in copies if packet.stream.type == "audio" else [pictures]:
                if packet.size:
                    again = av.Packet(bytes(packet))
                    again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                    again.is_keyframe, again.stream = packet.is_keyframe, copy
                    output.mux(again)
    first = first_packets(open_source(str(tmp_path / "many.mkv")))
    with av.open(str(tmp_path / "many.mkv")) as file:
        assert [accepts(CONTAINERS[".flv"], stream, first) for stream in file.streams.audio] == [tracks == 1] * tracks


@pytest.mark.parametrize("rate", [25, 50])
def test_sound_that_begins_before_the_pictures_holds_none_of_them_up(
    tmp_path: Path, render: Render, rate: int
) -> None:
    """As the priming of AAC does."""
    clip = write_clip(tmp_path / "in.mp4", moving_texture(10), rate=Fraction(rate), extras=Extras(Sound(0.2)))
    with av.open(str(clip)) as file:
        assert next(file.demux(audio=0)).pts == -1024
    out = render(clip, tmp_path / "out.avi", Fraction(rate))
    assert out.scan.times == tuple(Fraction(k, rate) for k in range(10))


@pytest.mark.parametrize("codec", ["libmp3lame", "mp2"])
def test_the_layers_of_mpeg_audio_are_told_apart(tmp_path: Path, render: Render, codec: str) -> None:
    """MP4 has one number for both; FLV holds one of them."""
    clip = write_clip(tmp_path / "in.mkv", moving_texture(10), extras=Extras(Sound(0.4, codec=codec)))
    render(clip, tmp_path / "out.mp4", RATE)
    assert render.warnings == []  # type: ignore[attr-defined]
    assert np.abs(sound_of(tmp_path / "out.mp4")).max() > 0.1
    for path in (clip, tmp_path / "out.mp4"):
        first = first_packets(open_source(str(path)))
        with av.open(str(path)) as file:
            assert accepts(CONTAINERS[".flv"], file.streams.audio[0], first) is (codec == "libmp3lame")


@pytest.mark.parametrize("codec", ["aac", "ac3", "mp2"])
def test_sound_that_a_transport_stream_holds_is_copied(tmp_path: Path, render: Render, codec: str) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(10), extras=Extras(Sound(0.4, codec=codec)))
    render(clip, tmp_path / "out.ts", RATE)
    assert render.warnings == []  # type: ignore[attr-defined]
    assert streams(tmp_path / "out.ts")[1] == ("audio", codec, False)


def test_text_that_a_transport_stream_only_seems_to_hold_is_named(tmp_path: Path, render: Render) -> None:
    extras = Extras(subtitles=[(0.1, 0.3, "lost")])
    render(write_clip(tmp_path / "in.mkv", moving_texture(10), extras=extras), tmp_path / "out.ts", RATE)
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert "(subtitle, srt, deu) is left out: mpegts cannot hold it" in warning


@pytest.mark.parametrize(
    ("kind", "name", "mime"), [("mjpeg", "cover.jpg", "image/jpeg"), ("png", "small_cover.png", "image/png")]
)
def test_a_cover_stays_one(tmp_path: Path, render: Render, kind: str, name: str, mime: str) -> None:
    data = picture(kind)
    clip = with_attachments(tmp_path / "in.mkv", [(name, mime, data)])
    assert streams(clip)[-1] == ("video", kind, True)
    kept = [("video", "h264", False), ("audio", "aac", False), ("video", kind, True)]
    for source, target in (("in.mkv", "out.mkv"), ("in.mkv", "out.mp4"), ("out.mp4", "back.mkv")):
        render(tmp_path / source, tmp_path / target, RATE)
        assert render.warnings == []  # type: ignore[attr-defined]
        assert streams(tmp_path / target) == kept
        with av.open(str(tmp_path / target)) as file:
            cover = file.streams[2]
            assert b"".join(bytes(packet) for packet in file.demux(cover)) == data
            assert target != "out.mkv" or cover.metadata["filename"] == name


@pytest.mark.parametrize("target", ["out.mov", "out.avi", "out.ts"])
def test_a_cover_that_is_left_out_is_named(tmp_path: Path, render: Render, target: str) -> None:
    clip = with_attachments(tmp_path / "in.mkv", [("cover.jpg", "image/jpeg", picture("mjpeg"))])
    render(clip, tmp_path / target, RATE)
    container = {"out.ts": "mpegts"}.get(target, target[4:])
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert warning == f"stream 2 (video, mjpeg) is left out: {container} cannot hold it"
    assert [stream[0] for stream in streams(tmp_path / target)] == ["video", "audio"]


@pytest.mark.parametrize("target", ["out.mkv", "out.webm", "out.mp4", "out.ts"])
def test_a_font_is_kept_or_named(tmp_path: Path, render: Render, target: str) -> None:
    clip = with_attachments(tmp_path / "in.mkv", [("plain.ttf", "application/x-truetype-font", b"letters" * 9)])
    render(clip, tmp_path / target, RATE)
    named = [w for w in render.warnings if "stream 2 (attachment" in w and "left out" in w]  # type: ignore[attr-defined]
    kept = b"letters" * 9 in (tmp_path / target).read_bytes()
    assert (kept, len(named)) == ((True, 0) if target == "out.mkv" else (False, 1))


def sound_of(path: Path) -> Any:
    """Samples of the first channel in [-1, 1]."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        resampler = None
        parts = []
        for frame in file.decode(stream):
            assert isinstance(frame, av.AudioFrame)
            resampler = resampler or av.AudioResampler("fltp", frame.layout.name, frame.sample_rate)
            parts += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
    return np.concatenate(parts)
