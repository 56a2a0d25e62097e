"""The source is the source to the end: files and frames that are not what they were."""

from __future__ import annotations

import logging
import os
import shutil
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.sameness import fingerprint_of
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.synthetic.clips import moving_texture, write_clip, write_images

Look = Callable[..., Any]
Render = Callable[..., Any]
SHORT_GOPS = {"g": "12", "preset": "ultrafast"}


def change(path: Path, how: str) -> None:
    if how == "replaced":
        other = path.with_name("other.mkv")
        shutil.copy2(path, other)
        other.replace(path)
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    elif how == "grew":
        path.write_bytes(path.read_bytes() + b"more")
    elif how == "written to":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        os.utime(path, ns=(0, 0))
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["replaced", "cut", "grew", "written to", "removed"])
def test_a_clip_that_changes_while_it_is_read_ends_the_run(tmp_path: Path, look: Look, how: str) -> None:
    clip = look(write_clip(tmp_path / "clip.mkv", moving_texture(30), options=SHORT_GOPS))
    with FrameReader(clip.source, clip.scan, threads=1, cache_bytes=1) as reader:
        reader.frame(25)
        change(clip.source.path, how)
        with pytest.raises(InputError, match=rf"clip\.mkv: .*{how}.* while it was read") as caught:
            reader.frame(0)
    assert "\n" not in str(caught.value)


def test_one_image_that_changes_is_named(tmp_path: Path, look: Look) -> None:
    folder = write_images(tmp_path / "frames", moving_texture(4))
    images = look(folder)
    shutil.copy(folder / "00001.png", folder / "00003.png")
    with pytest.raises(InputError, match=r"00003\.png: .* while it was read"):
        images.frames()


def test_a_source_that_changes_before_the_end_leaves_nothing(
    tmp_path: Path, render: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Frames that are kept in memory do not show it: the files are looked at once more before the commit."""
    path = write_clip(tmp_path / "in.mkv", moving_texture(5))
    frames, shown = moving_texture(5), []
    original = VideoWriter.write

    def changing(self: VideoWriter, frame: Any, time: Fraction) -> None:
        shown.append(time)
        if len(shown) == len(frames):
            change(path, "grew")
        original(self, frame, time)

    monkeypatch.setattr(VideoWriter, "write", changing)
    with pytest.raises(InputError, match="grew"):
        render(path, tmp_path / "out.mkv", Fraction(25))
    assert not (tmp_path / "out.mkv").exists()


def other_index(path: Path, *samples: int) -> Path:
    """A copy of the MP4 `path` whose index of key frames (sync samples) has these numbers, from 1."""
    data = bytearray(path.read_bytes())
    at = data.index(b"stss") + 8
    struct.pack_into(f">I{len(samples)}I", data, at, len(samples), *samples)
    told = path.with_name("told.mp4")
    told.write_bytes(data)
    return told


@pytest.mark.parametrize("index", [(40,), (40, 13, 25, 37, 49), (7, 13, 25, 37, 49), (2, 3, 4, 5, 6)])
def test_a_wrong_index_of_key_frames_is_told_and_does_not_matter(
    tmp_path: Path, look: Look, index: tuple[int, ...]
) -> None:
    clip = look(write_clip(tmp_path / "clip.mp4", moving_texture(50), options=SHORT_GOPS))
    assert clip.scan.seekable
    wrong = look(other_index(clip.source.path, *index))
    assert wrong.scan.misindexed and not wrong.scan.seekable
    expected = clip.frames()
    with FrameReader(wrong.source, wrong.scan, threads=1, cache_bytes=1) as reader:
        for number in (49, 30, 12, 26, 0, 37):
            np.testing.assert_array_equal(reader.frame(number), expected[number])


def test_a_jump_to_another_frame_is_told_and_decoding_starts_over(
    tmp_path: Path, look: Look, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a decoder needed more than a key frame to start at: what it gives after a jump is another picture."""
    from dynode_cli.media.reading import decode, reader as reading

    clip = look(write_clip(tmp_path / "clip.mkv", moving_texture(50), options=SHORT_GOPS))
    expected = clip.frames()
    original = decode.ContainerDecoder.frames

    def astray(self: Any, seek: int | None = None) -> Any:
        for decoded in original(self, seek):
            if seek is not None:
                frame = decoded.frame.coded
                grey = av.VideoFrame(frame.width, frame.height, frame.format.name)
                grey.pts, grey.time_base = frame.pts, frame.time_base
                yield decode.Decoded(reading_frame(grey), decoded.pts, decoded.duration, decoded.key)
            else:
                yield decoded

    reading_frame = decode.CodedFrame
    monkeypatch.setattr(decode.ContainerDecoder, "frames", astray)
    with (
        caplog.at_level(logging.INFO, reading.__name__),
        FrameReader(clip.source, clip.scan, threads=1, cache_bytes=1) as reader,
    ):
        for number in (30, 5, 49, 13):
            np.testing.assert_array_equal(reader.frame(number), expected[number])
    (told,) = caplog.messages
    assert "clip.mkv: a jump to frame 30 leads to another one" in told


@pytest.mark.parametrize(
    "kind", ["yuv420p", "yuv444p10le", "rgb24", "gbrp16le", "pal8", "nv12", "gray", "monow", "rgba"]
)
def test_the_fingerprint_sees_the_picture_and_not_what_is_beside_it(kind: str) -> None:
    def frame(value: int, padding: int) -> av.VideoFrame:
        made = av.VideoFrame(60, 40, kind)
        for plane in made.planes:
            row = max(1, plane.line_size)
            data = np.full(plane.buffer_size, padding, np.uint8)
            visible = len(data) // row
            data[: visible * row].reshape(visible, row)[:, : max(1, plane.width // 8)] = value
            if plane.line_size <= 0:
                data[:] = value
            if padding == value:
                data[:] = value
            plane.update(data.tobytes())
        return made

    assert fingerprint_of(frame(3, 3)) == fingerprint_of(frame(3, 3)) != fingerprint_of(frame(4, 3))


def test_the_source_is_the_same_when_it_was_only_read(tmp_path: Path) -> None:
    source = open_source(str(write_clip(tmp_path / "clip.mkv", moving_texture(3))))
    source.path.read_bytes()
    source.check_same()
