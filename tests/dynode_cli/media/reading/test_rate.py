"""The rate of a phone's clip, as it is planned with and told."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.media.reading.rate import rate_of
from dynode_cli.pipeline.plan import make_plan
from dynode_cli.requests.timing import Timed
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.jitter import jittered


def test_a_phone_clip_is_planned_at_its_nominal_rate(
    dynode: Any, tmp_path: Path, look: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "home"))
    count = 45
    ticks = jittered(Fraction(30), count, 0.009, seed=1)
    frames = moving_texture(count, size=(32, 32))
    clip = look(write_clip(tmp_path / "phone.mp4", frames, rate=Fraction(30), pts=ticks))
    average = clip.info.average_rate
    assert not clip.scan.vfr and average.denominator > 1001, "its average rate is odd"
    rate = rate_of(clip.scan)
    assert rate in (30, Fraction(30000, 1001))
    for timing, expected, slow in (
        (Timed(), 2 * rate, 1),
        (Timed(fps="source"), rate, 1),
        (Timed(slowmo="4"), rate, 4),
    ):
        plan = make_plan(clip.scan, timing)
        assert plan.rate == expected
        assert abs(plan.duration - slow * (clip.scan.end_time - clip.scan.times[0])) <= 1 / expected
    facts = json.loads(dynode("probe", str(tmp_path / "phone.mp4"), "--json").out)
    assert facts["average_rate"] == str(average) and facts["scan"]["rate"] == str(rate)
    assert f"even spacing of {rate} a second but for jitter" in dynode("probe", str(tmp_path / "phone.mp4")).out


HIGH = Fraction(120000, 1001)


@pytest.mark.parametrize("count", [30, 400])
@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("bare.h264", Fraction(30)),
        ("bare.h264", Fraction(60000, 1001)),
        ("bare.m2v", Fraction(24000, 1001)),
        ("clip.mkv", HIGH),
        ("clip.mkv", 2 * HIGH),
        ("clip.ts", HIGH),
        ("clip.ts", Fraction(120)),
        ("clip.flv", Fraction(60000, 1001)),
        ("clip.flv", Fraction(24000, 1001)),
        ("clip.asf", Fraction(30)),
    ],
)
def test_the_rate_that_a_file_means_is_found_where_it_states_it(
    tmp_path: Path, look: Callable[..., Any], name: str, rate: Fraction, count: int
) -> None:
    codec = "mpeg2video" if name.endswith("m2v") else "libx264"
    frames = moving_texture(1, size=(32, 32)) * count
    path = write_clip(tmp_path / name, frames, rate=rate, codec=codec, options={})
    scan = look(path, detect_cuts=False).scan
    assert rate_of(scan) == rate
    for asked, expected in (("source", rate), ("2x", 2 * rate)):
        plan = make_plan(scan, Timed(fps=asked))
        assert plan.rate == expected
        assert len(plan.schedule) == count * expected / rate


def test_the_tick_of_a_clock_is_no_rate_of_frames(tmp_path: Path, look: Callable[..., Any]) -> None:
    """Ogg says how fine its clock is where others say how many frames there are."""
    ticks = [0, 40, 80, 120, 200, 240, 280, 360, 400]
    frames = moving_texture(len(ticks), size=(32, 32))
    options = {"b": "1M"}
    path = write_clip(
        tmp_path / "in.ogv", frames, codec="libvpx", options=options, pts=ticks, time_base=Fraction(1, 1000)
    )
    clip = look(path)
    assert clip.scan.vfr and clip.info.average_rate > 400
    assert 20 <= rate_of(clip.scan) < 25
    # Nor are ticks without a frame frames that were lost, and the last one stays as long as another.
    assert clip.scan.lost == 0
    assert clip.scan.end_time - clip.scan.times[-1] == Fraction(40, 1000)
