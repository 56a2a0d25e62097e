"""Speed of this machine: seconds for a minute of 720p, estimated from one pair of frames."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from dynode_cli.pipeline.cost import ENCODE_SECONDS_PER_MEGAPIXEL
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.frames import RenderFrames
from dynode_cli.values.frames import Frames
from dynode_cli.verbs.frames import render_frames

SIZE = (720, 1280)
RATE = 30
"""Frames a second of the minute; it is rendered at twice as many."""


def seconds_for_a_minute(host: Host) -> float:
    """Wall time in which a minute of 720p would be made twice as smooth by the usual methods, roughly.

    One pair of frames is rendered and thrown away; the time goes with the pixels, so other sizes follow from it.
    """
    # What is loaded at the first use is no part of a minute.
    _render(host, (64, 96))
    started = perf_counter()
    _render(host, SIZE)
    pair = perf_counter() - started
    encoded = 2 * SIZE[0] * SIZE[1] / 1e6 * ENCODE_SECONDS_PER_MEGAPIXEL
    return 60 * RATE * (pair + encoded)


def _render(host: Host, size: tuple[int, int]) -> None:
    render_frames(RenderFrames(Frames(_pair(size), rate=RATE), fps="2x"), host)


def _pair(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Two frames of a smooth pattern that moves by a few pixels."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float32)
    waves = [127 + 100 * np.sin((columns - 3 * k) / 23) * np.cos((rows - 2 * k) / 17) for k in range(2)]
    return np.stack([np.repeat(wave[..., None], 3, axis=2) for wave in waves]).astype(np.uint8)
