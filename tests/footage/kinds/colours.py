"""Colours: matrices, ranges, depths, palettes, transparency, stills that FFmpeg decodes wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from dynode_cli.media.pixels import planes
from dynode_cli.synthetic.clips import with_alpha, write_images
from tests.dynode_cli.media.measures import floating
from tests.dynode_cli.media.reading.tiffs import write_tiff
from tests.footage.made import RATE, SIZE, Footage, Writer, evenly, record, scene, written
from tests.footage.table import Input, Row

F = Fraction
QUALITY = {"flags": "+qscale", "global_quality": "118"}
FEW = 12
"""Frames of formats that take long to write."""
HD = (578, 32)
"""Rows from which on players take colours without a tag for those of BT.709."""
DEEP = ["--pix-fmt", "gbrp16le"]
CLEAR = ["--pix-fmt", "bgra"]


def coded(
    name: str, file: str, target: str = "out.mkv", *, fps: str = "source", more: Sequence[str] = (), **recorded: Any
) -> Input:
    """A file whose frames come back in the colours that went into it."""
    return Input(name=name, write=written(file, **recorded), target=target, fps=fps, more=more)


def tagged(matrix: int, full: bool | None = None, others: int | None = None) -> dict[str, Any]:
    beside = matrix if others is None else others
    return {"matrix": matrix, "primaries": beside, "transfer": beside, "full_range": full, "pix_fmt": "yuv420p"}


def palette(name: str, codec: str = "rawvideo") -> Writer:
    """Pictures of 256 colours, as old screen recorders and high-speed cameras write them."""

    def write(folder: Path) -> Footage:
        times = evenly(20, RATE)
        colours = np.zeros((256, 4), np.uint8)
        colours[:, 3] = 255
        colours[:, 0], colours[:, 1] = np.arange(256), 255 - np.arange(256)
        colours[:, 2] = np.arange(256) // 2
        colours[255, :3] = 255
        frames = []
        path = folder / name
        with av.open(str(path), "w") as output:
            stream: Any = output.add_stream(codec, rate=RATE)
            stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], "pal8"
            stream.codec_context.options = {"g": "5"}
            for number, image in enumerate(scene(times)):
                indices = np.full(SIZE, 255, np.uint8) if number in (6, 14) else np.minimum(image[..., 0], 254)
                frame = av.VideoFrame(SIZE[1], SIZE[0], "pal8")
                beside = frame.planes[0].line_size - SIZE[1]
                frame.planes[0].update(np.pad(indices, ((0, 0), (0, beside))).tobytes())
                frame.planes[1].update(colours[:, [2, 1, 0, 3]].tobytes())
                frame.pts = number
                output.mux(stream.encode(frame))
                frames.append(colours[indices][..., :3])
            output.mux(stream.encode(None))
        return Footage(path=path, frames=frames, times=times, end=F(4, 5), flashes=[F(6, 25), F(14, 25)], beeps=False)

    return write


def stills(
    name: str, *, tile: int | None = None, kind: str = "uint8", extra: int | None = None, pattern: str = "%03d.tif"
) -> Writer:
    """A folder of TIFF files."""

    def write(folder: Path) -> Footage:
        times = evenly(FEW, RATE)
        frames: list[Any] = scene(times, deep=kind == "uint16")
        if extra is not None:
            frames = with_alpha(frames)
        (folder / name).mkdir()
        for number, image in enumerate(frames):
            data = image
            if extra == 1:
                share = np.maximum(image[..., 3:], 1) / 255
                data = np.dstack([np.rint(image[..., :3] * share).astype(np.uint8), image[..., 3]])
                # What is left of colours that eight bits keep a part of.
                frames[number] = np.dstack(
                    [np.minimum(np.rint(data[..., :3] / share), 255).astype(np.uint8), data[..., 3]]
                )
            if kind.startswith("float"):
                data = (image / np.float32(255)).astype(kind)
            elif kind == "int16":
                data = image.astype(kind)
            write_tiff(folder / name / (pattern % number), data, tile=tile, extra_sample=extra)
        return Footage(
            path=folder / name, frames=frames, times=times, end=FEW / RATE, flashes=[F(6, 25)], beeps=False
        )

    return write


def exr(*, alpha: bool) -> Writer:
    """A folder of EXR files, whose colours are multiplied by alpha."""

    def write(folder: Path) -> Footage:
        times = evenly(FEW, RATE)
        frames: list[Any] = scene(times)
        frames = with_alpha(frames) if alpha else frames
        (folder / "in").mkdir()
        for number, image in enumerate(frames):
            levels = image.astype(np.float32) / 255
            if alpha:
                levels[..., :3] *= levels[..., 3:]
            encoder: Any = av.Codec("exr", "w").create("video")
            encoder.height, encoder.width = SIZE
            encoder.pix_fmt, encoder.time_base = ("gbrapf32le" if alpha else "gbrpf32le"), F(1, 25)
            packets = [*encoder.encode(floating(levels, encoder.pix_fmt)), *encoder.encode(None)]
            (folder / "in" / f"{number:03d}.exr").write_bytes(b"".join(bytes(packet) for packet in packets))
        return Footage(
            path=folder / "in", frames=frames, times=times, end=FEW / RATE, flashes=[F(6, 25)], beeps=False
        )

    return write


def images(name: str, *, deep: bool = False, alpha: bool = False, numbers: list[int] | None = None) -> Writer:
    """A folder of PNG files; of `numbers` that are missing, none is there."""

    def write(folder: Path) -> Footage:
        times = evenly(FEW, RATE)
        frames: list[Any] = scene(times, deep=deep)
        write_images(folder / name, with_alpha(frames) if alpha else frames)
        for number in numbers or []:
            (folder / name / f"{number + 1:05d}.png").unlink()
        kept = [k for k in range(FEW) if k not in (numbers or [])]
        frames = with_alpha(frames) if alpha else frames
        return Footage(
            path=folder / name, frames=[frames[k] for k in kept], times=[times[k] for k in kept], end=FEW / RATE,
            flashes=[F(6, 25)], beeps=False,
        )  # fmt: skip

    return write


def clear(file: str, codec: str, pix_fmt: str, **recorded: Any) -> Writer:
    """A video with an alpha channel."""

    def write(folder: Path) -> Footage:
        frames = with_alpha(scene(evenly(FEW, RATE)))
        return record(folder / file, count=FEW, frames=frames, codec=codec, pix_fmt=pix_fmt, **recorded)

    return write


def over_black(write: Writer) -> Writer:
    """The same, as it looks where nothing is behind it."""

    def shown_over_black(folder: Path) -> Footage:
        footage = write(folder)
        shown = [np.rint(frame[..., :3] * (frame[..., 3:] / 255)).astype(np.uint8) for frame in footage.frames]
        return replace(footage, frames=shown, flashes=())

    return shown_over_black


def ycgco(folder: Path) -> Footage:
    """H.264 in YCgCo, by the equations of ITU-T H.273."""
    times = evenly(FEW, RATE)
    frames = scene(times)
    with av.open(str(folder / "in.mp4"), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv444p"
        stream.codec_context.options = {"qp": "0", "preset": "ultrafast", "colorspace": "ycgco"}
        stream.codec_context.color_range = 2
        for number, image in enumerate(frames):
            red, green, blue = np.moveaxis(image.astype(float), 2, 0)
            parts = [green / 2 + (red + blue) / 4, green / 2 - (red + blue) / 4 + 128, (red - blue) / 2 + 128]
            frame = av.VideoFrame(SIZE[1], SIZE[0], "yuv444p")
            for plane, part in zip(planes(frame), parts, strict=True):
                plane[:] = np.clip(np.rint(part), 0, 255)
            frame.pts, frame.colorspace, frame.color_range = number, 8, 2
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return Footage(
        path=folder / "in.mp4", frames=frames, times=times, end=FEW / RATE, flashes=[F(6, 25)], beeps=False
    )


def coded_clear(name: str, write: Writer, fps: str = "source") -> Input:
    """The same with alpha."""
    return Input(name=name, write=write, fps=fps, more=CLEAR)


GREY = [np.repeat(image[..., :1], 3, axis=2) for image in scene(evenly(20, RATE))]
FINE = ["--encoder-opt", "flags=+qscale", "--encoder-opt", "global_quality=118"]
PRORES = {"profile": "4444", "qscale": "1"}
X265 = {"x265-params": "lossless=1:log-level=none"}
TOP_LEFT = {"qp": "0", "preset": "ultrafast", "chroma_sample_location": "topleft"}

ROWS = (
    Row(
        kind="colours that a tag states: BT.601, BT.709, BT.2020, limited or full range, 4:2:0 to 4:4:4, YCgCo",
        awkward="the numbers in a file mean other colours under each of them, up to 28 levels off",
        does="converts by the tag, source frames and made ones alike, and tags the output with what it is",
        inputs=(
            coded("bt601.mp4", "in.mp4", **tagged(6)),
            coded("bt709.mp4", "in.mp4", fps="2x", **tagged(1)),
            coded("bt709-full.mp4", "in.mp4", **tagged(1, True)),
            coded(
                "bt2020-10-bit.mkv",
                "in.mkv",
                more=DEEP,
                deep=True,
                **tagged(9, False) | {"codec": "libx265", "pix_fmt": "yuv420p10le", "options": X265},
            ),
            coded("top-left-chroma.mp4", "in.mp4", **tagged(9, False) | {"options": TOP_LEFT}),
            coded("bt601-422.mov", "in.mov", "out.mov", **tagged(6) | {"pix_fmt": "yuv422p"}),
            coded("rgb.mp4", "in.mp4", "out.mp4", codec="libx264rgb", pix_fmt="rgb24", options={"qp": "0"}),
            coded(
                "matrix-alone-to.mp4",
                "in.mkv",
                "out.mp4",
                **tagged(9, others=2) | {"pix_fmt": "yuv444p"},
                more=["--codec", "libx264", "--pix-fmt", "yuv444p", "--encoder-opt", "qp=0"],
            ),
            Input(name="ycgco.mp4", write=ycgco, fps="source"),
        ),
    ),
    Row(
        kind="colours that no tag states",
        awkward="players guess by the size of the picture",
        does="guesses as they do (BT.709 from 1280 columns or 577 rows on), and `probe` says that it is a guess",
        inputs=(
            Input(
                name="untagged-small.mkv",
                write=written("in.mkv", pix_fmt="yuv420p"),
                probed=[r"smpte170m, limited range \(matrix, range guessed\)"],
            ),
            Input(
                name="untagged-large.avi",
                write=written(
                    "in.avi", count=6, white=(3,), size=HD, matrix=1, pix_fmt="yuv420p", codec="ffv1"
                ),  # which keeps no matrix in AVI
                fps="source",
                probed=[r"bt709, limited range \(matrix, range guessed\)"],
            ),
        ),
    ),
    Row(
        kind="colours that cannot be told: ICtCp, BT.2020 with constant luminance",
        awkward="read by any other matrix they are tinted",
        does="refuses them, and says what to do",
        inputs=(
            Input(
                name="ictcp.mp4",
                write=written(
                    "in.mp4", pix_fmt="yuv420p", options={"qp": "0", "preset": "ultrafast", "colorspace": "ictcp"}
                ),
                refused="its colours are coded as ictcp",
            ),
            Input(
                name="constant-luminance.mp4",
                write=written(
                    "in.mp4", pix_fmt="yuv420p", options={"qp": "0", "preset": "ultrafast", "colorspace": "bt2020c"}
                ),
                refused="its colours are coded as bt2020",
            ),
        ),
    ),
    Row(
        kind="codecs of cameras, editors and the web: ProRes, DNxHR, AV1, VP8, VP9, MPEG-4, Motion JPEG, raw samples",
        awkward="depths, ranges and packings of their own; decoders of VP8 and DNxHR say what they like about colours",
        does="every frame of the source comes back in its colours, at its full depth; colours are coded as decoders will "
        "take them",
        inputs=(
            coded(
                "prores.mov",
                "in.mov",
                "out.mkv",
                more=DEEP,
                codec="prores_ks",
                pix_fmt="yuv422p10le",
                deep=True,
                options={"profile": "hq", "qscale": "1"},
                loss=6,
                matrix=1,
                primaries=1,
                transfer=1,
                sound="pcm_s16le",
            ),
            coded(
                "dnxhr.mov",
                "in.mov",
                "out.mkv",
                codec="dnxhd",
                pix_fmt="yuv422p",
                count=FEW,
                matrix=1,
                options={"profile": "dnxhr_hq"},
                size=(120, 256),
                loss=6,
                primaries=1,
                transfer=1,
            ),
            coded(
                "av1.mp4",
                "in.mp4",
                "out.mp4",
                codec="libsvtav1",
                pix_fmt="yuv420p",
                count=FEW,
                loss=6,
                options={"crf": "4", "preset": "12"},
                sound="aac",
            ),
            coded(
                "vp8.webm",
                "in.webm",
                "out.webm",
                codec="libvpx",
                pix_fmt="yuv420p",
                count=FEW,
                loss=6,
                options={"crf": "4", "b": "20M"},
                sound="libopus",
            ),
            coded(
                "vp9.webm",
                "in.webm",
                "out.webm",
                codec="libvpx-vp9",
                pix_fmt="yuv444p",
                count=FEW,
                options={"lossless": "1"},
                sound="libopus",
            ),
            coded("mpeg4.mp4", "in.mp4", "out.mp4", codec="mpeg4", pix_fmt="yuv420p", loss=6, options=QUALITY),
            coded(
                "mjpeg.avi",
                "in.avi",
                "out.avi",
                codec="mjpeg",
                pix_fmt="yuvj422p",
                loss=6,
                options=QUALITY,
                sound="pcm_s16le",
            ),
            coded(
                "mpeg2.mxf",
                "in.mxf",
                "out.mkv",
                codec="mpeg2video",
                pix_fmt="yuv422p",
                loss=6,
                options=QUALITY,
                sound="pcm_s16le",
            ),
            coded(
                "vp8.ogv",
                "in.ogv",
                "out.mkv",
                codec="libvpx",
                pix_fmt="yuv420p",
                loss=6,
                options={"crf": "4", "b": "20M"},
                sound="libopus",
            ),
            coded("raw-nv12.nut", "in.nut", codec="rawvideo", pix_fmt="nv12"),
            coded("raw-yuyv.avi", "in.avi", codec="rawvideo", pix_fmt="yuyv422"),
            coded("v210.mov", "in.mov", more=DEEP, codec="v210", pix_fmt="yuv422p10le", deep=True),
            coded("ffv1-12-bit.mkv", "in.mkv", more=DEEP, codec="ffv1", pix_fmt="gbrp12le", deep=True),
            *(
                Input(
                    name=f"to-{codec}{target[3:]}",
                    write=written(
                        "in.mkv", size=(120, 256), count=8, white=(3,), **tagged(1) | {"pix_fmt": "yuv444p"}
                    ),
                    target=target,
                    fps="source",
                    more=["--codec", codec, *more],
                    colours=3.0,  # the encoder's own loss; another matrix or range would be 9 off
                )
                for codec, target, more in (
                    ("libvpx", "out.webm", ["--crf", "4"]),
                    ("dnxhd", "out.mov", ["--encoder-opt", "profile=dnxhr_hq"]),
                    ("mpeg4", "out.mp4", FINE),
                    ("mjpeg", "out.avi", FINE),
                )
            ),
            coded("grey.mkv", "in.mkv", codec="ffv1", pix_fmt="gray", frames=GREY, full_range=True),
        ),
    ),
    Row(
        kind="sizes that are odd",
        awkward="chroma of half the size has no half pixel",
        does="keeps the size, in full chroma where an encoder cannot halve it, and says so",
        inputs=(
            coded("odd.mkv", "in.mkv", size=(63, 95), pix_fmt="yuv420p", codec="ffv1"),
            coded("odd-444.mp4", "in.mp4", "out.mp4", size=(61, 87), pix_fmt="yuv444p"),
            Input(
                name="odd-420.mp4",
                write=written("in.mkv", size=(61, 87), codec="ffv1", pix_fmt="yuv420p"),
                target="out.mp4",
                more=["--codec", "libx264", "--encoder-opt", "qp=1"],
                told=["87 x 61 is an odd size: written as yuv444p"],
            ),
        ),
    ),
    Row(
        kind="pictures of 256 colours (AVI and MOV of old screen recorders, high-speed cameras)",
        awkward="after a seek FFmpeg has lost the palette, and every frame is black",
        does="compares every frame that is read again with what was scanned, and decodes from the start where it differs",
        inputs=(
            Input(
                name="palette.avi",
                write=palette("in.avi"),
                told=["a jump to frame"],
                fps="source",
                more=["--start", "0.4s"],
                begin=F(2, 5),
            ),
            Input(name="palette.mov", write=palette("in.mov", "png")),
        ),
    ),
    Row(
        kind="transparency: ProRes 4444, VP9, QuickTime Animation, PNG, TIFF, EXR",
        awkward="colours may be multiplied by alpha, and what moves at an edge mixes with what nobody sees",
        does="keeps alpha straight, in source frames and made ones; an output that has none is told of",
        inputs=(
            coded_clear("alpha.mov", clear("in.mov", "prores_ks", "yuva444p10le", options=PRORES, loss=6)),
            coded_clear(
                "alpha.webm",
                clear("in.webm", "libvpx-vp9", "yuva420p", options={"lossless": "1", "auto-alt-ref": "0"}),
            ),
            coded_clear("alpha-qtrle.mov", clear("in.mov", "qtrle", "argb", options={})),
            coded_clear("alpha-ffv1.mkv", clear("in.mkv", "ffv1", "bgra"), "2x"),
            coded_clear("alpha-png", images("in", alpha=True)),
            Input(name="alpha-exr", fps="source", write=exr(alpha=True), more=["--pix-fmt", "gbrap16le"]),
            coded_clear("alpha-premultiplied-tiff", stills("in", extra=1)),
            Input(
                name="alpha-lost.mkv",
                write=over_black(clear("in.mkv", "ffv1", "bgra")),
                target="out.mp4",
                told=["transparency is lost: libx264rgb has none"],
            ),
        ),
    ),
    Row(
        kind="folders of images: PNG, 16-bit PNG, TIFF in tiles, EXR, gaps in the numbers",
        awkward="FFmpeg decodes TIFF in tiles all black, and half floats and signed samples as other numbers",
        does="reads tiles itself, refuses what would be wrong, and keeps a gap in the numbers as one in time",
        inputs=(
            Input(name="png", write=images("in")),
            Input(name="png-16-bit", write=images("in", deep=True), more=DEEP),
            Input(
                name="png-gap",
                write=images("in", numbers=[3, 8, 9]),
                told=["3 numbers missing in the sequence; each is a gap in time"],
                probed=["3 numbers of the sequence"],
            ),
            Input(name="tiff", fps="source", write=stills("in")),
            Input(name="tiff-tiles", fps="source", write=stills("in", tile=16)),
            Input(name="tiff-tiles-16-bit", fps="source", write=stills("in", tile=32, kind="uint16"), more=DEEP),
            Input(name="tiff-half-float", write=stills("in", kind="float16"), refused="its samples are"),
            Input(name="tiff-signed", write=stills("in", kind="int16"), refused="its samples are"),
            Input(name="exr", fps="source", write=exr(alpha=False), more=DEEP),
        ),
    ),
)
