"""Which video of a file is read, at which size, and with which gaps."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from dynode_cli.errors import UsageError
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import moving_texture, write_clip, write_images
from dynode_cli.values.stream_words import parse_stream

Look = Callable[..., Any]
Render = Callable[..., Any]


def several_videos(path: Path, sizes: list[tuple[int, int]], default: int | None = None) -> Path:
    """A file of videos of these sizes (width, height), of which one may be marked as default."""
    with av.open(str(path), "w") as output:
        streams: list[Any] = []
        for number, (width, height) in enumerate(sizes):
            stream: Any = output.add_stream("ffv1", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
            stream.disposition = Disposition.default if number == default else Disposition(0)
            streams.append(stream)
        for _ in range(3):
            for stream, (width, height) in zip(streams, sizes, strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 99, np.uint8), "bgr24")
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(("default", "taken"), [(None, 1), (0, 0), (2, 2)])
def test_the_default_video_comes_first_and_then_the_largest(tmp_path: Path, default: int | None, taken: int) -> None:
    sizes = [(32, 24), (96, 64), (48, 32)]
    path = several_videos(tmp_path / "in.nut", sizes, default)
    info = probe(open_source(str(path)))
    assert (info.video_index, (info.width, info.height)) == (taken, sizes[taken])


def test_a_video_can_be_asked_for(tmp_path: Path, render: Render) -> None:
    path = several_videos(tmp_path / "in.mkv", [(96, 64), (32, 24)])
    info = probe(open_source(str(path), stream=1))
    assert (info.video_index, info.width, info.height) == (1, 32, 24)
    with pytest.raises(UsageError, match="has no video v:2") as error:
        open_source(str(path), stream=2)
    assert "v:1 (ffv1, 32x24)" in str(error.value.hint)
    folder = write_images(tmp_path / "shots", moving_texture(2))
    with pytest.raises(UsageError, match="--stream v:0 chooses among the videos of a file"):
        open_source(str(folder), stream=0)


def test_how_a_video_is_named() -> None:
    assert [parse_stream(text) for text in ("v:1", "0", 2)] == [1, 0, 2]
    for text in ("v", "a:1", "-1", "v:one"):
        with pytest.raises(UsageError, match="must be v: and a number"):
            parse_stream(text)


def test_the_size_is_the_tracks(tmp_path: Path, look: Look) -> None:
    """A recording that began smaller than its file says it is; what differs is scaled, and counted."""
    parts = [
        write_clip(
            tmp_path / f"{k}.mkv", moving_texture(3, size=size), codec="libvpx", options={"crf": "4", "b": "2M"}
        )
        for k, size in enumerate([(32, 48), (64, 96)])
    ]
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as output:
        stream = None
        for number in (1, 0, 1):
            with av.open(str(parts[number])) as part:
                if stream is None:
                    stream = output.add_stream_from_template(part.streams.video[0])
                    continue
                for packet in part.demux(part.streams.video[0]):
                    if packet.size:
                        packet.pts += 120 * number
                        packet.dts = packet.pts
                        packet.stream = stream
                        output.mux(packet)
    clip = look(path)
    assert clip.info.size == (64, 96)
    assert (clip.scan.resized, len(clip.scan)) == (3, 6)
    assert {frame.shape for frame in clip.frames()} == {(64, 96, 3)}


@pytest.mark.parametrize(
    ("names", "ticks"),
    [
        (["shot_0001", "shot_0002", "shot_0005"], (0, 1, 4)),
        (["a7-10", "a7-20", "a7-40", "a7-50"], (0, 1, 3, 4)),
        (["9", "10", "12"], (0, 1, 3)),
        (["DSC0012", "DSC0977", "DSC1204"], (0, 1, 2)),
        (["20240131-120000", "20240131-120001", "20240201-000000"], (0, 1, 2)),
        (["one", "two", "two 7"], (0, 1, 2)),
        (["only1"], (0,)),
    ],
)
def test_numbers_that_are_missing_leave_gaps(tmp_path: Path, names: list[str], ticks: tuple[int, ...]) -> None:
    """As in patterns, but not where they count no frames."""
    write_images(tmp_path / "all", moving_texture(len(names)))
    (tmp_path / "shots").mkdir()
    for name, file in zip(names, sorted((tmp_path / "all").iterdir()), strict=True):
        file.rename(tmp_path / "shots" / f"{name}.png")
    source = open_source(str(tmp_path / "shots"))
    assert source.ticks == ticks
    info = probe(source)
    assert info.missing == ticks[-1] + 1 - len(ticks) and info.duration == Fraction(ticks[-1] + 1, 25)


def test_an_opaque_palette_is_no_alpha(tmp_path: Path, look: Look, render: Render) -> None:
    frames = [frame // 64 * 85 for frame in moving_texture(3)]
    levels = np.unique(frames[0].reshape(-1, 3), axis=0)
    assert len(levels) <= 256
    for name, alpha in (("opaque", False), ("see-through", True)):
        path = tmp_path / f"{name}.mov"
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream("png", rate=25)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "pal8"
            for _ in range(2):
                frame = av.VideoFrame(96, 64, "pal8")
                indices = np.tile(np.arange(96, dtype=np.uint8), (64, 1))
                palette = np.full((256, 4), 255, np.uint8)
                palette[:, 1] = np.arange(256)
                palette[5, 3] = 100 if alpha else 255
                frame.planes[0].update(np.pad(indices, ((0, 0), (0, frame.planes[0].line_size - 96))).tobytes())
                frame.planes[1].update(palette.tobytes())
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        assert look(path).info.alpha is alpha
        render(path, tmp_path / f"{name}.mp4", Fraction(25))
        lost = any("transparency" in each for each in render.warnings)  # type: ignore[attr-defined]
        assert lost is alpha


def joined(path: Path, codec: str, options: dict[str, str]) -> Path:
    """A transport stream of white frames, 5 of each shape of pixels: 16:15, 64:45, and again 16:15 at half the size."""
    data = b""
    for number, (times, shape) in enumerate([(2, Fraction(16, 15)), (2, Fraction(64, 45)), (1, Fraction(16, 15))]):
        part = path.with_name(f"part{number}.ts")
        frames = [np.full((48 * times, 60 * times, 3), 235, np.uint8)] * 5
        data += write_clip(part, frames, codec=codec, sample_aspect_ratio=shape, options=options).read_bytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"crf": "10", "preset": "veryfast", "bf": "2"}), ("mpeg2video", {"bf": "0", "qscale": "2"})],
)
def test_a_change_of_the_pixels_shape_leaves_the_picture_in_shape(
    tmp_path: Path, look: Look, codec: str, options: dict[str, str]
) -> None:
    """Television that goes from 4:3 to 16:9 and back: what is wider lies between black bars, and is counted."""
    clip = look(joined(tmp_path / "in.ts", codec, options))
    assert (clip.info.sample_aspect_ratio, clip.info.size) == (Fraction(16, 15), (96, 120))
    shown = [frame.mean(axis=(1, 2)) > 120 for frame in clip.frames()]
    counts = [int(rows.sum()) for rows in shown]
    bars = shown[counts.index(72)]
    assert not bars[:12].any() and bars[12:84].all() and not bars[84:].any()
    # The decoder of MPEG-2 gives up a frame where the size changes.
    wide = 5 if codec == "libx264" else counts.count(72)
    assert wide >= 4 and counts == [96] * 5 + [72] * wide + [96] * 5
    assert clip.scan.resized == wide + 5
