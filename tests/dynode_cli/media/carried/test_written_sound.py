"""What comes along with the frames: sound, subtitles and chapters, also trimmed and slowed down."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.errors import UsageError
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, write_clip
from tests.dynode_cli.media.measures import info_of, packets

Render = Callable[..., Any]


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.mov"])
def test_sound_is_copied_byte_for_byte_and_in_sync(film: Path, tmp_path: Path, render: Render, target: str) -> None:
    out = render(film, tmp_path / target, Fraction(50))
    before, after = packets(film, "audio"), packets(tmp_path / target, "audio")
    assert [data for _, data in after] == [data for _, data in before]
    assert max(abs(a - b) for (a, _), (b, _) in zip(before, after, strict=True)) < Fraction(1, 1000)
    assert out.scan.times[0] == 0
    assert [(c.start, c.end, c.title) for c in out.info.chapters] == [(0, 1, "one"), (1, 2, "two")]
    assert out.info.metadata["title"] == "a film"
    assert next(s for s in out.info.streams if s.type == "audio").language == "eng"
    assert render.warnings == []  # type: ignore[attr-defined]


def test_an_offset_video_keeps_its_place_beside_the_sound(tmp_path: Path, render: Render) -> None:
    late = [45000 + 3600 * k for k in range(25)]
    clip = write_clip(tmp_path / "in.mp4", moving_texture(25), pts=late, extras=Extras(Sound(1.5)))
    for target in ("out.mp4", "out.mkv"):
        out = render(clip, tmp_path / target, Fraction(50))
        assert out.scan.times[0] == Fraction(1, 2)
        assert abs(packets(tmp_path / target, "audio")[0][0] - packets(clip, "audio")[0][0]) < Fraction(1, 1000)


def shown(path: Path) -> list[tuple[float, float, str]]:
    """Begin, end and text, with its styles, of the subtitles."""
    found = []
    with av.open(str(path)) as file:
        stream = file.streams.subtitles[0]
        for packet in file.demux(stream):
            lines = stream.codec_context.decode2(packet) if packet.size else None
            if lines is None or not len(lines) or packet.pts is None:
                continue
            text = lines[0].ass.decode().split(",", 8)[-1]  # type: ignore[union-attr]
            begin = float(packet.pts * packet.time_base)
            if text:
                end = begin + float(packet.duration * packet.time_base)
                # Two ways to end a style.
                found.append((round(begin, 3), round(end, 3), text.replace(r"{\r}", r"{\i0}")))
    return found


def test_subtitles_are_copied_where_the_container_holds_them(tmp_path: Path, render: Render) -> None:
    lines = [(0.2, 0.6, "good morning"), (1.0, 1.5, "good night")]
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=Extras(subtitles=lines))
    render(clip, tmp_path / "out.mkv", Fraction(50))
    assert packets(tmp_path / "out.mkv", "subtitle") == packets(clip, "subtitle")
    render(clip, tmp_path / "out.avi", Fraction(50))
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert "subtitle" in warning and "avi cannot hold it" in warning


@pytest.mark.parametrize(
    ("target", "codec"), [("out.mp4", "mov_text"), ("out.mov", "mov_text"), ("out.webm", "webvtt")]
)
def test_subtitles_become_what_the_container_holds(tmp_path: Path, render: Render, target: str, codec: str) -> None:
    lines = [(0.2, 0.6, "good <i>early</i> morning"), (1.0, 1.5, "dobrou noc, \u591c")]
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=Extras(subtitles=lines))
    render(clip, tmp_path / target, Fraction(50))
    (warning,) = render.warnings  # type: ignore[attr-defined]
    assert f"(subtitle) is encoded again as {codec}" in warning
    assert shown(tmp_path / target) == [
        (0.2, 0.6, r"good {\i1}early{\i0} morning"),
        (1.0, 1.5, "dobrou noc, \u591c"),
    ]
    render(tmp_path / target, tmp_path / "back.mkv", Fraction(25))
    assert shown(tmp_path / "back.mkv") == shown(tmp_path / target)


def test_subtitles_in_another_codec_are_trimmed_and_slowed_down(tmp_path: Path, render: Render) -> None:
    lines = [(0.1, 0.3, "gone"), (0.4, 0.8, "cut"), (1.0, 1.2, "kept")]
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=Extras(subtitles=lines))
    render(clip, tmp_path / "trim.mp4", Fraction(25), start=Fraction(1, 2), end=Fraction(3, 2))
    assert shown(tmp_path / "trim.mp4") == [(0.0, 0.3, "cut"), (0.5, 0.7, "kept")]
    render(clip, tmp_path / "slow.mp4", Fraction(25), retime=Fraction(2))
    assert shown(tmp_path / "slow.mp4") == [(0.2, 0.6, "gone"), (0.8, 1.6, "cut"), (2.0, 2.4, "kept")]


def test_sound_that_the_container_cannot_hold_is_encoded_again(film: Path, tmp_path: Path, render: Render) -> None:
    out = render(film, tmp_path / "out.webm", Fraction(25))
    assert next(s.codec for s in out.info.streams if s.type == "audio") == "opus"
    assert any("encoded again as libopus" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    assert loudness(tmp_path / "out.webm") == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(("factor", "seconds"), [("4", 8.0), ("1/2", 1.0), ("5/2", 5.0)])
def test_slow_motion_stretches_sound(film: Path, tmp_path: Path, render: Render, factor: str, seconds: float) -> None:
    out = render(film, tmp_path / "out.mp4", Fraction(25), retime=Fraction(factor))
    assert out.scan.end_time == seconds
    assert loudness(tmp_path / "out.mp4") == pytest.approx(seconds, abs=0.1)
    assert pitch(tmp_path / "out.mp4") == pytest.approx(440, abs=8)
    assert out.info.chapters[1].start == Fraction(seconds) / 2


@pytest.mark.parametrize("channels", ["mono", "5.1"])
def test_sound_whose_channels_have_no_names_is_stretched(tmp_path: Path, render: Render, channels: str) -> None:
    sound = Sound(1.0, codec="pcm_s16le", channels=channels)
    clip = write_clip(tmp_path / "in.mkv", moving_texture(25), extras=Extras(sound))
    with av.open(str(clip)) as container:
        assert container.streams.audio[0].codec_context.layout.name.endswith("channels")
    render(clip, tmp_path / "out.mp4", Fraction(25), retime=Fraction(2))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.audio[0].codec_context.layout.name == channels
    assert loudness(tmp_path / "out.mp4") == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_begins_late_does_so_where_every_sound_begins_at_once(
    tmp_path: Path, render: Render, codec: str
) -> None:
    sound = Sound(0.5, start=Fraction(3, 4), codec=codec, channels="mono")
    clip = write_clip(tmp_path / "in.mkv", moving_texture(30), extras=Extras(sound))
    render(clip, tmp_path / "out.avi", Fraction(25))
    assert any("avi cannot delay sound" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    samples, rate = tone(tmp_path / "out.avi")
    heard = np.flatnonzero(np.abs(samples) > 0.02) / rate
    assert heard[0] == pytest.approx(0.75, abs=0.05) and heard[-1] == pytest.approx(1.25, abs=0.05)
    render(clip, tmp_path / "part.avi", Fraction(25), start=Fraction(4, 5))
    assert not any("delay" in warning for warning in render.warnings)  # type: ignore[attr-defined]


def test_slow_motion_without_sound(film: Path, tmp_path: Path, render: Render) -> None:
    out = render(film, tmp_path / "out.mp4", Fraction(25), retime=Fraction(2), audio="drop")
    assert "audio" not in {stream.type for stream in out.info.streams}
    with pytest.raises(UsageError, match="sound cannot be copied into slow motion"):
        VideoWriter(str(tmp_path / "x.mp4"), info_of(film), rate=Fraction(25), retime=Fraction(2), audio="copy")


def test_trimming_trims_everything(tmp_path: Path, render: Render) -> None:
    extras = Extras(
        Sound(2.0), [(0.1, 0.3, "gone"), (0.4, 0.8, "cut"), (1.0, 1.2, "kept")], [(0, 1, "one"), (1, 2, "two")]
    )
    clip = write_clip(tmp_path / "in.mkv", moving_texture(50), extras=extras)
    out = render(clip, tmp_path / "out.mkv", Fraction(25), start=Fraction(1, 2), end=Fraction(3, 2))
    assert out.scan.times[0] == 0 and out.scan.end_time == 1
    assert [(c.start, c.end, c.title) for c in out.info.chapters] == [
        (0, Fraction(1, 2), "one"),
        (Fraction(1, 2), 1, "two"),
    ]
    kept, whole = packets(tmp_path / "out.mkv", "audio"), packets(clip, "audio")
    inside = [(time - Fraction(1, 2), data) for time, data in whole if Fraction(1, 2) <= time < Fraction(3, 2)]
    assert [data for _, data in kept] == [data for _, data in inside]
    assert max(abs(a - b) for (a, _), (b, _) in zip(kept, inside, strict=True)) <= Fraction(1, 1000)
    assert packets(tmp_path / "out.mkv", "subtitle") == [(Fraction(0), b"cut"), (Fraction(1, 2), b"kept")]


def tone(path: Path) -> tuple[Any, int]:
    with av.open(str(path)) as container:
        frames = [frame for frame in container.decode(audio=0) if isinstance(frame, av.AudioFrame)]
    samples = np.concatenate(
        [frame.to_ndarray().reshape(-1, frame.samples if frame.format.is_planar else 1)[0] for frame in frames]
    )
    return samples.astype(float), frames[0].sample_rate


def loudness(path: Path) -> float:
    """Seconds during which there is sound."""
    samples, rate = tone(path)
    return float((np.abs(samples) > 0.02).sum() / 0.94 / rate)


def pitch(path: Path) -> float:
    samples, rate = tone(path)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))
