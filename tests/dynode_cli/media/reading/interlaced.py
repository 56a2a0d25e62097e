"""Interlaced clips whose truth is known: a progressive clip at twice the rate."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from dynode_cli.media.colour import BT601, ColourSpec, from_rgb
from dynode_cli.synthetic.clips import moving_texture

COUNT = 24


def fields(seed: int = 0) -> list[Any]:
    """A progressive clip, two pictures for each frame."""
    return moving_texture(2 * COUNT, size=(96, 128), velocity=(3.0, 0.5), seed=seed)


def woven(pictures: list[Any], *, top_first: bool = True) -> list[Any]:
    """Frames whose rows are of two pictures in turn."""
    frames = []
    for first, second in zip(pictures[::2], pictures[1::2], strict=True):
        frame = first.copy()
        frame[int(top_first) :: 2] = second[int(top_first) :: 2]
        frames.append(frame)
    return frames


def write_interlaced(path: Path, pictures: list[Any], *, top_first: bool = True, flagged: bool = True) -> Path:
    """A lossless interlaced clip with a key frame every eight."""
    options = {"qp": "0", "preset": "ultrafast", "g": "8", "bf": "2"}
    if flagged:
        options["flags"] = "+ildct+ilme"
    setter = av.filter.Graph()
    nodes = [
        setter.add_buffer(width=128, height=96, format="yuv444p", time_base=Fraction(1, 25)),
        setter.add("setfield", ("tff" if top_first else "bff") if flagged else "prog"),
        setter.add("buffersink"),
    ]
    setter.link_nodes(*nodes).configure()
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv444p"
        for k, image in enumerate(woven(pictures, top_first=top_first)):
            frame = from_rgb(image, "yuv444p", ColourSpec(BT601, False))
            frame.pts, frame.time_base = k, Fraction(1, 25)
            setter.vpush(frame)
            output.mux(stream.encode(setter.vpull()))
        output.mux(stream.encode(None))
    return path
