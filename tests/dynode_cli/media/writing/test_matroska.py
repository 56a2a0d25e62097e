"""The shape of pixels in Matroska and WebM: noted without moving anything that the index or the cues point to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.writing.matroska import display_size, note_pictures

SEEK_HEAD, VOID, INFO, TRACKS, TAGS, CLUSTER, CUES = (
    0x114D9B74,
    0xEC,
    0x1549A966,
    0x1654AE6B,
    0x1254C367,
    0x1F43B675,
    0x1C53BB6B,
)


def made(path: Path, codec: str, *, sounds: int = 0, options: dict[str, str] | None = None) -> Path:
    """Eight frames of 96 x 64, and tracks of silence before them."""
    with av.open(str(path), "w", container_options=options or {}) as output:
        audio = [output.add_stream("libopus", rate=48_000) for _ in range(sounds)]
        video = output.add_stream(codec, rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for k in range(8):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 30 * k, np.uint8), "rgb24").reformat(
                format="yuv420p"
            )
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        for stream in audio:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 960 * 2), np.int16), "s16", "stereo")
            silence.rate = 48_000
            output.mux(stream.encode(silence))
            output.mux(stream.encode(None))
    return path


def number(data: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big")
    return (value if marked else value & ((1 << 7 * width) - 1)), at + width


def elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Id, where it begins, where its data begins and ends."""
    while at < end:
        id, after = number(data, at, marked=True)
        length, inside = number(data, after, marked=False)
        yield id, at, inside, inside + length
        at = inside + length


def segment(data: bytes) -> tuple[int, dict[int, tuple[int, int, int]]]:
    """Where the segment's data begins, and its elements by kind."""
    (_, _, _, header_end) = next(elements(data, 0, len(data)))
    _, _, inside, end = next(elements(data, header_end, len(data)))
    assert end == len(data)
    return inside, {id: (at, begin, stop) for id, at, begin, stop in elements(data, inside, end)}


FILES = [
    ("a.webm", "libvpx-vp9", 0, None),
    ("a.mkv", "ffv1", 0, None),
    ("b.mkv", "ffv1", 3, None),
    ("c.mkv", "ffv1", 0, {"write_crc32": "0"}),
]


@pytest.mark.parametrize(("name", "codec", "sounds", "options"), FILES)
def test_only_the_shape_changes(
    tmp_path: Path, name: str, codec: str, sounds: int, options: dict[str, str] | None
) -> None:
    path = made(tmp_path / name, codec, sounds=sounds, options=options)
    old = path.read_bytes()
    assert note_pictures(path, Fraction(16, 15))
    new = path.read_bytes()
    with av.open(str(path)) as file:
        assert file.streams.video[0].sample_aspect_ratio == Fraction(16, 15)
        assert len(list(file.decode(video=0))) == 8
    base, before = segment(old)
    assert segment(new)[0] == base
    after = segment(new)[1]
    assert list(after) == list(before)
    for id in (CLUSTER, CUES, TAGS):
        assert after[id] == before[id]
    assert new[after[CLUSTER][0] :] == old[before[CLUSTER][0] :]
    assert new[slice(*after[INFO][1:])] == old[slice(*before[INFO][1:])]
    assert not any(new[slice(*after[VOID][1:])])
    seeks = {}
    for id, _, begin, end in elements(new, *after[SEEK_HEAD][1:]):
        if id == 0x4DBB:
            (_, _, id0, id1), (_, _, at0, at1) = elements(new, begin, end)
            seeks[int.from_bytes(new[id0:id1], "big")] = int.from_bytes(new[at0:at1], "big")
    assert seeks == {id: after[id][0] - base for id in (INFO, TRACKS, TAGS, CUES)}
    for id in (SEEK_HEAD, TRACKS):
        children = list(elements(new, *after[id][1:]))
        if children[0][0] == 0xBF:
            checksum = new[children[0][2] : children[0][3]]
            assert zlib.crc32(new[children[0][3] : after[id][2]]) == int.from_bytes(checksum, "little")
            assert options is None


def test_the_shape_can_be_changed_again(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mkv", "ffv1")
    for shape in (Fraction(4, 3), Fraction(8, 9), Fraction(1)):
        assert note_pictures(path, shape)
        with av.open(str(path)) as file:
            assert (file.streams.video[0].sample_aspect_ratio or Fraction(1)) == shape


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    sounds = tmp_path / "sounds.mka"
    with av.open(str(sounds), "w", format="matroska") as output:
        stream = output.add_stream("libopus", rate=48_000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 960 * 2), np.int16), "s16", "stereo")
        silence.rate = 48_000
        output.mux([*stream.encode(silence), *stream.encode(None)])
    whole = made(tmp_path / "whole.mkv", "ffv1").read_bytes()
    files = {
        "sounds": sounds.read_bytes(),
        "empty": b"",
        "zeros": bytes(100),
        "text": b"this is no video at all, but some text " * 5,
        "cut": whole[:150],
        "no room": whole[: whole.index(b"\xec\x01")] + whole[whole.index(b"\x15\x49\xa9\x66", 120) :],
    }
    for name, data in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert not note_pictures(path, Fraction(4, 3)), name
        assert path.read_bytes() == data, name


@given(
    st.integers(1, 4096),
    st.integers(1, 4096),
    st.sampled_from(
        [Fraction(*pair) for pair in ((16, 15), (8, 9), (10, 11), (32, 27), (4, 3), (1001, 1000), (1, 2))]
    ),
)
def test_the_size_shown_has_the_shape_and_is_near_the_picture(width: int, height: int, shape: Fraction) -> None:
    shown = display_size(width, height, shape)
    assert height <= shown[1] <= 3 * height
    wanted = shape * width * shown[1] / height
    assert abs(shown[0] - wanted) <= Fraction(1, 2) or shown[0] == 1


def test_common_shapes_are_exact() -> None:
    assert display_size(720, 576, Fraction(16, 15)) == (768, 576)
    assert display_size(1440, 1080, Fraction(4, 3)) == (1920, 1080)
    assert display_size(720, 480, Fraction(8, 9)) == (640, 480)
    width, height = display_size(720, 480, Fraction(10, 11))
    assert Fraction(width * 480, height * 720) == Fraction(10, 11)
