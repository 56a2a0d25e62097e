"""The estimate of how long a minute takes: what is measured, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.plugin_host.host import load_host
from dynode_cli.requests.frames import RenderFrames
from dynode_cli.values.frames import Frames
from dynode_cli.verbs import speed


def test_a_minute_is_so_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock: Iterator[float] = iter([100.0, 100.5])
    rendered: list[tuple[int, ...]] = []

    def render(request: RenderFrames, host: object) -> None:
        rendered.append(np.shape(request.source.array))
        assert str(request.fps) == "2x"

    monkeypatch.setattr(speed, "render_frames", render)
    monkeypatch.setattr(speed, "perf_counter", lambda: next(clock))
    encoding = 2 * 0.9216 * speed.ENCODE_SECONDS_PER_MEGAPIXEL
    assert speed.seconds_for_a_minute(load_host()) == pytest.approx(1800 * (0.5 + encoding))
    # The first one, which loads what is to be loaded, is not timed.
    assert rendered == [(2, 64, 96, 3), (2, 720, 1280, 3)]


def test_the_pair_is_followed_and_neither_a_cut_nor_a_repeat() -> None:
    frames = Frames(speed._pair((64, 96)), rate=speed.RATE)
    found = scan(open_source(frames))
    assert not found.cuts and not found.duplicates


def test_it_is_measured() -> None:
    assert speed.seconds_for_a_minute(load_host()) > 0
