"""Input options: a source, the frame rate of image sequences, deinterlacing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, request
from dynode_cli.requests.timing import TIME
from dynode_cli.values.file_names import file_name
from dynode_cli.values.frames import Frames
from dynode_cli.values.stream_words import parse_stream
from dynode_cli.values.times import Number, Rate, parse_rate

Deinterlace = Literal["auto", "on", "off"]
"""Which frames are deinterlaced: those that are flagged as interlaced, all, or none."""

Gaps = Literal["auto", "keep", "close"]
"""Which jumps ahead of a file's clock are taken out: those of joined recordings, none, or every gap."""


@request
class Reading(Request):
    """A source, and what it does not say of itself."""

    source: Parsed[str, str | Path] = option(
        kw_only=False, metavar="IN", help="Video, folder of images, pattern, or -.", parse=file_name
    )
    input_rate: Parsed[Rate | None, Rate | Number | None] = option(
        default=None,
        flags=("--input-rate",),
        metavar="RATE",
        panel=TIME,
        help="Rate of an image sequence. Default: 25.",
        parse=parse_rate,
        project=True,
    )
    stream: Parsed[int | None, str | int | None] = option(
        default=None,
        flags=("--stream",),
        metavar="v:N",
        panel=TIME,
        help="Video of a file, v:0 the first. Default: the one marked as default, then the largest.",
        parse=parse_stream,
    )
    gaps: Gaps = option(
        default="auto",
        flags=("--gaps",),
        panel=TIME,
        help="Gaps in which a file holds nothing: close those where recordings were joined, keep all, or close all.",
    )


def clip_given(given: str | Path | Frames[Any]) -> str | Frames[Any]:
    """A source that may be frames in memory."""
    return given if isinstance(given, Frames) else file_name(given)


@request
class Deinterlacing(Reading):
    """A source whose interlaced frames are made whole."""

    deinterlace: Deinterlace = option(
        default="auto",
        flags=("--deinterlace",),
        panel=TIME,
        help="Make whole frames of interlaced ones: those flagged so, all, or none.",
        project=True,
    )
