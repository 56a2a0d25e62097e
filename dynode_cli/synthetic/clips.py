"""Tiny synthetic videos whose truth is known, for tests of plugins and of dynode itself.

    frames = moving_texture(24, size=(64, 96), velocity=(3, 1))
    write_clip(tmp_path / "clip.mp4", frames, rate=Fraction(24000, 1001))

Frames are (H, W, 3) or (H, W, 4) arrays, uint8 or uint16. Everything is the same on every run.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from dynode_cli.media.colour import FULL, LIMITED, ColourSpec, from_rgb
from dynode_cli.media.containers import CONTAINERS
from dynode_cli.media.pixels import layout_of
from dynode_cli.media.rotation import display_matrix

Frame = NDArray[Any]

LOSSLESS = {"libx264": {"qp": "0", "preset": "ultrafast"}, "ffv1": {}}
"""Encoder options under which decoding gives back what was encoded."""


@dataclass(frozen=True)
class Sound:
    """A sine tone beside the pictures, or beeps."""

    seconds: float
    start: Fraction = Fraction(0)
    codec: str = "aac"
    rate: int = 48000
    channels: str = "stereo"
    language: str = "eng"
    beeps: Sequence[float] | None = None
    """Seconds from its start at which it beeps (1 kHz, 60 ms), else silent; None: a tone throughout."""
    piece: int = 1024
    """Samples that the encoder gets at a time: those of a packet, where its codec leaves that open."""


@dataclass(frozen=True)
class Extras:
    """What a file holds beside its pictures."""

    sound: Sound | None = None
    subtitles: Sequence[tuple[float, float, str]] = ()
    """(begin, end, text) in seconds; written as SubRip, so for ``.mkv``."""
    chapters: Sequence[tuple[float, float, str]] = ()
    """(begin, end, title) in seconds."""
    metadata: Mapping[str, str] = field(default_factory=dict)


def moving_texture(
    count: int,
    *,
    size: tuple[int, int] = (64, 96),
    velocity: tuple[float, float] = (2.0, 1.0),
    seed: int = 0,
    times: Sequence[float] | None = None,
) -> list[Frame]:
    """A smooth colour texture that moves by `velocity` (right, down) pixels a unit of time.

    The texture is a sum of sinusoids evaluated where it has moved to, so the frame at any time, whole or not, is
    known exactly: `times` gives other ones than 0, 1, 2, ...
    """
    rng = np.random.default_rng(seed)
    waves = rng.uniform(-0.35, 0.35, (3, 6, 2))
    phases = rng.uniform(0, 2 * np.pi, (3, 6))
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    frames = []
    for time in times if times is not None else range(count):
        x, y = columns - velocity[0] * time, rows - velocity[1] * time
        angle = waves[..., 0, None, None] * x + waves[..., 1, None, None] * y + phases[..., None, None]
        value = 127.5 + 18 * np.sin(angle).sum(axis=1)
        frames.append(np.clip(np.rint(value), 0, 255).astype(np.uint8).transpose(1, 2, 0).copy())
    return frames


def two_shots(first: int, second: int, *, size: tuple[int, int] = (64, 96)) -> list[Frame]:
    """`first` frames of a dark texture, then a cut, then `second` frames of a bright one that moves differently."""
    dark = [(frame // 3) for frame in moving_texture(first, size=size, seed=1)]
    bright = [255 - frame // 3 for frame in moving_texture(second, size=size, velocity=(-1.0, 2.0), seed=2)]
    return dark + bright


def with_duplicates(frames: Sequence[Frame], at: Sequence[int]) -> list[Frame]:
    """`frames`, where each frame in `at` repeats the one before it, as a bad rate conversion does."""
    out = list(frames)
    for index in at:
        out[index] = out[index - 1]
    return out


def with_alpha(frames: Sequence[Frame]) -> list[Frame]:
    """`frames` (H, W, 3) with a fourth channel: a horizontal ramp from transparent to opaque."""
    return [
        np.dstack([frame, np.broadcast_to(np.linspace(0, 255, frame.shape[1]), frame.shape[:2]).astype(np.uint8)])
        for frame in frames
    ]


def write_clip(
    path: Path,
    frames: Sequence[Frame],
    *,
    rate: Fraction = Fraction(25),
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: Mapping[str, str] | None = None,
    matrix: int = 2,
    full_range: bool | None = None,
    primaries: int = 2,
    transfer: int = 2,
    sample_aspect_ratio: Fraction = Fraction(1),
    rotation: int = 0,
    extras: Extras = Extras(),
) -> Path:
    """Encode `frames`, losslessly unless `options` say otherwise.

    Arguments:
        pts: ticks of `time_base` (default: 1/90000 if given) of each frame; None: evenly spaced at `rate`.
        matrix, primaries, transfer: colour tags as numbered in ISO/IEC 23091-2; 2 writes none.
        full_range: None writes no range tag (and the frames as limited range).
        rotation: degrees counter-clockwise by which players turn the frames (MP4 and MOV only).

    Raises:
        ValueError: a rotation is asked for in another container.
    """
    container = CONTAINERS.get(path.suffix.lower())
    timescale = None if container is None else container.timescale
    # Only files of boxes have one, and a rotation is written into a box.
    if rotation and timescale is None:
        raise ValueError(f"{path.name}: a rotation is written only into .mp4 and .mov")
    base = time_base or (1 / rate if pts is None else Fraction(1, 90000))
    height, width = frames[0].shape[:2]
    # Without it the first time stamp would be kept in milliseconds.
    unit = base.denominator * -(-90000 // base.denominator)
    fine = {} if timescale is None else {timescale: str(unit)}
    with av.open(str(path), "w", container_options=fine) as output:
        stream: Any = output.add_stream(codec, rate=rate, time_base=base)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, pix_fmt
        context.options = dict(LOSSLESS.get(codec, {}) if options is None else options)
        context.sample_aspect_ratio = sample_aspect_ratio
        context.colorspace, context.color_primaries, context.color_trc = matrix, primaries, transfer
        context.color_range = 0 if full_range is None else FULL if full_range else LIMITED
        context.thread_count = 1
        # Frames keep their own durations; the last one has no successor to end it.
        context.flags |= 1 << 8
        spec = ColourSpec(matrix if matrix != 2 else 6, bool(full_range) or pix_fmt.startswith("yuvj"))
        sound = _sound_stream(output, extras.sound)
        lines = _subtitle_stream(output, extras.subtitles, path)
        output.metadata.update(extras.metadata)
        if extras.chapters:
            output.set_chapters(_chapters(extras.chapters))
        ticks = list(pts) if pts is not None else [round(k / rate / base) for k in range(len(frames))]
        step = round(1 / rate / base)
        durations = [*(b - a for a, b in pairwise(ticks)), step]
        for image, tick, duration in zip(frames, ticks, durations, strict=True):
            frame = from_rgb(image, pix_fmt, spec)
            frame.pts, frame.time_base, frame.duration = tick, base, max(1, duration)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        _write_sound(output, sound, extras.sound)
        if lines is not None:
            subtitles, packets = lines
            for packet in packets:
                packet.stream = subtitles
                output.mux_one(packet)
    if rotation:
        _turn(path, rotation)
    return path


def _turn(path: Path, rotation: int) -> None:
    """Write a rotation into the header of an MP4's first track, as cameras do (not every PyAV can)."""
    data = bytearray(path.read_bytes())
    header = data.index(b"tkhd")
    # ISO/IEC 14496-12, 8.3.2: version 1 counts time in 64 bits.
    matrix = header + (56 if data[header + 4] == 1 else 44)
    struct.pack_into(">9i", data, matrix, *display_matrix(rotation))
    path.write_bytes(data)


def write_images(folder: Path, frames: Sequence[Frame], *, pattern: str = "%05d.png", first: int = 1) -> Path:
    """One lossless image a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(frames, first):
        alpha = image.shape[2] == 4
        pix_fmt = {1: "rgba" if alpha else "rgb24", 2: "rgba64be" if alpha else "rgb48be"}[image.dtype.itemsize]
        encoder: Any = av.Codec("png", "w").create("video")
        encoder.height, encoder.width = image.shape[:2]
        encoder.pix_fmt, encoder.time_base = pix_fmt, Fraction(1, 25)
        packets = [*encoder.encode(from_rgb(image, pix_fmt, ColourSpec(1, True))), *encoder.encode(None)]
        (folder / (pattern % number)).write_bytes(b"".join(bytes(packet) for packet in packets))
    return folder


def write_intra_packets(
    path: Path, frames: Sequence[Frame], ticks: Sequence[int], *, time_base: Fraction = Fraction(1, 1000)
) -> Path:
    """Motion JPEG whose frames may differ in size and whose time stamps may be in any order; ``.mkv`` keeps both."""
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("mjpeg", rate=25, time_base=time_base)
        context = stream.codec_context
        context.height, context.width = frames[0].shape[:2]
        context.pix_fmt = "yuvj444p"
        output.start_encoding()
        for order, (image, tick) in enumerate(zip(frames, ticks, strict=True)):
            encoder: Any = av.Codec("mjpeg", "w").create("video")
            encoder.height, encoder.width = image.shape[:2]
            encoder.pix_fmt, encoder.time_base = "yuvj444p", time_base
            encoder.options = {"flags": "+qscale", "global_quality": "236"}
            frame = from_rgb(image, "yuvj444p", ColourSpec(6, True))
            for packet in [*encoder.encode(frame), *encoder.encode(None)]:
                packet.stream, packet.time_base = stream, time_base
                packet.pts, packet.dts, packet.duration = tick, min(order, tick), 0
                output.mux_one(packet)
    return path


def write_bare_h264(path: Path, frames: Sequence[Frame]) -> Path:
    """An H.264 elementary stream (``.h264``): it has no time stamps at all."""
    return write_clip(path, frames)


def truncate(path: Path, target: Path, keep: float) -> Path:
    """The first part `keep` (0 to 1) of a file, as a broken download leaves it."""
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * keep)])
    return target


def declare_size(path: Path, target: Path, width: int, height: int) -> Path:
    """A copy of the PNG `path` that claims to be `width` x `height`; its pixels are not there."""
    import struct
    import zlib

    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    target.write_bytes(bytes(data))
    return target


def bit_depth(pix_fmt: str) -> int:
    """Bits of a sample of `pix_fmt`."""
    return layout_of(pix_fmt).bits


def _sound_stream(output: Any, sound: Sound | None) -> Any:
    if sound is None:
        return None
    stream = output.add_stream(sound.codec, rate=sound.rate)
    stream.codec_context.layout = sound.channels
    stream.metadata["language"] = sound.language
    return stream


def _write_sound(output: Any, stream: Any, sound: Sound | None) -> None:
    if sound is None:
        return
    samples = _samples(sound)
    channels = stream.codec_context.layout.nb_channels
    first = round(sound.start * sound.rate)
    for at in range(0, len(samples), sound.piece):
        piece = samples[at : at + sound.piece]
        frame = av.AudioFrame.from_ndarray(np.tile(piece, (channels, 1)), "fltp", stream.codec_context.layout.name)
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, first + at, Fraction(1, sound.rate)
        output.mux(stream.encode(frame))
    output.mux(stream.encode(None))


def _samples(sound: Sound) -> NDArray[np.float32]:
    total = round(sound.seconds * sound.rate)
    if sound.beeps is None:
        return (0.2 * np.sin(2 * np.pi * 440 * np.arange(total) / sound.rate)).astype(np.float32)
    samples = np.zeros(total, np.float32)
    for time in sound.beeps:
        at = round(time * sound.rate)
        beep = np.arange(min(round(0.06 * sound.rate), total - at)) / sound.rate
        samples[at : at + len(beep)] = 0.5 * np.sin(2 * np.pi * 1000 * beep)
    return samples


def _subtitle_stream(
    output: Any, lines: Sequence[tuple[float, float, str]], path: Path
) -> tuple[Any, list[Any]] | None:
    if not lines:
        return None
    text = "".join(
        f"{number}\n{_clock(begin)} --> {_clock(end)}\n{line}\n\n"
        for number, (begin, end, line) in enumerate(lines, 1)
    )
    script = path.with_suffix(".srt")
    script.write_text(text)
    with av.open(str(script)) as source:
        template = source.streams[0]
        added = output.add_stream_from_template(template)
        added.metadata["language"] = "deu"
        packets = [packet for packet in source.demux(template) if packet.size]
    script.unlink()
    return added, packets


def _chapters(chapters: Sequence[tuple[float, float, str]]) -> list[Any]:
    return [
        {
            "id": number,
            "start": round(begin * 1000),
            "end": round(end * 1000),
            "time_base": Fraction(1, 1000),
            "metadata": {"title": title},
        }
        for number, (begin, end, title) in enumerate(chapters, 1)
    ]


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3600000:02}:{whole // 60000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"
