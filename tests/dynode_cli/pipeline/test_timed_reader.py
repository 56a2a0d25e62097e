"""Reading is a stage of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import numpy as np
import pytest

from dynode_cli.media.reading.raw_frame import CodedFrame
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.pipeline.timed_reader import TimedReader
from dynode_cli.synthetic.awkward import moving


def test_decoding_is_taken_out_of_the_stage_that_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = CodedFrame.rgb

    def slow(self, info, *, alpha):
        sleep(0.05)
        return read(self, info, alpha=alpha)

    monkeypatch.setattr(CodedFrame, "rgb", slow)
    watch = Stopwatch()
    with open_source(str(moving(tmp_path, 4).path)) as source:
        found = scan(source)
        with TimedReader(source, found, watch, cache_bytes=1 << 20) as reader, watch.stage("invert"):
            first = reader.frame(0)
            reader.frame(1)
            again = reader.frame(0)
        with FrameReader(source, found) as plain:
            np.testing.assert_array_equal(first, plain.frame(0))
    assert first is again
    assert watch.seconds["decode"] >= 0.1
    assert watch.seconds["invert"] < watch.seconds["decode"]


def test_other_threads_leave_the_stopwatch_alone(tmp_path: Path) -> None:
    watch = Stopwatch()
    with (
        open_source(str(moving(tmp_path, 3).path)) as source,
        TimedReader(source, scan(source), watch, cache_bytes=1 << 20) as reader,
        watch.stage("synthesise"),
        ThreadPoolExecutor(1) as workers,
    ):
        frame = workers.submit(reader.frame, 1).result()
    assert frame.shape == (64, 96, 3)
    assert set(watch.seconds) == {"synthesise"}
