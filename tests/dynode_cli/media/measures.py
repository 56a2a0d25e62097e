"""What tests of media look at."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.pixels import planes
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source


def packets(path: object, kind: str) -> list[tuple[Fraction, bytes]]:
    """(time, data) of every packet of the first stream of `kind`."""
    with av.open(str(path)) as container:
        stream = next(each for each in container.streams if each.type == kind)
        return [(packet.pts * packet.time_base, bytes(packet)) for packet in container.demux(stream) if packet.size]


def level_difference(a: Any, b: Any) -> float:
    """Mean absolute difference in levels of 255."""
    white = 65535 if a.dtype == np.uint16 else 255
    return float(np.abs(a.astype(float) - b.astype(float)).mean() * 255 / white)


def info_of(path: Path) -> MediaInfo:
    """What a file says about itself."""
    return probe(open_source(str(path)))


def floating(image: Any, pix_fmt: str = "gbrpf32le") -> av.VideoFrame:
    """A frame of colours (H, W, 3), or with alpha (H, W, 4)."""
    frame = av.VideoFrame(image.shape[1], image.shape[0], pix_fmt)
    for part, channel in zip(planes(frame), (1, 2, 0, 3), strict=False):
        part[:] = image[..., channel]
    return frame
