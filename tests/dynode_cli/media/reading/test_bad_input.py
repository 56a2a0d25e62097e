from __future__ import annotations

import io
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from dynode_cli.errors import DeviceError, InputError
from dynode_cli.media import ffmpeg
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import natural_key, open_source
from dynode_cli.synthetic.clips import (
    Sound,
    declare_size,
    moving_texture,
    truncate,
    with_alpha,
    write_clip,
    write_images,
    write_intra_packets,
)
from tests.dynode_cli.media.measures import level_difference

Look = Callable[..., Any]


def refuses(text: object, *words: str) -> None:
    with pytest.raises(InputError) as caught:
        probe(open_source(str(text)))
    message = str(caught.value)
    assert "\n" not in message and str(text).split("/")[-1] in message
    assert all(word in message for word in words), message


def test_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    write_clip(tmp_path / "holiday.mp4", moving_texture(2))
    with pytest.raises(InputError, match="no such file") as caught:
        open_source(str(tmp_path / "holliday.mp4"))
    assert caught.value.hint is not None and "holiday.mp4" in caught.value.hint


def test_files_that_are_no_video(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    refuses(tmp_path / "empty.mp4", "empty")
    (tmp_path / "notes.mp4").write_text("dear diary, " * 500)
    refuses(tmp_path / "notes.mp4", "not a video")
    (tmp_path / "notes.txt").write_text("dear diary, " * 500)
    refuses(tmp_path / "notes.txt")
    (tmp_path / "noise.mkv").write_bytes(os.urandom(4096))
    refuses(tmp_path / "noise.mkv")


def test_folder_and_pattern_without_images(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("no pictures")
    refuses(tmp_path, "no images")
    refuses(tmp_path / "frame%04d.png", "matches")
    refuses(tmp_path / "nowhere" / "frame%04d.png", "no folder")


def test_audio_only(tmp_path: Path) -> None:
    sound = Sound(0.2)
    with av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as output:
        stream: Any = output.add_stream(sound.codec, rate=sound.rate)
        frame = av.AudioFrame("fltp", "stereo", 1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = sound.rate, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    refuses(tmp_path / "song.m4a", "no video", "audio")


def test_mp4_cut_off_before_its_index(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", moving_texture(10))
    refuses(truncate(whole, tmp_path / "half.mp4", 0.5), "cut off before its index")


def test_cut_off_matroska_gives_what_decodes_and_counts_the_rest(tmp_path: Path, look: Look) -> None:
    whole = write_clip(tmp_path / "whole.mkv", moving_texture(30))
    part = look(truncate(whole, tmp_path / "part.mkv", 0.6))
    assert 8 <= len(part.scan) < 30
    assert part.scan.lost == 30 - len(part.scan)
    assert len(part.frames()) == len(part.scan)


def test_cut_off_mp4_with_its_index_in_front(tmp_path: Path, look: Look) -> None:
    whole = write_clip(tmp_path / "whole.mp4", moving_texture(30))
    with (
        av.open(str(whole)) as source,
        av.open(str(tmp_path / "front.mp4"), "w", options={"movflags": "faststart"}) as out,
    ):
        copy = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = copy
                out.mux_one(packet)
    part = look(truncate(tmp_path / "front.mp4", tmp_path / "part.mp4", 0.5))
    assert 5 <= len(part.scan) < 30
    assert part.scan.lost == 30 - len(part.scan)
    assert len(part.frames()) == len(part.scan)


def test_half_a_frame_is_none(tmp_path: Path, look: Look) -> None:
    """At the end of what was received: FFmpeg fills it up with grey."""
    frames = moving_texture(12)
    data = write_clip(
        tmp_path / "whole.ts", frames, options={"qp": "0", "preset": "ultrafast", "g": "5"}
    ).read_bytes()
    with av.open(str(tmp_path / "whole.ts")) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.pos is not None]
    path = tmp_path / "cut.ts"
    path.write_bytes(data[: places[10] + 8 * 188])
    clip = look(path)
    assert clip.scan.lost == 1
    assert all(level_difference(a, b) < 4 for a, b in zip(clip.frames(), frames[:10], strict=True))


def test_damage_in_the_middle_is_counted_not_fatal(tmp_path: Path, look: Look) -> None:
    path = write_clip(tmp_path / "clip.mov", moving_texture(20), codec="png", pix_fmt="rgb24")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20000] = bytes(20000)
    (tmp_path / "hurt.mov").write_bytes(bytes(data))
    hurt = look(tmp_path / "hurt.mov")
    assert 0 < hurt.scan.lost < 10
    assert len(hurt.frames()) == len(hurt.scan) == 20 - hurt.scan.lost


def test_impossible_sizes_are_refused_before_anything_is_allocated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = write_images(tmp_path / "one", moving_texture(1)) / "00001.png"
    refuses(declare_size(image, tmp_path / "vast.png", 60000, 60000))
    with pytest.raises(InputError, match="30000 x 30000"):
        ffmpeg.check_size(30000, 30000, "vast.mp4")
    for width, height in ((32767, 16), (16, 40000)):
        with pytest.raises(InputError, match=f"{width} x {height} pixels; at most 32766 in a row or column"):
            ffmpeg.check_size(width, height, "long.mp4")
    ffmpeg.check_size(32766, 16, "long.mp4")
    monkeypatch.setattr(ffmpeg, "usable_memory", lambda: 1 << 30)
    ffmpeg.check_size(1920, 1080, "small.mp4")
    with pytest.raises(DeviceError, match=r"7680 x 8000.*1\.0 GiB"):
        ffmpeg.check_size(7680, 8000, "large.mp4")


def test_a_frame_of_webp_that_is_smaller_than_its_header_says_is_lost(tmp_path: Path, look: Look) -> None:
    path = write_clip(tmp_path / "clip.webp", with_alpha(moving_texture(4)), codec="libwebp_anim", pix_fmt="bgra")
    data = bytearray(path.read_bytes())
    second = data.index(b"ANMF", data.index(b"ANMF") + 4)
    # Width and height less one: of the canvas, and of a frame after its tag, length and place.
    for at in (24, second + 14):
        data[at : at + 6] = (199).to_bytes(3, "little") + (149).to_bytes(3, "little")
    (tmp_path / "hurt.webp").write_bytes(data)
    hurt = look(tmp_path / "hurt.webp")
    assert hurt.scan.lost == 1 and len(hurt.frames()) == len(hurt.scan) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_very_short_videos(tmp_path: Path, look: Look, count: int) -> None:
    short = look(write_clip(tmp_path / "short.mp4", moving_texture(count)))
    assert len(short.scan) == len(short.frames()) == count
    assert short.scan.shots == (range(count),)
    assert short.scan.end_time == Fraction(count, 25)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (35, 51), (17, 16)])
def test_odd_sizes(tmp_path: Path, look: Look, size: tuple[int, int]) -> None:
    frames = moving_texture(3, size=size)
    odd = look(write_clip(tmp_path / "odd.mkv", frames, codec="ffv1", pix_fmt="bgr0"))
    assert odd.info.size == size
    assert all((a == b).all() for a, b in zip(odd.frames(), frames, strict=True))


def test_frames_that_change_size_are_scaled_to_the_first(tmp_path: Path, look: Look) -> None:
    frames = moving_texture(5) + [frame[:40, :60].copy() for frame in moving_texture(4)]
    mixed = look(write_intra_packets(tmp_path / "mixed.mkv", frames, [40 * k for k in range(9)]))
    assert mixed.scan.resized == 4
    assert {frame.shape for frame in mixed.frames()} == {(64, 96, 3)}


def test_disordered_and_missing_time_stamps(tmp_path: Path, look: Look) -> None:
    frames = moving_texture(8)
    mess = look(write_intra_packets(tmp_path / "mess.mkv", frames, [0, 40, 120, 80, 160, 160, 240, 280]))
    assert len(mess.scan) == 8
    assert mess.scan.disordered_pts >= 2
    assert list(mess.scan.pts) == sorted(set(mess.scan.pts))
    bare = look(write_clip(tmp_path / "bare.h264", frames))
    assert bare.scan.missing_pts == 8
    assert [b - a for a, b in zip(bare.scan.times, bare.scan.times[1:], strict=False)] == [Fraction(1, 25)] * 7


def test_standard_input_is_read_twice_and_cleaned_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Look
) -> None:
    path = write_clip(tmp_path / "clip.mp4", moving_texture(4))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    piped = look("-")
    assert len(piped.frames()) == len(piped.scan) == 4
    assert piped.source.path.exists()
    piped.source.close()
    assert not piped.source.path.exists()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(InputError, match="standard input: nothing came in"):
        open_source("-")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"not a video at all")))
    with pytest.raises(InputError, match="standard input"):
        open_source("-")


def test_animated_webp_comes_through_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: Look) -> None:
    path = write_clip(tmp_path / "clip.webp", with_alpha(moving_texture(4)), codec="libwebp_anim", pix_fmt="bgra")
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    piped = look("-")
    assert piped.source.kind == "webp" and len(piped.frames()) == len(piped.scan) == 4
    piped.source.close()
    assert not piped.source.path.exists()


def test_natural_order() -> None:
    names = ["f10.png", "F2.png", "f1.png", "a.png", "f02b.png"]
    assert sorted(names, key=natural_key) == ["a.png", "f1.png", "f02b.png", "F2.png", "f10.png"]


def test_image_sequences(tmp_path: Path, look: Look) -> None:
    frames = moving_texture(12)
    folder = write_images(tmp_path / "frames", frames, pattern="f%d.png")
    by_folder = look(folder)
    assert [bool((a == b).all()) for a, b in zip(by_folder.frames(), frames, strict=True)] == [True] * 12
    assert by_folder.scan.times[3] == Fraction(3, 25)
    rated = open_source(str(folder), rate=Fraction(24000, 1001))
    assert probe(rated).average_rate == Fraction(24000, 1001)
    (folder / "f5.png").unlink()
    gap = look(folder / "f%d.png")
    assert gap.scan.pts == (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11)
    assert gap.scan.vfr
    deep = look(write_images(tmp_path / "deep", [frame.astype("uint16") * 257 for frame in frames[:2]]))
    assert deep.info.deep and (deep.frames()[1] == frames[1].astype("uint16") * 257).all()
    clear = look(write_images(tmp_path / "clear", with_alpha(frames[:2])))
    assert clear.info.alpha and (clear.frames()[1] == with_alpha(frames)[1]).all()


def test_a_sample_of_no_bytes_is_not_the_end(tmp_path: Path, look: Look) -> None:
    path = write_clip(tmp_path / "clip.mov", moving_texture(20), codec="mjpeg", pix_fmt="yuvj420p", options={})
    data = bytearray(path.read_bytes())
    sizes = data.index(b"stsz") + 16
    data[sizes + 4 * 10 : sizes + 4 * 11] = bytes(4)
    path.write_bytes(data)
    scan = look(path).scan
    assert scan.times == tuple(Fraction(k, 25) for k in range(20) if k != 10)
    assert scan.end_time == Fraction(20, 25) and scan.lost == 1


def test_frames_that_were_dropped_when_an_avi_was_recorded_are_not_lost(tmp_path: Path, look: Look) -> None:
    ticks = [k for k in range(20) if k not in (5, 6, 11)]
    frames = moving_texture(len(ticks))
    scan = look(
        write_clip(tmp_path / "in.avi", frames, codec="ffv1", pix_fmt="bgr0", pts=ticks, time_base=Fraction(1, 25))
    ).scan
    assert scan.times == tuple(Fraction(tick, 25) for tick in ticks) and scan.lost == 0
    data = (tmp_path / "in.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    assert look(tmp_path / "cut.avi").scan.lost > 5
