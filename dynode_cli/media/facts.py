"""Facts about a video: size, duration, frame rate, time base, colour, streams, chapters, metadata."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dynode_cli.media.colour import BT709, FULL, LIMITED, ColourSpec
from dynode_cli.media.colour_names import MATRICES, PRIMARIES, RANGES, TRANSFERS
from dynode_cli.media.spatial import Spatial


@dataclass(frozen=True)
class StreamInfo:
    """One stream of a container."""

    index: int
    type: str
    """``video``, ``audio``, ``subtitle``, ``data`` or ``attachment``."""
    codec: str | None
    language: str | None
    title: str | None
    time_base: Fraction | None
    start: Fraction | None
    """Seconds."""
    duration: Fraction | None
    """Seconds."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Sample rate and channels of audio."""


@dataclass(frozen=True)
class Chapter:
    """A named stretch of the video, in seconds on the source's clock."""

    start: Fraction
    end: Fraction
    title: str | None


@dataclass(frozen=True)
class MediaInfo:
    """Facts about a source. Times are seconds on its own clock, whose zero is explained at `zero`."""

    name: str
    container: str
    duration: Fraction | None
    """Duration that the container declares, the longest stream counting."""
    codec: str
    width: int
    """Columns as coded, before `rotation`."""
    height: int
    pix_fmt: str
    bit_depth: int
    """Bits of a sample; 8 or less is read as uint8, more as uint16."""
    alpha: bool
    time_base: Fraction
    start_pts: int
    """First time stamp of the video in ticks of `time_base`; 0 if the file does not say."""
    average_rate: Fraction
    """Frames per second, as the container has them or its clock gives them."""
    nominal_rate: Fraction
    """Frames per second that the clock seems to count; of fields, perhaps."""
    declared_frames: int | None
    primaries: int
    transfer: int
    matrix: int
    range: int
    """Colour tags as numbered in ISO/IEC 23091-2, as the file has them: 2 (0 for the range) is unspecified."""
    colour: ColourSpec
    """What the tags mean, with guesses (see :func:`dynode_cli.media.colour.resolve`) where they are missing."""
    guessed: tuple[str, ...]
    """Names of the tags that `colour` had to guess."""
    chroma_location: str = "unspecified"
    """Where the file says that subsampled chroma lies, by FFmpeg's name: ``left``, ``topleft``, ``center``, ..."""
    beside: tuple[str, ...] = ()
    """What comes with the pictures beside their samples: closed captions, Dolby Vision, a 360-degree projection, ..."""
    dolby_vision: int | None = None
    """Profile of Dolby Vision; 5 has no picture without it."""
    spatial: Spatial | None = None
    """360-degree projection and 3-D layout, as the header of the track has them."""
    crop: tuple[int, ...] | None = None
    """Columns on the left, rows above, columns on the right and rows below that the file says are not to be shown; they
    are cut off already."""
    rounding: Fraction | None = None
    """Seconds by which frames of an animation may lie off those of an even rate, which its format rounds; 0 where times
    are exact: images, frames in memory; None for any other source, where it is a tick."""
    coded_rate: Fraction | None = None
    """Frames per second that the codec's own headers state."""
    zero: Fraction = Fraction(0)
    """Time stamp that counts as time 0. It is 0 but for MPEG transport and program streams, whose clock starts
    anywhere: there it is the first time stamp of any stream."""
    sample_aspect_ratio: Fraction = Fraction(1)
    rotation: int = 0
    """Degrees counter-clockwise by which a player turns the frames."""
    display_matrix: tuple[int, ...] | None = None
    """The 3 x 3 matrix behind `rotation`, flips included."""
    interlaced: bool = False
    missing: int = 0
    """Numbers that are missing in a sequence of images; each leaves a gap of one frame."""
    plays: int | None = None
    """How often an animated GIF, WebP or APNG plays; 0: for ever; None for any other source."""
    streams: tuple[StreamInfo, ...] = ()
    video_index: int = 0
    chapters: tuple[Chapter, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def start(self) -> Fraction:
        """Time of the first frame in seconds."""
        return self.start_pts * self.time_base - self.zero

    @property
    def slack(self) -> Fraction:
        """Seconds by which times of frames may be off: `rounding`, or a tick."""
        return self.time_base if self.rounding is None else self.rounding

    @property
    def declared_end(self) -> Fraction | None:
        """Time at which the container says that the video ends, in seconds; None if it does not."""
        for stream in self.streams:
            if stream.index == self.video_index and stream.start is not None and stream.duration is not None:
                return stream.start + stream.duration - self.zero
        return None

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) as coded."""
        return self.height, self.width

    @property
    def deep(self) -> bool:
        """Whether frames are read as uint16."""
        return self.bit_depth > 8

    def to_json(self) -> dict[str, Any]:
        """Everything as numbers, strings, lists and dicts; fractions as strings such as ``24000/1001``."""
        facts: dict[str, Any] = as_json(dataclasses.asdict(self))
        facts["colour"] = {
            "primaries": PRIMARIES.get(self.primaries, str(self.primaries)),
            "transfer": TRANSFERS.get(self.transfer, str(self.transfer)),
            "matrix": MATRICES.get(self.matrix, str(self.matrix)),
            "range": RANGES.get(self.range, str(self.range)),
            "used_matrix": MATRICES[self.colour.matrix],
            "used_range": RANGES[FULL if self.colour.full_range else LIMITED],
            "guessed": list(self.guessed),
            "chroma_location": self.chroma_location,
        }
        for name in ("primaries", "transfer", "matrix", "range", "guessed", "chroma_location"):
            del facts[name]
        return facts


def as_json(value: Any) -> Any:
    """`value` as JSON has it: fractions as strings such as ``24000/1001``, tuples as lists."""
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value


def made_video(name: str, width: int, height: int, rate: Fraction, frames: int) -> MediaInfo:
    """What a writer is told about made frames: 8-bit, BT.709, limited range, square pixels.

    Arguments:
        rate: frames per second.
        frames: how many.
    """
    return MediaInfo(
        name=name,
        container="",
        duration=frames / rate,
        codec="",
        width=width,
        height=height,
        pix_fmt="yuv420p",
        bit_depth=8,
        alpha=False,
        time_base=1 / rate,
        start_pts=0,
        average_rate=rate,
        nominal_rate=rate,
        declared_frames=frames,
        primaries=BT709,
        transfer=BT709,
        matrix=BT709,
        range=LIMITED,
        colour=ColourSpec(BT709, full_range=False),
        guessed=(),
    )
