"""Colours of an output: by which matrix, range and chroma location its frames are coded, and what it says of that.

Frames are coded as the source's are where the output can say so, and else as those who read it will take them.
"""

from __future__ import annotations

from dataclasses import replace

from av.video.codeccontext import VideoCodecContext

from dynode_cli.media.chroma import LEFT, LOCATIONS
from dynode_cli.media.colour import (
    BT601,
    BT709,
    BT2020,
    FULL,
    LIMITED,
    RGB,
    UNSPECIFIED,
    ColourSpec,
    players_know,
    resolve,
)
from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.pixels import layout_of
from dynode_cli.media.writing.encoders import Encoder

# Codecs that store the matrix, and those that store a full range or leave that to the container.
_CODES_MATRIX = {"libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks", "mpeg2video"}
_CODES_RANGE = {"libx264", "libx265", "libsvtav1", "libvpx-vp9"}
_PLAIN = {"ffv1", "huffyuv", "ffvhuff", "rawvideo"}
# Codecs whose decoders know only these, whatever the container says; the first is what another becomes.
_ONLY_MATRICES = {
    "dnxhd": (BT709, BT2020), "libvpx": (BT601, 5), "mjpeg": (BT601, 5), "libvpx-vp9": (BT709, 5, 6, 7, 9),
}  # fmt: skip
# Codecs that store where chroma lies, as which of its places; and those that always mean the same one.
_CODES_LOCATION = {"libx264": LOCATIONS, "libx265": LOCATIONS, "libsvtav1": frozenset({LEFT, "topleft"})}
_ONLY_LOCATION = {"mpeg4": LEFT, "mpeg2video": LEFT, "mpeg1video": "center", "mjpeg": "center"}


def spec_for(encoder: Encoder, info: MediaInfo, width: int, height: int) -> ColourSpec:
    """How frames of `width` x `height` are coded."""
    matrix = info.colour.matrix
    if not players_know(matrix) or not _stores_matrix(encoder, info):
        matrix = resolve(UNSPECIFIED, 0, encoder.pix_fmt, width, height)[0].matrix
    only = _ONLY_MATRICES.get(encoder.codec)
    if only is not None and matrix not in only:
        matrix = only[0]
    location = _location(encoder, info.colour.chroma_location)
    # Readers take grey for full range whatever its tag says, and images have no tag.
    if encoder.pix_fmt.startswith("yuvj") or layout_of(encoder.pix_fmt).kind == "gray":
        return ColourSpec(matrix, full_range=True, chroma_location=location)
    # RGB has no range of its own to carry over, and limited is what players expect of YUV.
    keeps = encoder.codec in _CODES_RANGE or (encoder.codec in _PLAIN and encoder.container.takes_range)
    full = info.colour.full_range and keeps and layout_of(info.pix_fmt).kind == "yuv"
    return ColourSpec(matrix, full, location)


def tag_colours(context: VideoCodecContext, encoder: Encoder, info: MediaInfo, spec: ColourSpec) -> None:
    """Write the source's colour tags; what it left open stays open unless the output would read differently."""
    context.color_primaries, context.color_trc = info.primaries, info.transfer
    if layout_of(encoder.pix_fmt).kind == "rgb":
        context.colorspace, context.color_range = RGB, FULL
        return
    tagged = players_know(info.matrix) or info.matrix == UNSPECIFIED
    same = replace(spec, chroma_location=info.colour.chroma_location) == info.colour
    same = same and tagged and layout_of(info.pix_fmt).kind == "yuv"
    context.colorspace = info.matrix if same else spec.matrix
    context.color_range = FULL if spec.full_range else LIMITED
    if same and not spec.full_range:
        context.color_range = info.range


def with_chroma_location(encoder: Encoder, spec: ColourSpec) -> Encoder:
    """`encoder` set to say that chroma lies elsewhere than usual."""
    location = spec.chroma_location
    if location == LEFT or location not in _locations(encoder):
        return encoder
    return replace(encoder, options={"chroma_sample_location": location, **encoder.options})


def _location(encoder: Encoder, wanted: str) -> str:
    return wanted if wanted in _locations(encoder) else _ONLY_LOCATION.get(encoder.codec, LEFT)


def _locations(encoder: Encoder) -> frozenset[str]:
    """Where an output can say that chroma lies."""
    if encoder.codec in _ONLY_LOCATION:
        return frozenset()
    return _CODES_LOCATION.get(encoder.codec, encoder.container.chroma_locations)


def _stores_matrix(encoder: Encoder, info: MediaInfo) -> bool:
    if encoder.codec in _CODES_MATRIX:
        return True
    container = encoder.container
    if container.takes_matrix == "with others":
        return UNSPECIFIED not in (info.primaries, info.transfer)
    return container.takes_matrix == "alone"
