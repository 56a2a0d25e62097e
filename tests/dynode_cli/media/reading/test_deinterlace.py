"""Interlaced video: what readers make of clips whose truth, a progressive clip at twice the rate, is known."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from dynode_cli.media.reading import deinterlace
from dynode_cli.media.reading.decode import Decoded
from dynode_cli.media.reading.deinterlace import deinterlaced
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.raw_frame import CodedFrame
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.synthetic.clips import moving_texture, write_clip
from dynode_metrics.psnr import psnr
from tests.dynode_cli.media.conftest import Opened
from tests.dynode_cli.media.reading.interlaced import COUNT, fields, woven, write_interlaced

Look = Callable[..., Opened]


def read(path: Path, rule: deinterlace.Deinterlace = "auto") -> list[Any]:
    source = open_source(str(path))
    with FrameReader(source, scan(source, deinterlace=rule), threads=1) as reader:
        return [reader.frame(index) for index in range(len(reader))]


@pytest.mark.parametrize("top_first", [True, False])
def test_the_first_field_is_kept_and_the_other_made_anew(tmp_path: Path, top_first: bool) -> None:
    pictures = fields()
    path = write_interlaced(tmp_path / "clip.mkv", pictures, top_first=top_first)
    combed, whole = read(path, "off"), read(path)
    assert len(whole) == len(combed) == COUNT
    first, second = int(not top_first), int(top_first)
    for k in range(COUNT):
        assert (whole[k][first::2] == combed[k][first::2]).all()
        truth = pictures[2 * k]
        assert psnr(truth[second::2], whole[k][second::2]) > psnr(truth[second::2], combed[k][second::2]) + 6
        assert psnr(truth, whole[k]) > 40


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.h264"])
def test_any_order_of_reading_gives_the_same_frames(tmp_path: Path, look: Look, name: str) -> None:
    clip = look(write_interlaced(tmp_path / name, fields()))
    assert clip.scan.deinterlaced == clip.scan.interlaced == COUNT
    streamed = clip.frames()
    order = [*range(COUNT), *reversed(range(COUNT)), 7, 8, 9, 15, 16, 1, 23, 0]
    random.Random(0).shuffle(order)
    with FrameReader(clip.source, clip.scan, cache_bytes=1, threads=1) as reader:
        for index in [COUNT - 1, *order]:
            assert (reader.frame(index) == streamed[index]).all(), index


def test_every_second_frame_is_found_by_decoding_on(tmp_path: Path, look: Look, monkeypatch: Any) -> None:
    path = write_clip(tmp_path / "a.mp4", woven(fields()), options={"g": "1"})
    clip = look(path, deinterlace="on")
    assert len(clip.scan.keys) == COUNT, "every frame is a key frame"
    opened = []
    monkeypatch.setattr(FrameReader, "_start", _counting(FrameReader._start, opened))
    with FrameReader(clip.source, clip.scan, threads=1) as reader:
        for index in range(0, COUNT, 2):
            reader.frame(index)
    assert len(opened) == 1
    with FrameReader(clip.source, clip.scan, threads=1) as reader:
        reader.frame(8)
    assert len(opened) == 2, "the seek is to the frame before"


def _counting(method: Any, calls: list[int]) -> Any:
    def counted(self: FrameReader, index: int, **options: Any) -> None:
        calls.append(index)
        method(self, index, **options)

    return counted


def test_a_part_has_the_frames_of_the_whole(tmp_path: Path, look: Look) -> None:
    path = write_interlaced(tmp_path / "a.mp4", fields())
    whole, part = look(path), look(path, start=Fraction(10, 25), end=Fraction(18, 25))
    # The first one and the last lack what is beside them.
    inner = part.frames()[1:-1]
    assert len(inner) > 5
    assert all((a == b).all() for a, b in zip(inner, whole.frames()[11:], strict=False))
    assert whole.scan.times == tuple(Fraction(k, 25) for k in range(COUNT))


def test_progressive_clips_see_no_filter(tmp_path: Path, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the filter was asked for")

    frames = moving_texture(6)
    path = write_clip(tmp_path / "a.mkv", frames, pix_fmt="bgr0", codec="ffv1")
    monkeypatch.setattr(deinterlace, "_graph", refuse)
    clip = look(path)
    assert clip.scan.deinterlaced == 0
    assert all((a == b).all() for a, b in zip(clip.frames(), frames, strict=True))
    with pytest.raises(AssertionError, match="asked for"):
        read(path, "on")


def test_frames_that_nobody_flagged_are_deinterlaced_on_demand(tmp_path: Path) -> None:
    pictures = fields()
    plain = write_interlaced(tmp_path / "plain.mkv", pictures, flagged=False)
    flagged = write_interlaced(tmp_path / "flagged.mkv", pictures)
    assert all((a == b).all() for a, b in zip(read(plain), read(flagged, "off"), strict=True))
    assert all((a == b).all() for a, b in zip(read(plain, "on"), read(flagged), strict=True))


def test_only_the_flagged_frames_of_a_mixed_clip_change(tmp_path: Path, look: Look) -> None:
    pictures = fields()
    parts = [write_interlaced(tmp_path / f"{f}.h264", pictures, flagged=f) for f in (False, True)]
    mixed = tmp_path / "mixed.h264"
    mixed.write_bytes(b"".join(part.read_bytes() for part in parts))
    clip = look(mixed)
    assert (len(clip.scan), clip.scan.interlaced) == (2 * COUNT, COUNT)
    made, combed = clip.frames(), Opened(clip.source, clip.info, replace(clip.scan, deinterlace="off")).frames()
    assert all((made[k] == combed[k]).all() for k in range(COUNT))
    assert not any((made[k] == combed[k]).all() for k in range(COUNT, 2 * COUNT))


def test_tags_of_colour_are_kept(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mkv", woven(fields()), pix_fmt="yuv444p", matrix=1, full_range=True)
    combed, whole = read(path, "off"), read(path, "on")
    assert all((a[::2] == b[::2]).all() for a, b in zip(combed, whole, strict=True))


def test_frames_come_out_one_for_one_whatever_their_shape() -> None:
    shapes = [(16, 12, "yuv420p")] * 3 + [(8, 12, "yuv420p")] * 2 + [(2, 2, "rgb24"), (8, 12, "uyvy422")]
    shapes += [(16, 12, "rgb24")] * 2 + [(16, 12, "gray")]
    frames = [Decoded(CodedFrame(av.VideoFrame(*shape)), None, 0, True) for shape in shapes]
    found = list(deinterlaced(enumerate(frames), last=100, every=True, wholes={}, fields=False))
    assert [number for number, _, _ in found] == list(range(len(shapes)))
    assert [(d.frame.coded.width, d.frame.coded.height) for _, _, d in found] == [shape[:2] for shape in shapes]


def test_nothing_is_read_beyond_the_last_frame() -> None:
    asked = []

    def frames() -> Any:
        for number in range(10):
            asked.append(number)
            yield number, Decoded(CodedFrame(av.VideoFrame(16, 16, "yuv420p")), number, 1, True)

    made = deinterlaced(frames(), last=4, every=True, wholes={}, fields=False)
    assert [number for number, _, _ in made] == [0, 1, 2, 3, 4]
    assert asked == [0, 1, 2, 3, 4]


def test_probe_says_that_the_first_frame_is_interlaced(tmp_path: Path) -> None:
    assert probe(open_source(str(write_interlaced(tmp_path / "a.mp4", fields())))).interlaced
