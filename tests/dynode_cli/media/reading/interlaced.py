"""Interlaced clips whose truth is known: a progressive clip at twice the rate."""

from __future__ import annotations

from collections.abc import Sequence
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
    return [weave(*pair, top_first=top_first) for pair in zip(pictures[::2], pictures[1::2], strict=True)]


def weave(first: Any, second: Any, *, top_first: bool = True) -> Any:
    """A frame of which every other row is of another picture."""
    frame = first.copy()
    frame[int(top_first) :: 2] = second[int(top_first) :: 2]
    return frame


def telecined(film: Sequence[Any], *, top_first: bool = True) -> list[Any]:
    """Five frames of every four of a film, of which two hold fields of two: 2:3."""
    frames = []
    for k in range(0, len(film) - 3, 4):
        a, b, c, d = film[k : k + 4]
        frames += [weave(*pair, top_first=top_first) for pair in ((a, a), (b, b), (b, c), (c, d), (d, d))]
    return frames


def write_interlaced(path: Path, pictures: list[Any], *, top_first: bool = True, flagged: bool = True) -> Path:
    """A lossless interlaced clip of 25 frames a second, two pictures each, with a key frame every eight."""
    return write_fields(path, woven(pictures, top_first=top_first), top_first=top_first, flagged=flagged)


def write_fields(
    path: Path, frames: Sequence[Any], *, rate: Fraction = Fraction(25), top_first: bool = True, flagged: bool = True
) -> Path:
    """A lossless clip whose frames are coded as interlaced, and flagged so."""
    options = {"qp": "0", "preset": "ultrafast", "g": "8", "bf": "2"}
    if flagged:
        options["flags"] = "+ildct+ilme"
    height, width = frames[0].shape[:2]
    setter = av.filter.Graph()
    nodes = [
        setter.add_buffer(width=width, height=height, format="yuv444p", time_base=1 / rate),
        setter.add("setfield", ("tff" if top_first else "bff") if flagged else "prog"),
        setter.add("buffersink"),
    ]
    setter.link_nodes(*nodes).configure()
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        for k, image in enumerate(frames):
            frame = from_rgb(image, "yuv444p", ColourSpec(BT601, False))
            frame.pts, frame.time_base = k, 1 / rate
            setter.vpush(frame)
            output.mux(stream.encode(setter.vpull()))
        output.mux(stream.encode(None))
    return path
