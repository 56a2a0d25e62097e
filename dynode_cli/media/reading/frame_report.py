"""Side data of a frame (closed captions, Dolby Vision, HDR10+, 360 degrees, 3-D) and where its chroma lies.

PyAV passes the latter on not at all, and refuses to list side data of which it does not know one kind; FFmpeg's filter
`showinfo` tells both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import av.logging
from av.filter import Graph

from dynode_cli.media.chroma import LOCATIONS
from dynode_cli.media.spatial import PROJECTION, STEREO

UNKNOWN = "unspecified"
DOLBY_VISION = "Dolby Vision"
_LOCATION = re.compile(r"\bcl:(\w+)")
_SIDE_DATA = re.compile(r"side data - ([^:\n]*)(?::\s*([^\n]*))?")
_KINDS = {
    "A53": "closed captions (CEA-608/708)",
    "Dolby Vision": DOLBY_VISION,
    "SMPTE2094-40": "HDR10+",
    "CUVA": "HDR Vivid",
    "Spherical": PROJECTION,
    "Stereo": STEREO,
    "Active Format": "active format description",
}
"""Kinds that are told of, by a word of FFmpeg's name for each."""
_DETAILED = {PROJECTION, STEREO}
_DETAIL = re.compile(r"(?:type - )?([\w -]+?)\s*(?:,|\(|\[|$)")


@dataclass(frozen=True)
class FrameReport:
    """What FFmpeg tells of a frame beside its samples."""

    chroma_location: str = UNKNOWN
    """One of :data:`~dynode_cli.media.chroma.LOCATIONS`, or ``unspecified``."""
    beside: tuple[str, ...] = ()
    """What comes with it, in words."""
    dolby_vision: int | None = None
    """Profile of Dolby Vision."""


def report_on(frame: av.VideoFrame) -> FrameReport:
    """What FFmpeg tells of `frame`."""
    text = _told(frame)
    location = _LOCATION.search(text)
    known = location is not None and location[1] in LOCATIONS
    return FrameReport(
        location[1] if location is not None and known else UNKNOWN,
        tuple(dict.fromkeys(_beside(text))),
        _profile(text),
    )


def _told(frame: av.VideoFrame) -> str:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=av.VideoFormat(frame.format.name), time_base=Fraction(1, 25)
    )
    graph.link_nodes(source, graph.add("showinfo", "checksum=0"), graph.add("buffersink")).configure()
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.logging.Capture() as told:
            graph.vpush(frame)
            graph.vpull()
    except av.FFmpegError:
        return ""
    finally:
        av.logging.set_level(level)
    return "".join(text for _, _, text in told)


def _beside(text: str) -> Iterator[str]:
    for name, detail in _SIDE_DATA.findall(text):
        for word, kind in _KINDS.items():
            if word in name:
                found = _DETAIL.match(detail) if kind in _DETAILED else None
                yield f"{kind} ({found[1]})" if found is not None else kind


def _profile(text: str) -> int | None:
    """The profile that a frame's data fit, as FFmpeg guesses it for lack of a header; see :mod:`~.track_headers`."""
    numbers = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", text)}
    if "Dolby Vision" not in text or "vdr_rpu_profile" not in numbers:
        return None
    if numbers["vdr_rpu_profile"] == 0:
        return 5 if numbers.get("bl_video_full_range_flag") else None
    return 10 if numbers["vdr_rpu_profile"] == 2 else 8
