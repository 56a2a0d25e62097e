"""Containers (mp4, mov, mkv, webm, avi, ts, flv, gif, webp, apng) and their muxers: what each can hold, a row each.

This is the only place that knows containers by name; all others ask a row. A quirk is a field here, whoever asks for it,
and a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dynode_cli.errors import UsageError
from dynode_cli.suggestions import hint

PIPE = "-"
"""What stands for standard output."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A kind of file that can be written."""

    endings: tuple[str, ...]
    """Of file names, in lower case; the usual one first."""
    muxer: str
    """FFmpeg's name of it."""
    codec: str
    """Its default encoder."""
    keeps_ending: bool = True
    """Whether what is made of such a source is of this kind too, if the user does not say; else it becomes MP4."""

    ticks: int | None = None
    """Ticks a second that it rounds time stamps to, where that is coarse."""
    goes_back: bool = False
    """Whether it cannot be written to a pipe, as something near its beginning is known only at the end."""
    constant_rate: bool = False
    """Whether frames must be evenly spaced."""
    fastest: int | None = None
    """Frames a second that players show at most, where that is few."""
    stores_order: bool = True
    """Whether it stores the order of display, so that frames need not be stored in it."""
    timescale: str | None = None
    """Option of the muxer for the ticks a second of the whole movie, in which the first time stamp is kept; by default
    milliseconds. Only files of boxes (ISO/IEC 14496-12) have it."""
    keeps_negative_times: bool = False
    """Whether to tell the muxer to leave stamps before 0, as sound has that begins with the priming of AAC: shifting
    everything would move the pictures, or leave a gap before the second one."""
    plays_option: str | None = None
    """Option of the muxer for how often an animation plays."""
    makes_up_end: bool = False
    """Whether FFmpeg makes up how long the last frame lasts."""
    counts_repeats: bool = False
    """Whether that option counts the times after the first."""

    takes_rotation: bool = False
    """Whether it can say that players must turn the frames."""
    pixel_aspect: Literal["header", "afterwards"] | None = None
    """Where it stores the shape of pixels: in its header, or in the complete file (see :mod:`~.writing.matroska`)."""
    takes_spatial: Literal["boxes", "elements"] | None = None
    """How it says of pictures that they show 360 degrees or two views."""
    takes_matrix: Literal["alone", "with others"] | None = None
    """Whether it stores the colour matrix: by itself, or only where primaries and transfer are known too."""
    chroma_locations: frozenset[str] = frozenset()
    """Where it can say that subsampled chroma lies, for codecs that do not; see :mod:`~dynode_cli.media.chroma`."""
    takes_range: bool = False
    """Whether it stores a full range for codecs that do not."""
    hevc_tag: str | None = None
    """How HEVC is to be named where its parameter sets are held beside the pictures: players of Apple show no `hev1`."""

    pictures_only: bool = False
    """Whether it cannot hold other streams, chapters and metadata."""
    sound_codec: str = "aac"
    """Encoder of sound that is not copied."""
    hides_sound: bool = False
    """Whether packets before time 0 are there to be decoded and not to be heard, as an edit list has it."""
    sound_from_zero: bool = False
    """Whether every sound begins at 0, so that silence has to be put before one that is late."""
    names_channels: bool = False
    """Whether it refuses sound whose channels have no names, or ends the program over it."""
    several_sounds: frozenset[str] | None = None
    """Codecs of which it holds several tracks of sound; over several of others FFmpeg ends the program. None: of all."""
    only_layer_iii: bool = False
    """Whether it holds no MPEG audio but MP3; FFmpeg writes the others and calls them that."""
    refuses_unknown: bool = False
    """Whether it takes no packet of a codec that it does not know, so that none is read back to see: FFmpeg 8.0 crashes
    on reading such a file."""
    text_codec: str | None = None
    """Encoder of the text that it holds as subtitles."""
    takes_attachments: bool = False
    """Whether it holds files, covers among them: as a stream a cover would be one more video there."""
    takes_chapters: bool = False
    takes_tags: bool = True
    """Whether it holds a title and the like."""
    takes_timecode: bool = False
    """Whether it keeps the timecode of the first frame."""
    quicktime_languages: bool = False
    """Whether languages are those of QuickTime's table rather than of ISO 639-2."""
    apple_tags: Literal["as any", "beside", "instead"] = "as any"
    """Where it holds the tags of phones and cameras (``com.apple.quicktime...``) under their own names: among any others;
    beside the usual ones, if the muxer is told to; or in place of those, if it is told to."""


_PLACES = frozenset({"left", "center", "topleft"})

CONTAINER_ROWS = (
    Container(
        endings=(".mp4", ".m4v"), muxer="mp4", codec="libx264", goes_back=True,
        timescale="movie_timescale",
        takes_rotation=True, pixel_aspect="header", takes_spatial="boxes", takes_matrix="with others", hevc_tag="hvc1",
        hides_sound=True,
        names_channels=True, text_codec="mov_text", takes_chapters=True, takes_timecode=True, apple_tags="instead",
    ),
    Container(
        endings=(".mov",), muxer="mov", codec="libx264", goes_back=True,
        timescale="movie_timescale",
        takes_rotation=True, pixel_aspect="header", takes_spatial="boxes", takes_matrix="with others", hevc_tag="hvc1",
        hides_sound=True,
        names_channels=True, text_codec="mov_text", takes_chapters=True, takes_timecode=True, apple_tags="beside",
        quicktime_languages=True,
    ),
    Container(
        endings=(".mkv",), muxer="matroska", codec="libx264",
        ticks=1000, keeps_negative_times=True,
        takes_rotation=True, pixel_aspect="afterwards", takes_spatial="elements", takes_matrix="alone",
        takes_range=True,
        chroma_locations=_PLACES,
        text_codec="subrip", takes_chapters=True, takes_timecode=True, takes_attachments=True,
    ),
    Container(
        endings=(".webm",), muxer="webm", codec="libvpx-vp9",
        ticks=1000, keeps_negative_times=True,
        takes_rotation=True, pixel_aspect="afterwards", takes_spatial="elements", takes_matrix="alone",
        chroma_locations=_PLACES,
        sound_codec="libopus", text_codec="webvtt", takes_chapters=True, takes_timecode=True,
    ),
    Container(
        endings=(".avi",), muxer="avi", codec="mpeg4",
        constant_rate=True, stores_order=False, keeps_negative_times=True,
        sound_from_zero=True,
    ),
    Container(endings=(".ts",), muxer="mpegts", codec="libx264", keeps_ending=False, takes_tags=False),
    Container(
        endings=(".flv",), muxer="flv", codec="libx264", keeps_ending=False,
        ticks=1000,
        names_channels=True, only_layer_iii=True, refuses_unknown=True,
        several_sounds=frozenset({"aac", "ac3", "eac3", "flac", "opus", "libopus", "mp3", "mp3float"}),
    ),
    Container(
        endings=(".gif",), muxer="gif", codec="gif", pictures_only=True,
        ticks=100, fastest=50, plays_option="loop", counts_repeats=True,
    ),
    Container(
        endings=(".webp",), muxer="webp", codec="libwebp_anim", pictures_only=True, goes_back=True, ticks=1000,
        plays_option="loop", makes_up_end=True,
    ),
    Container(
        endings=(".apng", ".png"), muxer="apng", codec="apng", pictures_only=True, goes_back=True,
        plays_option="plays", makes_up_end=True,
    ),
)  # fmt: skip
"""Kinds of file, the usual ones first."""

CONTAINERS: Mapping[str, Container] = {ending: row for row in CONTAINER_ROWS for ending in row.endings}
"""The same by ending."""
USUAL = CONTAINERS[".mp4"]
"""What a video becomes if nothing speaks for another kind."""
PIPED = CONTAINERS[".mkv"]
"""What goes to standard output; it holds nearly everything, and needs no way back."""

IMAGES: Mapping[str, Container] = {
    ending: Container(endings=endings, muxer="images", codec=codec, pictures_only=True)
    for codec, endings in {
        "png": (".png",), "mjpeg": (".jpg", ".jpeg"), "tiff": (".tif", ".tiff"), "bmp": (".bmp",),
        "libwebp": (".webp",), "exr": (".exr",), "dpx": (".dpx",), "ppm": (".ppm",), "qoi": (".qoi",),
        "targa": (".tga",),
    }.items()
    for ending in endings
}  # fmt: skip
"""Kinds of image that a sequence can be written of, by ending."""

READABLE_IMAGES = frozenset({
    ".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".webp", ".exr", ".dpx", ".tga", ".ppm", ".pgm", ".pnm",
    ".pam", ".jp2", ".qoi", ".hdr", ".sgi", ".gif",
})  # fmt: skip
"""Endings of the files in a folder that are taken for its frames."""


@dataclass(frozen=True, kw_only=True)
class Demuxer:
    """What has to be known of a kind of file to read it."""

    shows_video: bool = True
    """Whether its pictures are those of a video; False: text drawn as a terminal would draw it."""
    starts_anywhere: bool = False
    """Whether its clock does, so that the first time stamp of any stream counts as 0."""
    shape_varies: bool = False
    """Whether only its frames say which shape their pixels have, so that it may change on the way."""
    rounds_delays: bool = False
    """Whether frames stay for delays that it rounds; FFmpeg goes by the delay of the first one."""
    exact_delay: bool = False
    """Whether it keeps that delay more exactly than in ticks."""
    always_alpha: bool = False
    """Whether its frames are decoded with alpha whether or not anything is see-through."""
    whole_durations: bool = False
    """Whether FFmpeg takes its average rate from durations in whole ticks, which are coarse."""
    lasts_to_next: bool = False
    """Whether everything is said to last until the next thing in its stream, across gaps too."""
    counts_empty: bool = False
    """Whether it holds nothing for a frame that was dropped, and counts it."""
    delays_pictures: bool = False
    """Whether FFmpeg makes up time stamps for them, later by the frames that a decoder holds back: there are none in
    the file, and players show the first picture at its beginning."""
    late_samples: Mapping[str, int] = field(default_factory=dict)
    """By codec: samples of sound that come out of a decoder before the first that went into the encoder, and of which
    the file cannot tell."""
    last_bytes: bytes = b""
    """What the last byte of a packet can be that is whole, where its decoder does not say so; empty: anything."""
    counts_from_zero: bool = False
    """Whether what FFmpeg says a stream lasts is when the file ends, whenever the stream begins."""


_OF_LAME = 576 + 529
"""Samples by which LAME, which nearly all MP3 is from, and decoders of MP3 delay sound."""
_DEMUXERS = {
    "mpegts": Demuxer(starts_anywhere=True, shape_varies=True),
    "mpeg": Demuxer(starts_anywhere=True, shape_varies=True),
    "mov,mp4,m4a,3gp,3g2,mj2": Demuxer(lasts_to_next=True),
    "avi": Demuxer(
        counts_empty=True, delays_pictures=True, late_samples=dict.fromkeys(("mp3", "mp3float"), _OF_LAME)
    ),
    "flv": Demuxer(whole_durations=True),
    "asf": Demuxer(whole_durations=True, counts_from_zero=True),
    "gif": Demuxer(rounds_delays=True, always_alpha=True, last_bytes=b"\0;"),
    "apng": Demuxer(rounds_delays=True, exact_delay=True),
    "tty": Demuxer(shows_video=False),
    "ilbc": Demuxer(shows_video=False),
}


def demuxer(name: str) -> Demuxer:
    """What has to be known of files that FFmpeg reads as `name`."""
    return _DEMUXERS.get(name, Demuxer())


def container_for(target: str) -> Container:
    """What kind of file `target` names.

    Raises:
        UsageError: its ending is unknown.
    """
    if target == PIPE:
        return PIPED
    suffix = Path(target).suffix.lower()
    if suffix in CONTAINERS:
        return CONTAINERS[suffix]
    known = ", ".join(CONTAINERS)
    if suffix in IMAGES:
        raise UsageError(
            f"{target}: one {suffix} file cannot hold a video",
            hint=f"write a sequence with {Path(target).stem}-%05d{suffix}",
        )
    if not suffix:
        raise UsageError(
            f"{target}: the name has no ending that says what to write", hint=f"use {known}, or a folder/"
        )
    raise UsageError(f"{target}: '{suffix}' is not an ending that can be written", hint=hint(suffix, CONTAINERS))


def ending_after(source: str) -> str:
    """The ending of what is made of the file `source`, if the user names none."""
    suffix = Path(source).suffix.lower()
    kept = suffix in {row.endings[0] for row in CONTAINER_ROWS if row.keeps_ending}
    return suffix if kept else USUAL.endings[0]
