"""Facts about video that was made, not read: frames decoded from codes have no source to take after."""

from __future__ import annotations

from fractions import Fraction

from dynode_cli.media.colour import BT709, LIMITED, ColourSpec
from dynode_cli.media.reading.probe import MediaInfo


def made_video(name: str, width: int, height: int, rate: Fraction, frames: int) -> MediaInfo:
    """What a writer is told about made frames: 8-bit, BT.709, limited range, square pixels."""
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
