from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.media import encoders
from dynode_cli.media.encoders import EncoderOptions, available_encoders, check_options, encoder_for
from dynode_cli.media.probe import MediaInfo, probe
from dynode_cli.media.reader import FrameReader
from dynode_cli.media.scan import scan
from dynode_cli.media.sinks import time_base_for
from dynode_cli.media.source import open_source
from dynode_cli.media.writer import VideoWriter
from dynode_cli.testing.clips import Extras, Sound, moving_texture, with_alpha, write_clip
from tests.dynode_cli.media.measures import level_difference, packets

Look = Callable[..., Any]
Render = Callable[..., Any]
NTSC = Fraction(24000, 1001)
FFV1 = EncoderOptions("ffv1")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds with sound, chapters and tags."""
    extras = Extras(Sound(2.0), (), [(0, 1, "one"), (1, 2, "two")], {"title": "a film", "artist": "somebody"})
    return write_clip(tmp_path / "film.mp4", moving_texture(50), extras=extras)


def info_of(path: Path) -> MediaInfo:
    return probe(open_source(str(path)))


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


COLOURS = [(m, p, full) for m, p in ((6, 6), (1, 1), (9, 9)) for full in (False, True)]


@pytest.mark.parametrize(("matrix", "primaries", "full"), COLOURS)
@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_colours_and_tags_survive(
    tmp_path: Path, look: Look, render: Render, matrix: int, primaries: int, full: bool, target: str
) -> None:
    """A static clip comes back as it was, for every matrix and range."""
    frame = moving_texture(1)[0]
    clip = write_clip(
        tmp_path / "in.mp4", [frame] * 5, matrix=matrix, primaries=primaries, transfer=primaries, full_range=full
    )
    out = render(clip, tmp_path / target, Fraction(50), encoder=EncoderOptions(options={"qp": "0"}))
    assert (out.info.matrix, out.info.primaries, out.info.transfer) == (matrix, primaries, primaries)
    assert out.info.range == (2 if full else 1)
    shown, source = out.frames(), look(clip).frames()[0]
    assert max(level_difference(image, source) for image in shown) < 0.5
    assert all((image == shown[0]).all() for image in shown)
    tint = (shown[0].astype(float) - source).mean(axis=(0, 1))
    assert np.abs(tint).max() < 0.1


@pytest.mark.parametrize("codec", ["mpeg4", "prores", "libx265", "libvpx-vp9", "mjpeg"])
@pytest.mark.parametrize("full", [False, True])
def test_no_codec_tints(tmp_path: Path, look: Look, render: Render, codec: str, full: bool) -> None:
    """Also where the file cannot say which matrix or range it has."""
    frame = moving_texture(1, size=(64, 64))[0] // 2 + 64
    clip = write_clip(tmp_path / "in.mkv", [frame] * 3, matrix=9, full_range=full)
    suffix = {"mpeg4": "avi", "prores": "mov", "libvpx-vp9": "webm"}.get(codec, "mkv")
    out = render(clip, tmp_path / f"out.{suffix}", Fraction(25), encoder=EncoderOptions(codec))
    difference = out.frames()[0].astype(float) / (257 if out.info.deep else 1) - look(clip).frames()[0]
    assert np.abs(difference.mean(axis=(0, 1))).max() < 1


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("target", "codec", "pix_fmt"),
    [
        ("out/", None, "gray"),
        ("out/", None, "gray16be"),
        ("out/%d.tiff", None, "ya8"),
        ("out.apng", None, "gray"),
        ("out.mkv", "ffv1", "gray10le"),
        ("out.avi", "ffv1", "gray"),
        ("out.mp4", "libx264", "gray"),
        ("out.mp4", "libx265", "gray"),
    ],
)
def test_grey_is_not_washed_out(
    tmp_path: Path, render: Render, full: bool, target: str, codec: str | None, pix_fmt: str
) -> None:
    """Neither as read here nor by programs that take all grey for full range."""
    ramp = np.tile(np.arange(256, dtype=np.uint8)[:, None], (32, 1, 3))
    clip = write_clip(tmp_path / "in.mp4", [ramp] * 4, full_range=full)
    (tmp_path / "out").mkdir()
    out = render(clip, f"{tmp_path}/{target}", Fraction(25), encoder=EncoderOptions(codec, pix_fmt=pix_fmt))
    shown = out.frames()[1]
    assert level_difference(shown[..., :3], ramp.astype(shown.dtype) * (257 if out.info.deep else 1)) < 1.5
    file = next((tmp_path / "out").iterdir(), tmp_path / target)
    with av.open(str(file)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="gray")
    assert picture[:, :2].max() <= 2 and picture[:, -2:].min() >= 253


def test_ten_bits_stay_ten_bits(tmp_path: Path, look: Look, render: Render) -> None:
    frames = [frame.astype(np.uint16) * 257 + 100 for frame in moving_texture(3)]
    clip = write_clip(
        tmp_path / "in.mkv", frames, pix_fmt="yuv420p10le", matrix=9, full_range=False, transfer=16, primaries=9
    )
    out = render(clip, tmp_path / "out.mp4", Fraction(25), encoder=EncoderOptions(options={"qp": "0"}))
    assert out.info.pix_fmt == "yuv420p10le" and out.info.deep and out.info.transfer == 16
    assert level_difference(out.frames()[1], look(clip).frames()[1]) < 0.15


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_ffv1_is_lossless(tmp_path: Path, render: Render, look: Look, deep: bool, alpha: bool) -> None:
    frames = with_alpha(moving_texture(4)) if alpha else moving_texture(4)
    pix_fmt = {(False, False): "bgr0", (False, True): "bgra", (True, False): "gbrp16le", (True, True): "gbrap16le"}[
        deep, alpha
    ]
    if deep:
        frames = [frame.astype(np.uint16) * 257 for frame in frames]
    clip = write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pix_fmt=pix_fmt)
    out = render(clip, tmp_path / "out.mkv", Fraction(25), encoder=FFV1)
    assert all((a == b).all() for a, b in zip(out.frames(), frames, strict=True))


@pytest.mark.parametrize("target", ["out.webm", "out.mov", "out.apng", "out.webp", "out.gif", "out/"])
def test_alpha_is_kept_where_it_can_be(tmp_path: Path, render: Render, target: str) -> None:
    frames = moving_texture(4)
    hole = [
        np.dstack([frame, np.where(np.arange(96) < 48, 0, 255).astype(np.uint8)[None].repeat(64, 0)])
        for frame in frames
    ]
    clip = write_clip(tmp_path / "in.mkv", hole, codec="ffv1", pix_fmt="bgra")
    codec = EncoderOptions("prores" if target.endswith("mov") else None)
    out = render(clip, f"{tmp_path}/{target}", Fraction(25), encoder=codec)
    assert out.info.alpha and not render.warnings  # type: ignore[attr-defined]
    opacity = out.frames()[2][..., 3].astype(float) / (65535 if out.info.deep else 255)
    assert opacity[:, :44].max() < 0.05 and opacity[:, 52:].min() > 0.95


def test_lost_alpha_is_said(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", with_alpha(moving_texture(3)), codec="ffv1", pix_fmt="bgra")
    render(clip, tmp_path / "out.mp4", Fraction(25))
    assert any("transparency is lost" in warning for warning in render.warnings)  # type: ignore[attr-defined]


@pytest.mark.parametrize("pix_fmt", ["bgr0", "yuv444p", "gbrp16le", "gray"])
def test_lost_alpha_leaves_what_lies_over_black(tmp_path: Path, render: Render, pix_fmt: str) -> None:
    white = with_alpha([np.full((64, 96, 3), 255, np.uint8)] * 2)
    clip = write_clip(tmp_path / "in.mkv", white, codec="ffv1", pix_fmt="bgra")
    encoder = EncoderOptions("ffv1", pix_fmt=pix_fmt)
    shown = render(clip, tmp_path / "out.mkv", Fraction(25), encoder=encoder).frames()[1]
    ramp = shown[..., :3].astype(float) * 255 / (65535 if shown.dtype == np.uint16 else 255)
    assert np.abs(ramp - white[0][..., 3:]).max() < 1.5


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_tagged_or_applied(tmp_path: Path, render: Render, look: Look, rotation: int) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(4), rotation=rotation)
    source = look(clip)
    for target in ("out.mp4", "out.mov", "out.mkv"):
        out = render(clip, tmp_path / target, Fraction(25))
        assert out.info.display_matrix == source.info.display_matrix
        assert out.info.size == (64, 96)
    out = render(clip, f"{tmp_path}/images/", Fraction(25))
    upright = np.rot90(source.frames()[0], rotation // 90)
    assert out.info.rotation == 0 and (out.frames()[0] == upright).all()


def test_pixel_shape_is_kept_or_its_loss_is_said(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(4), sample_aspect_ratio=Fraction(4, 3))
    for target in ("out.mp4", "out.mkv", "out.mov"):
        assert render(clip, tmp_path / target, Fraction(25)).info.sample_aspect_ratio == Fraction(4, 3)
    for codec, target in (
        ("libvpx-vp9", "vp9.mp4"),
        ("libsvtav1", "av1.mp4"),
        ("prores_ks", "prores.mov"),
        ("libvpx-vp9", "vp9.webm"),
        ("libsvtav1", "av1.webm"),
        ("libsvtav1", "av1.mkv"),
        ("prores_ks", "prores.mkv"),
        ("ffv1", "ffv1.mkv"),
    ):
        kept = render(clip, tmp_path / target, Fraction(25), encoder=EncoderOptions(codec))
        assert kept.info.sample_aspect_ratio == Fraction(4, 3)
        assert not any("aspect ratio" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    render(clip, tmp_path / "out.avi", Fraction(25), encoder=EncoderOptions("ffv1"))
    assert any("aspect ratio" in warning for warning in render.warnings)  # type: ignore[attr-defined]


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
    with pytest.raises(UsageError, match="50 such images exist already"):
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


def test_odd_sizes_are_kept_exactly(tmp_path: Path, render: Render) -> None:
    clip = write_clip(tmp_path / "in.mkv", moving_texture(3, size=(35, 51)), codec="ffv1", pix_fmt="bgr0")
    out = render(clip, tmp_path / "out.mp4", Fraction(25))
    assert out.info.size == (35, 51) and out.info.pix_fmt == "yuv444p"
    assert any("odd size" in warning for warning in render.warnings)  # type: ignore[attr-defined]
    dot = write_clip(tmp_path / "dot.mkv", moving_texture(2, size=(1, 1)), codec="ffv1", pix_fmt="bgr0")
    assert render(dot, tmp_path / "dot.mp4", Fraction(25)).info.size == (1, 1)


def test_encoder_options_reach_the_encoder(film: Path, tmp_path: Path, render: Render) -> None:
    sizes = {}
    for crf in (10, 40):
        render(
            film,
            tmp_path / f"{crf}.mp4",
            Fraction(25),
            encoder=EncoderOptions("h264", crf, "ultrafast"),
            audio="drop",
        )
        sizes[crf] = (tmp_path / f"{crf}.mp4").stat().st_size
    assert sizes[10] > 2 * sizes[40]
    out = render(film, tmp_path / "pix.mp4", Fraction(25), encoder=EncoderOptions(pix_fmt="yuv444p"))
    assert out.info.pix_fmt == "yuv444p"
    out = render(film, tmp_path / "g.mp4", Fraction(25), encoder=EncoderOptions(options={"g": "5"}))
    assert out.scan.keys[:3] == (0, 5, 10)


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (EncoderOptions("libx246"), "no encoder 'libx246'", "libx264"),
        (EncoderOptions("aac"), "audio, not video", None),
        (EncoderOptions(pix_fmt="yuv420"), "pixel format 'yuv420'", "yuv420p"),
        (EncoderOptions(preset="veryquick"), "preset=veryquick", None),
        (EncoderOptions("ffv1", crf=3), "ffv1 has no constant quality", None),
        (EncoderOptions(crf=99), "--crf 99: libx264 takes 0 (best) to 51 (worst)", None),
        (EncoderOptions("ffv1", preset="slow"), "ffv1 has no presets", None),
        (EncoderOptions(options={"tume": "film"}), "no option 'tume'", "tune"),
        (EncoderOptions("vp8"), "mp4 cannot hold libvpx", ".mkv"),
    ],
)
def test_wrong_encoder_settings(
    film: Path, tmp_path: Path, options: EncoderOptions, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        VideoWriter(str(tmp_path / "out.mp4"), info_of(film), rate=Fraction(25), encoder=options)
    assert message in str(caught.value)
    assert hint is None or (caught.value.hint is not None and hint in caught.value.hint)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]


@pytest.mark.parametrize(
    ("codec", "worst"), [("x264", 51), ("x265", 51), ("av1", 63), ("vp9", 63), ("vp8", 63), ("libx264rgb", 51)]
)
@pytest.mark.parametrize("told", [True, False])
def test_a_quality_outside_the_range_of_the_codec_is_refused(
    monkeypatch: pytest.MonkeyPatch, codec: str, worst: int, told: bool
) -> None:
    if not told:
        # As with PyAV before 18, which cannot say what options an encoder has.
        monkeypatch.setattr(encoders, "_private_options", lambda codec: None)
    for fine in (0, 0.5, worst):
        check_options("out.mkv", EncoderOptions(codec, fine))
    for wrong in (-1, worst + 0.5, 1000, float("nan"), float("inf")):
        with pytest.raises(UsageError, match=f"takes 0 .best. to {worst} .worst."):
            check_options("out.mkv", EncoderOptions(codec, wrong))


def test_a_quality_is_refused_before_the_source_is_looked_through(
    film: Path, monkeypatch: pytest.MonkeyPatch, dynode: Callable[..., Any]
) -> None:
    def scan(*_: object, **__: object) -> None:
        raise AssertionError("the source was looked through")

    monkeypatch.setattr("dynode_cli.pipeline.job.scan", scan)
    for arguments in ((), ("-o", "out.mkv"), ("-o", "-")):
        outcome = dynode("interpolate", str(film), *arguments, "--crf", "52")
        assert outcome.code == 2 and "libx264 takes 0 (best) to 51 (worst)" in " ".join(outcome.err.split())


def test_encoders_are_listed(film: Path) -> None:
    names = available_encoders()
    assert {"libx264", "libx265", "libvpx-vp9", "ffv1", "png", "gif"} <= set(names)
    assert not any(name.endswith(("_nvenc", "_qsv")) for name in names)
    settled = encoder_for("out.mp4", info_of(film), EncoderOptions())
    assert (settled.codec, settled.pix_fmt, settled.options["crf"]) == ("libx264", "yuv420p", "17")


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
