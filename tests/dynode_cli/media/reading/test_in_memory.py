"""Frames in memory, looked through and read as a file of them is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import Scan, scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.pipeline.plan import make_plan
from dynode_cli.requests.timing import Timed
from dynode_cli.synthetic.clips import moving_texture, write_images
from dynode_cli.values.frames import Frames

CLIP: NDArray[np.uint8] = np.stack(moving_texture(8, size=(40, 64)))
OTHER: NDArray[np.uint8] = np.stack(moving_texture(8, size=(40, 64), seed=7))


def of_type(dtype: str, array: NDArray[np.uint8] = CLIP) -> NDArray[Any]:
    return {
        "uint8": array,
        "uint16": array.astype(np.uint16) * 257 - (array > 100),
        "float32": array.astype(np.float32) / 300,
    }[dtype]


def scanned(array: Any, *times: Any, **options: Any) -> Scan:
    return scan(open_source(Frames(array, *times, **options)))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_sample_is_read_as_it_is(dtype: str, channels: int) -> None:
    array = of_type(dtype, np.concatenate([CLIP, CLIP[..., :1]], axis=3)[..., :channels])
    source = open_source(Frames(array, rate=25))
    with FrameReader(source, scan(source)) as reader:
        for index in (3, 0, 7, 1):
            np.testing.assert_array_equal(reader.frame(index), array[index])
            assert reader.frame(index).dtype == array.dtype
            assert np.shares_memory(reader.frame(index), array)
            assert not reader.frame(index).flags.writeable
        white = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
        shown = ShotClip(reader, [2], [0]).frame(0).permute(1, 2, 0)
        np.testing.assert_array_equal(shown, array[2, ..., :3].astype(np.float32) / np.float32(white))
    assert array.flags.writeable


def test_views_that_run_backwards() -> None:
    source = open_source(Frames(CLIP[::-1, ::-1, :, ::-1], rate=25))
    with FrameReader(source, scan(source)) as reader:
        np.testing.assert_array_equal(reader.frame(1), CLIP[6, ::-1, :, ::-1])
        assert ShotClip(reader, [1], [0]).frame(0).shape == (3, 40, 64)


def test_an_opaque_channel_is_added_where_one_is_wanted() -> None:
    source = open_source(Frames(of_type("uint16"), rate=25))
    with FrameReader(source, scan(source), alpha=True) as reader:
        assert reader.frame(0).shape == (40, 64, 4)
        assert (reader.frame(0)[..., 3] == 65535).all()


def test_times_are_exact() -> None:
    assert scanned(CLIP, rate="24000/1001").times == tuple(k * Fraction(1001, 24000) for k in range(8))
    uneven = [Fraction(k * k, 7) - 3 for k in range(8)]
    found = scanned(CLIP, uneven)
    assert found.times == tuple(uneven)
    assert found.info.start == -3
    assert found.end_time == uneven[-1] + 1
    assert found.vfr
    assert not scanned(CLIP, np.arange(8) / 24).vfr


def test_one_long_step_is_a_gap() -> None:
    times = [Fraction(k, 25) for k in (0, 1, 2, 4, 5, 6, 7, 8)]
    found = scanned(CLIP, times)
    (shot,) = make_plan(found, Timed()).shots
    assert list(shot.times) == times
    assert found.vfr


def test_single_precision_times_of_a_rate_are_that_rate() -> None:
    found = scanned(CLIP, torch.arange(8, dtype=torch.float32) * (1 / 30))
    plan = make_plan(found, Timed())
    assert plan.source_rate == 30
    assert list(plan.shots[0].times) == [Fraction(k, 30) for k in range(8)]


def test_cuts_duplicates_and_rests_are_those_of_a_file(tmp_path: Path) -> None:
    array = np.concatenate([CLIP[:5], CLIP[4:], OTHER])
    memory = scanned(array, rate=25)
    file = scan(open_source(str(write_images(tmp_path / "images", list(array)))))
    assert (memory.cuts, memory.duplicates, memory.rests) == ((9,), {5}, frozenset())
    assert (file.cuts, file.duplicates, file.rests) == (memory.cuts, memory.duplicates, memory.rests)
    assert (memory.pts, memory.end_pts, memory.lost) == (file.pts, file.end_pts, file.lost)
    assert scanned(CLIP, [0, 1, 2, 3, 4, 100, 101, 102]).rests == {4}


def test_a_part_is_looked_through() -> None:
    source = open_source(Frames(CLIP, rate=4))
    found = scan(source, start=Fraction(1, 2), end=Fraction(1))
    assert found.times == (Fraction(1, 2), Fraction(3, 4), Fraction(1))
    with FrameReader(source, found) as reader:
        np.testing.assert_array_equal(reader.frame(0), CLIP[2])


def test_what_frames_say_of_themselves() -> None:
    info = probe(open_source(Frames(of_type("uint16"), rate=50, name="walk")))
    assert (info.name, info.container, info.pix_fmt, info.bit_depth) == ("walk", "memory", "gbrp16le", 16)
    assert (info.size, info.average_rate, info.nominal_rate, info.declared_frames) == ((40, 64), 50, 50, 8)
    assert (info.duration, info.guessed, info.alpha) == (Fraction(8, 50), (), False)
    assert info.to_json()["colour"]["used_range"] == "full"


def test_woven_fields_are_deinterlaced_if_one_says_so() -> None:
    source = open_source(Frames(CLIP, rate=25))
    with FrameReader(source, scan(source, deinterlace="on")) as reader:
        assert (reader.frame(3) != CLIP[3]).any()
    assert scan(source).deinterlaced == 0
