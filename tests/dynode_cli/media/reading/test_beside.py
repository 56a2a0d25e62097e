"""What a file carries beside the samples of its pictures is named, applied, or refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.reading.track_headers import track_headers
from dynode_cli.media.writing.matroska import VIDEO, Element
from dynode_cli.pipeline.prepare import open_scanned
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.synthetic.clips import moving_texture, with_alpha, write_clip
from tests.dynode_cli.media.measures import info_of, level_difference
from tests.dynode_cli.media.reading.headers import box, element, with_box, with_elements, with_messages

Look = Callable[..., Any]
Render = Callable[..., Any]

CAPTION = bytes([0xB5, 0, 0x31]) + b"GA94" + bytes([3, 0xC1, 0xFF, 0xFC, 0x94, 0xAE, 0xFF])
DISPLAY = bytes([0xB5, 0, 0x3C, 0, 1, 4, 1, 0x40]) + bytes(45)
CROPS = {0x54CC: 8, 0x54BB: 6, 0x54DD: 4, 0x54AA: 2}


def dolby(profile: int) -> bytes:
    return bytes([1, 0, profile << 1, 0x15, 0x10]) + bytes(19)


def lost(render: Any) -> list[str]:
    return [each for each in render.warnings if each.startswith("lost: ")]


def test_closed_captions_are_named(tmp_path: Path, render: Render) -> None:
    path = with_messages(tmp_path / "in.h264", moving_texture(3), CAPTION)
    assert info_of(path).beside == ("closed captions (CEA-608/708)",)
    render(path, tmp_path / "out.mp4", Fraction(50))
    assert lost(render) == ["lost: closed captions (CEA-608/708) of the source, which is not carried over"]


def test_a_layout_of_two_views_is_named(tmp_path: Path, render: Render) -> None:
    options = {"x264-params": "frame-packing=3", "preset": "ultrafast"}
    path = write_clip(tmp_path / "in.mp4", moving_texture(3), options=options)
    assert info_of(path).beside == ("3-D layout (side by side)",)
    render(path, tmp_path / "out.mkv", Fraction(50))
    assert "3-D layout" in lost(render)[0]


def test_a_projection_is_named(tmp_path: Path) -> None:
    head = box(b"svhd", bytes(4) + b"made\0")
    shape = box(b"prhd", bytes(16)) + box(b"equi", bytes(20))
    spherical = box(b"sv3d", head + box(b"proj", shape))
    path = with_box(write_clip(tmp_path / "in.mp4", moving_texture(3)), spherical)
    assert info_of(path).beside == ("360-degree projection (equirectangular)",)


def test_dolby_vision_is_named_whatever_the_transfer(tmp_path: Path, render: Render) -> None:
    mp4 = with_box(write_clip(tmp_path / "in.mp4", moving_texture(3), transfer=18), box(b"dvvC", dolby(8)))

    def add(track: Element) -> None:
        parts = [Element(0x41E7, b"dvvC"), Element(0x41ED, dolby(8))]
        track.children.append(Element(0x41E4, b"".join(each.encoded() for each in parts)))

    mkv = with_elements(write_clip(tmp_path / "in.mkv", moving_texture(3)), add)
    for path in (mp4, mkv):
        info = info_of(path)
        assert (info.dolby_vision, info.beside) == (8, ("Dolby Vision (profile 8)",))
        assert info.to_json()["beside"] == ["Dolby Vision (profile 8)"]
        render(path, tmp_path / f"out{path.suffix}", Fraction(50))
        assert lost(render) == ["lost: Dolby Vision (profile 8) of the source, which is not carried over"]


def test_dolby_vision_without_a_picture_is_refused(tmp_path: Path) -> None:
    path = with_box(write_clip(tmp_path / "in.mp4", moving_texture(3)), box(b"dvcC", dolby(5)))
    assert info_of(path).dolby_vision == 5
    with pytest.raises(InputError, match="Dolby Vision of profile 5"), open_scanned(Interpolate(str(path))):
        pass


def cropped(path: Path) -> Path:
    def add(track: Element) -> None:
        track.child(VIDEO).children += [element(id, value) for id, value in CROPS.items()]

    return with_elements(path, add)


def test_the_crop_of_matroska_is_applied(tmp_path: Path, look: Look, render: Render) -> None:
    frames = moving_texture(4)
    path = cropped(write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pix_fmt="bgr0"))
    clip = look(path)
    assert (clip.info.size, clip.info.crop, clip.scan.resized) == ((56, 84), (8, 6, 4, 2), 0)
    assert clip.info.sample_aspect_ratio == 1
    for shown, frame in zip(clip.frames(), frames, strict=True):
        assert (shown == frame[6:-2, 8:-4]).all()
    out = render(path, tmp_path / "out.mp4", Fraction(25))
    assert out.info.size == (56, 84) and out.info.crop is None


def test_a_clean_aperture_is_applied(tmp_path: Path, look: Look) -> None:
    frame = moving_texture(1)[0]
    aperture = struct.pack(">8i", 84, 1, 56, 1, 2, 1, 2, 1)
    path = with_box(write_clip(tmp_path / "in.mp4", [frame] * 3), box(b"clap", aperture))
    clip = look(path)
    assert (clip.info.size, clip.info.crop) == ((56, 84), (8, 6, 4, 2))
    whole = look(write_clip(tmp_path / "whole.mp4", [frame] * 3)).frames()[1]
    assert level_difference(clip.frames()[1], whole[6:-2, 8:-4]) < 0.5


@pytest.mark.parametrize(
    "numbers", [(96, 1, 64, 1, 0, 1, 0, 1), (0, 1, 64, 1, 0, 1, 0, 1), (84, 0, 56, 1, 0, 1, 0, 1)]
)
def test_an_aperture_that_cuts_nothing_or_everything_is_none(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    clip = write_clip(tmp_path / "in.mp4", moving_texture(2))
    path = with_box(clip, box(b"clap", struct.pack(">8i", *numbers)))
    assert info_of(path).size == (64, 96)


def test_headers_that_are_cut_off_say_nothing(tmp_path: Path) -> None:
    for suffix, demuxer in ((".mp4", "mov,mp4"), (".mkv", "matroska,webm")):
        clip = write_clip(tmp_path / f"in{suffix}", moving_texture(2))
        data = clip.read_bytes()
        for length in range(0, len(data), 37):
            clip.write_bytes(data[:length])
            assert all(each.crop is None for each in track_headers(clip, demuxer))


def test_cropped_frames_are_deinterlaced_like_others(tmp_path: Path, look: Look) -> None:
    frames = [np.repeat(frame[::2], 2, axis=0) for frame in moving_texture(4)]
    path = cropped(write_clip(tmp_path / "in.mkv", frames, codec="ffv1", pix_fmt="bgr0"))
    assert {frame.shape for frame in look(path, deinterlace="on").frames()} == {(56, 84, 3)}


def test_alpha_is_found_under_a_tag_in_capitals(tmp_path: Path, look: Look) -> None:
    """As Matroska files have it that say it in no other way."""
    clip = write_clip(
        tmp_path / "in.webm", with_alpha(moving_texture(3)), codec="libvpx-vp9", pix_fmt="yuva420p",
        options={"b": "1M", "auto-alt-ref": "0"},
    )  # fmt: skip
    path = tmp_path / "in.mkv"
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        stream.metadata["ALPHA_MODE"] = "1"
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    said, empty = bytes([0x53, 0xC0, 0x81, 1]), bytes([0xEC, 0x82, 0, 0])
    data = path.read_bytes()
    assert said in data and b"ALPHA_MODE" in data
    path.write_bytes(data.replace(said, empty))
    assert look(path).info.alpha


def test_ten_plus_is_named(tmp_path: Path, render: Render) -> None:
    path = with_messages(tmp_path / "in.hevc", moving_texture(3), DISPLAY, codec="libx265")
    assert info_of(path).beside == ("HDR10+",)
    render(path, tmp_path / "out.mp4", Fraction(50))
    assert "HDR10+" in lost(render)[0]
