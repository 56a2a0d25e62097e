"""HDR10 metadata (the display a video was graded on, its brightest pixels), carried to the output's encoder.

References: SMPTE ST 2086 (mastering display colour volume); CTA-861.3 (maximum and frame-average light levels).
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.sidedata.sidedata import Type

from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.ffmpeg import main_video
from dynode_cli.media.reading.source import FileSource, Source
from dynode_cli.media.writing.encoders import Encoder

_PQ = 16
"""The transfer of HDR10 as numbered in ISO/IEC 23091-2."""


@dataclass(frozen=True)
class Mastering:
    """What the first frame says."""

    display: tuple[Fraction, ...] | None
    """CIE x and y of red, green, blue and white, then the least and most luminance in cd/m^2."""
    levels: tuple[int, int] | None
    """Most light of a pixel, and of a frame on average, in cd/m^2."""


def with_mastering(encoder: Encoder, source: Source, info: MediaInfo) -> Encoder:
    """`encoder` set to say what the HDR10 video `source` says; with a warning if it cannot.

    Raises:
        InputError: the source cannot be opened.
    """
    if info.transfer != _PQ or source.kind != "container":
        return encoder
    found = _mastering_of(source)
    warnings: list[str] = []
    options = dict(encoder.options)
    if found.display is not None or found.levels is not None:
        way = _WAYS.get(encoder.codec)
        if way is None:
            warnings.append(
                f"the mastering display and light levels of the source are lost: {encoder.codec} is not told of them"
            )
        else:
            name, settings = way[0], way[1](found)
            # Those that the user asked for come last, and so win.
            options[name] = ":".join([*settings, *([options[name]] if name in options else [])])
    return dataclasses.replace(encoder, options=options, warnings=(*encoder.warnings, *warnings))


def _mastering_of(source: FileSource) -> Mastering:
    with source.open() as container:
        try:
            frame = next(container.decode(main_video(container, source.name, source.stream)), None)
            side_data: Any = frame.side_data if frame is not None else {}
            kinds = {each.type.name: bytes(each) for each in _listed(side_data)}
        except (av.FFmpegError, ValueError):
            # PyAV refuses to list side data of which it does not know one kind.
            kinds = {}
    return Mastering(
        _display(kinds.get(Type.MASTERING_DISPLAY_METADATA.name)),
        _levels(kinds.get(Type.CONTENT_LIGHT_LEVEL.name)),
    )


def _listed(side_data: Any) -> list[Any]:
    return [side_data[number] for number in range(len(side_data))]


def _display(data: bytes | None) -> tuple[Fraction, ...] | None:
    """FFmpeg's AVMasteringDisplayMetadata: ten fractions, and whether primaries and luminance are set."""
    if data is None or len(data) < 88:
        return None
    numbers = struct.unpack("=22i", data[:88])
    fractions = [
        Fraction(top, under) if under else Fraction(0)
        for top, under in zip(numbers[:20:2], numbers[1:20:2], strict=True)
    ]
    return tuple(fractions) if all(numbers[20:22]) else None


def _levels(data: bytes | None) -> tuple[int, int] | None:
    """FFmpeg's AVContentLightMetadata: two numbers, of which 0 stands for unknown."""
    pixel, frame = struct.unpack("=2I", data[:8]) if data is not None and len(data) >= 8 else (0, 0)
    return (pixel, frame) if pixel or frame else None


def _x26x(display_name: str, levels_name: str) -> Callable[[Mastering], list[str]]:
    """Settings in steps of 0.00002 and of 0.0001 cd/m^2."""

    def settings(mastering: Mastering) -> list[str]:
        found = []
        if mastering.display is not None:
            xy = [round(value * 50_000) for value in mastering.display[:8]]
            least, most = (round(value * 10_000) for value in mastering.display[8:])
            found.append(f"{display_name}={_in_order([str(value) for value in xy], str(most), str(least))}")
        if mastering.levels is not None:
            found.append(f"{levels_name}={mastering.levels[0]},{mastering.levels[1]}")
        return found

    return settings


def _svt(mastering: Mastering) -> list[str]:
    found = []
    if mastering.display is not None:
        numbers = [f"{float(value):.5f}" for value in mastering.display]
        found.append(f"mastering-display={_in_order(numbers[:8], numbers[9], numbers[8])}")
    if mastering.levels is not None:
        found.append(f"content-light={mastering.levels[0]},{mastering.levels[1]}")
    return found


def _in_order(xy: list[str], most: str, least: str) -> str:
    red, green, blue, white = (f"({xy[k]},{xy[k + 1]})" for k in (0, 2, 4, 6))
    return f"G{green}B{blue}R{red}WP{white}L({most},{least})"


_WAYS: dict[str, tuple[str, Callable[[Mastering], list[str]]]] = {
    "libx264": ("x264-params", _x26x("mastering-display", "cll")),
    "libx265": ("x265-params", _x26x("master-display", "max-cll")),
    "libsvtav1": ("svtav1-params", _svt),
}
"""Encoders that can be told: by which option, and how they want it written."""
