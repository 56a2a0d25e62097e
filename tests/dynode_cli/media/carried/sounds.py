"""Sounds whose truth is known: beeps at given times, and when they are heard in a file."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from dynode_cli.synthetic.clips import moving_texture, write_clip

Samples = NDArray[np.float32]


def beeps(seconds: float, times: Sequence[float], rate: int, *, kind: str = "beep") -> Samples:
    """Mono sound in which clicks, beeps (1 kHz, 60 ms), bursts of noise or drums over a tone set in at `times`."""
    rng = np.random.default_rng(0)
    sound = 1e-4 * rng.normal(size=round(seconds * rate))
    for time in times:
        at = round(time * rate)
        t = np.arange(min(round(0.06 * rate), len(sound) - at)) / rate
        sound[at : at + len(t)] += {
            "click": 0.8 * (t < 0.001),
            "beep": 0.5 * np.sin(2 * np.pi * 1000 * t),
            "noise": 0.2 * rng.normal(size=len(t)),
            "drum": 0.5 * np.sin(2 * np.pi * 200 * t) * np.exp(-t / 0.01),
        }[kind]
    if kind == "drum":
        sound += 0.03 * np.sin(2 * np.pi * 330 * np.arange(len(sound)) / rate)
    return sound.astype(np.float32)


def onsets(sound: Samples, rate: int, near: Sequence[float], *, within: float) -> NDArray[np.float64]:
    """When the sound first reaches a fifth of what it reaches `within` seconds of each of the times `near`."""
    found = []
    for time in near:
        first = max(0, round((time - within) * rate))
        part = np.abs(sound[first : round((time + within) * rate)])
        found.append((first + int(np.argmax(part >= part.max() / 5))) / rate)
    return np.array(found)


def write_sounding(
    path: Path, sound: Samples, rate: int, *, codec: str = "aac", layout: str = "mono", start: Fraction = Fraction(0)
) -> Path:
    """A clip as long as `sound` (and the time before its `start`) that plays it in every channel.

    Samples that are not a number are left out of the file.
    """
    count = round((len(sound) / rate + start) * 25)
    pictures = write_clip(path.with_suffix(".pictures.mp4"), moving_texture(count, size=(16, 16)))
    with av.open(str(pictures)) as source, av.open(str(path), "w") as output:
        copied = output.add_stream_from_template(source.streams.video[0])
        stream: Any = output.add_stream(codec, rate=rate)
        stream.codec_context.layout = layout
        channels = stream.codec_context.layout.nb_channels
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = copied
                output.mux(packet)
        for at in range(0, len(sound), 1024):
            piece = sound[at : at + 1024]
            if np.isnan(piece).any():
                continue
            frame = av.AudioFrame.from_ndarray(np.tile(piece, (channels, 1)), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, round(start * rate) + at, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    pictures.unlink()
    return path


def heard(path: Path) -> tuple[Samples, int]:
    """The first channel of the sound of a file from time 0 on, each part where its stamp puts it; and the rate."""
    parts: list[tuple[int, Samples]] = []
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        for frame in container.decode(stream):
            assert frame.pts is not None and frame.time_base is not None
            samples = av.AudioResampler("fltp", frame.layout.name, frame.sample_rate).resample(frame)[0].to_ndarray()
            parts.append((round(frame.pts * frame.time_base * frame.sample_rate), samples[0]))
        rate = stream.codec_context.sample_rate
    sound = np.zeros(max(at + len(part) for at, part in parts), np.float32)
    for at, part in parts:
        sound[max(0, at) : max(0, at + len(part))] = part[max(0, -at) :]
    return sound, rate
