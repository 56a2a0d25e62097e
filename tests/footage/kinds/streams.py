"""What lies beside the samples: sound, subtitles, chapters, tags, rotation, shape of pixels, side data, other videos."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from dynode_cli.media.writing.matroska import VIDEO, Element
from tests.dynode_cli.media.reading.headers import box, element, with_box, with_elements, with_messages
from tests.footage.faults import Change
from tests.footage.made import RATE, SIZE, Footage, Writer, evenly, record, scene, written
from tests.footage.seen import rgb_of
from tests.footage.table import Input, Row

F = Fraction
LINES = [(0.1, 0.4, "one"), (0.44, 0.7, "two")]
CHAPTERS = [(0.0, 0.4, "first"), (0.4, 0.8, "second")]
TAGS = {"title": "a film", "artist": "somebody"}
RAW_420 = {"pix_fmt": "yuv420p"}
SHORT_GOPS = {"qp": "0", "preset": "ultrafast", "g": "5"}
CAPTION = bytes([0xB5, 0, 0x31]) + b"GA94" + bytes([3, 0xC1, 0xFF, 0xFC, 0x94, 0xAE, 0xFF])
DISPLAY = bytes([0xB5, 0, 0x3C, 0, 1, 4, 1, 0x40]) + bytes(45)
LOST = "lost: {} of the source, which is not carried over"


def boxed(added: bytes, **changed: Any) -> Change:
    """With a box in the sample entry of an MP4."""

    def change(footage: Footage) -> Footage:
        with_box(footage.path, added)
        return replace(footage, **changed)

    return change


def dolby(profile: int) -> bytes:
    return bytes([1, 0, profile << 1, 0x15, 0x10]) + bytes(19)


def spherical() -> bytes:
    shape = box(b"prhd", bytes(16)) + box(b"equi", bytes(20))
    return box(b"sv3d", box(b"svhd", bytes(4) + b"made\0") + box(b"proj", shape))


def cropped(left: int, top: int, right: int, bottom: int) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda frames: [frame[top : SIZE[0] - bottom, left : SIZE[1] - right] for frame in frames]


CUT = cropped(8, 6, 4, 2)


def crop_of_matroska(footage: Footage) -> Footage:
    def add(track: Element) -> None:
        sides = {0x54CC: 8, 0x54BB: 6, 0x54DD: 4, 0x54AA: 2}
        track.child(VIDEO).children += [element(id, value) for id, value in sides.items()]

    with_elements(footage.path, add)
    return replace(footage, frames=CUT(footage.frames))


def aperture(footage: Footage) -> Footage:
    """MP4 with a clean aperture."""
    with_box(footage.path, box(b"clap", struct.pack(">8i", 84, 1, 56, 1, 2, 1, 2, 1)))
    return replace(footage, frames=CUT(footage.frames))


def messages(name: str, message: bytes, codec: str = "libx264") -> Writer:
    """A bare stream with a message before every picture."""

    def write(folder: Path) -> Footage:
        times = evenly(12, RATE)
        frames = scene(times)
        exact = {"qp": "0"} if codec == "libx264" else {"lossless": "1"}
        path = with_messages(folder / name, frames, message, codec=codec, **exact)
        with av.open(str(path)) as container:
            shown = [rgb_of(frame) for frame in container.decode(video=0)]
        return Footage(path=path, frames=shown, times=times, end=F(12, 25), flashes=[F(6, 25)], beeps=False)

    return write


def several(name: str, sizes: Sequence[tuple[int, int]], shown: int, default: int | None = None) -> Writer:
    """A file of several videos, of which number `shown` is the one that is meant."""

    def write(folder: Path) -> Footage:
        times = evenly(12, RATE)
        videos = [scene(times, size=size) for size in sizes]
        with av.open(str(folder / name), "w") as output:
            streams: list[Any] = []
            for number, (height, width) in enumerate(sizes):
                stream: Any = output.add_stream("ffv1", rate=25)
                stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
                stream.disposition = Disposition.default if number == default else Disposition(0)
                streams.append(stream)
            for frames in zip(*videos, strict=True):
                for stream, image in zip(streams, frames, strict=True):
                    output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            for stream in streams:
                output.mux(stream.encode(None))
        return Footage(
            path=folder / name, frames=videos[shown], times=times, end=F(12, 25), flashes=[F(6, 25)], beeps=False
        )

    return write


def with_cover(footage: Footage) -> Footage:
    """With a picture attached, as music and films of shops have it."""
    target = footage.path.with_name("covered.mp4")
    cover: Any = av.Codec("png", "w").create("video")
    cover.width, cover.height, cover.pix_fmt, cover.time_base = 128, 128, "rgb24", F(1, 25)
    frame = av.VideoFrame.from_ndarray(np.full((128, 128, 3), 200, np.uint8), "rgb24")
    data = b"".join(bytes(packet) for packet in [*cover.encode(frame), *cover.encode(None)])
    with av.open(str(footage.path)) as source, av.open(str(target), "w") as output:
        copies = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        picture: Any = output.add_stream("png", rate=25)
        picture.width, picture.height, picture.pix_fmt = 128, 128, "rgb24"
        picture.disposition = Disposition.attached_pic
        packet = av.Packet(data)
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, F(1, 25)
        packet.is_keyframe = True
        output.mux(packet)
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return replace(footage, path=target)


def half_sized(folder: Path) -> Footage:
    """Television that is sent at half the width for a while; the soft picture loses little by that."""
    parts = []
    for number, size in enumerate([SIZE, (SIZE[0] // 2, SIZE[1] // 2), SIZE]):
        begin = number * F(8, 25)
        times = [begin + time for time in evenly(8, RATE)]
        frames = scene(times, size=SIZE, white=())
        small = [
            frame.reshape(size[0], SIZE[0] // size[0], size[1], SIZE[1] // size[1], 3).mean((1, 3))
            for frame in frames
        ]
        part = record(
            folder / f"{number}.ts", frames=[np.rint(each).astype(np.uint8) for each in small], count=8,
            white=(), begin=F(10) + begin, options=SHORT_GOPS, **RAW_420,
        )  # fmt: skip
        parts.append((part, frames, times))
    path = folder / "in.ts"
    path.write_bytes(b"".join(part.path.read_bytes() for part, _, _ in parts))
    return Footage(
        path=path, frames=[each for _, frames, _ in parts for each in frames],
        times=[each for _, _, times in parts for each in times], end=F(24, 25), flashes=(), beeps=False,
    )  # fmt: skip


def turned(write: Writer) -> Writer:
    """The same as it is seen, turned counter-clockwise by 90 degrees."""

    def upright(folder: Path) -> Footage:
        footage = write(folder)
        return replace(footage, frames=[np.rot90(frame).copy() for frame in footage.frames], rotation=0)

    return upright


def bare(write: Writer, *, beeps: bool = True) -> Writer:
    """The same, of which the output can hold pictures and sound alone, or pictures without `beeps`."""
    return lambda folder: replace(write(folder), subtitles=(), chapters=(), tags={}, beeps=beeps)


ROWS = (
    Row(
        kind="sound, subtitles, chapters, tags and covers",
        awkward="every container holds others",
        does="keeps them at their times, encodes again what the output cannot hold, and names what is left out",
        inputs=(
            Input(
                name="everything.mkv",
                fps="source",
                write=written("in.mkv", sound="flac", subtitles=LINES, chapters=CHAPTERS, tags=TAGS, **RAW_420),
            ),
            Input(
                name="everything-to.mp4",
                fps="source",
                write=written("in.mkv", sound="aac", subtitles=LINES, chapters=CHAPTERS, tags=TAGS, **RAW_420),
                target="out.mp4",
                told=["encoded again as mov_text"],
            ),
            Input(
                name="everything-to.webm",
                write=written("in.mkv", sound="libopus", subtitles=LINES, chapters=CHAPTERS, tags=TAGS, **RAW_420),
                target="out.webm",
                told=["encoded again as webvtt"],
            ),
            Input(
                name="left-out.avi",
                fps="source",
                write=bare(written("in.mkv", sound="pcm_s16le", subtitles=LINES, chapters=CHAPTERS, **RAW_420)),
                target="out.avi",
                told=["is left out: avi cannot hold it", "2 chapters left out: avi cannot hold any"],
            ),
            Input(
                name="left-out.ts",
                fps="source",
                write=bare(written("in.mp4", sound="aac", chapters=CHAPTERS, tags=TAGS, **RAW_420)),
                target="out.ts",
                told=["2 chapters left out: mpegts", r"tags left out \(artist, title\): mpegts"],
            ),
            Input(
                name="left-out.apng",
                write=bare(written("in.mp4", count=12, sound="aac", chapters=CHAPTERS, **RAW_420), beeps=False),
                target="out.apng",
                more=["--codec", "apng"],
                told=["audio and chapters left out: apng holds only pictures"],
            ),
            Input(
                name="chapters.mp4",
                fps="source",
                write=written("in.mp4", sound="aac", chapters=CHAPTERS, tags=TAGS, **RAW_420),
                target="out.mov",
            ),
            Input(name="cover.mp4", write=written("in.mp4", with_cover, sound="aac", **RAW_420)),
        ),
    ),
    Row(
        kind="phones held upright",
        awkward="pictures lie on their side, and a matrix says how to turn them",
        does="passes the matrix on; for an output that has no place for it pictures are turned",
        inputs=(
            Input(name="upright.mov", write=written("in.mov", rotation=90, sound="aac", **RAW_420), target="out.mov"),
            Input(name="upright-to.avi", write=turned(written("in.mp4", rotation=90, **RAW_420)), target="out.avi"),
            Input(name="upside-down.mp4", write=written("in.mp4", rotation=180, sound="aac", **RAW_420)),
        ),
    ),
    Row(
        kind="pixels that are not square (DV, DVD, HDV, television)",
        awkward="the shape is said by the container, the codec, or only by the frames",
        does="keeps the shape",
        inputs=(
            Input(
                name="anamorphic.mp4",
                fps="source",
                write=written("in.mp4", sample_aspect_ratio=F(16, 11), **RAW_420),
                target="out.mp4",
            ),
            Input(
                name="anamorphic.mkv", fps="source", write=written("in.mkv", sample_aspect_ratio=F(64, 45), **RAW_420)
            ),
            Input(
                name="anamorphic.vob",
                fps="source",
                write=written(
                    "in.vob",
                    sample_aspect_ratio=F(8, 9),
                    codec="mpeg2video",
                    loss=6,
                    sound="mp2",
                    options={"flags": "+qscale", "global_quality": "236"},
                ),
                target="out.mov",
            ),
        ),
    ),
    Row(
        kind="captions (CEA-608/708), HDR10+, Dolby Vision, 360 degrees, 3-D",
        awkward="it lies beside the samples of each frame or in headers, and made frames have none",
        does="keeps the projection and layout that the header of a file states in MP4, MOV, Matroska and WebM, and names "
        "what is lost, in `probe` too; refuses Dolby Vision of profile 5, whose base layer is no picture",
        inputs=(
            Input(
                name="captions.h264",
                fps="source",
                write=messages("in.h264", CAPTION),
                told=[LOST.format(r"closed captions \(CEA-608/708\)"), "without a time stamp"],
                probed=["closed captions"],
            ),
            Input(
                name="ten-plus.hevc",
                fps="source",
                write=messages("in.hevc", DISPLAY, "libx265"),
                more=["--pix-fmt", "gbrp16le"],
                told=[LOST.format(r"HDR10\+"), "without a time stamp"],
                probed=["HDR10"],
            ),
            Input(
                name="dolby-8.mp4",
                fps="source",
                write=written("in.mp4", boxed(box(b"dvvC", dolby(8))), **RAW_420),
                told=[LOST.format(r"Dolby Vision \(profile 8\)")],
                probed=[r"Dolby Vision \(profile 8\)"],
            ),
            Input(
                name="dolby-5.mp4",
                write=written("in.mp4", boxed(box(b"dvcC", dolby(5))), **RAW_420),
                refused="Dolby Vision of profile 5",
            ),
            Input(
                name="side-by-side.mp4",
                fps="source",
                write=written(
                    "in.mp4",
                    pix_fmt="yuv420p",
                    options={"qp": "0", "preset": "ultrafast", "x264-params": "frame-packing=3"},
                ),
                told=[LOST.format(r"3-D layout \(side by side\)")],
                probed=["3-D layout"],
            ),
            Input(
                name="spherical.mp4",
                fps="source",
                write=written("in.mp4", boxed(spherical()), **RAW_420),
                target="out.mp4",
                probed=["360-degree projection"],
            ),
            Input(
                name="spherical-to.ts",
                fps="source",
                write=written("in.mp4", boxed(spherical()), **RAW_420),
                target="out.ts",
                told=[LOST.format(r"360-degree projection \(equirectangular\)")],
                probed=["360-degree projection"],
            ),
        ),
    ),
    Row(
        kind="cropping that the container asks for (Matroska PixelCrop, clean aperture)",
        awkward="more is coded than is to be seen",
        does="crops",
        inputs=(
            Input(name="crop.mkv", write=written("in.mkv", crop_of_matroska, codec="ffv1", pix_fmt="bgr0")),
            Input(name="aperture.mp4", write=written("in.mp4", aperture, pix_fmt="yuv444p"), target="out.mp4"),
        ),
    ),
    Row(
        kind="several videos in a file",
        awkward="the first is not always the one that is meant",
        does="takes the one that is marked as default, then the largest, or the one that `--stream` names",
        inputs=(
            Input(
                name="largest.nut",
                write=several("in.nut", [(24, 32), SIZE], 1),
                told=["another video"],
            ),
            Input(
                name="default.mkv",
                fps="source",
                write=several("in.mkv", [(128, 96), SIZE], 1, default=1),
                told=["another video"],
            ),
            Input(
                name="asked-for.mkv",
                fps="source",
                write=several("in.mkv", [(128, 96), SIZE], 1, default=0),
                more=["--stream", "v:1"],
                told=["another video"],
            ),
        ),
    ),
    Row(
        kind="recordings whose size changes on the way (television)",
        awkward="frames of another size than the file says",
        does="scales them to the video's, and counts them",
        inputs=(
            Input(
                name="half-sized.ts",
                write=half_sized,
                fps="source",
                told=["8 frames of another size or shape than the video; scaled to it"],
                probed=["8 of another size"],
                colours=2.0,  # a quarter of the pixels is there
            ),
        ),
    ),
)
