"""The rate that a camera was set to, behind frames that come a little early and late."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dynode_cli.media.rates import meant_rate, steadied
from dynode_cli.media.reading.rate import rate_of
from dynode_cli.pipeline.plan import Timing, make_plan
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.dynode_cli.media.conftest import look as look  # a fixture

TICK = Fraction(1, 90000)


def jittered(rate: Fraction, count: int, share: float, *, seed: int = 0) -> list[int]:
    """Ticks of frames whose steps are off by up to `share`."""
    generator = random.Random(seed)
    ticks = [0]
    for _ in range(count - 1):
        ticks.append(ticks[-1] + round(90000 / rate * (1 + generator.uniform(-share, share))))
    return ticks


def found(ticks: Sequence[int], nominal: Fraction = Fraction(90000), tick: Fraction = TICK) -> Fraction:
    average = meant_rate((len(ticks) - 1) / (ticks[-1] * TICK))
    return steadied(average, nominal, [t * TICK for t in ticks], tick, len(ticks))


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("seed", range(5))
def test_jitter_of_a_phone_is_not_its_rate(rate: int, seed: int) -> None:
    ticks = jittered(Fraction(rate), 45, 0.01, seed=seed)
    # 30000/1001 is as likely, unless the file says what it means.
    assert found(ticks) in (rate, Fraction(rate * 1000, 1001))
    assert found(ticks, Fraction(rate)) == rate


def test_rates_that_no_camera_has_are_kept() -> None:
    for rate in (Fraction(27), Fraction(49, 2), Fraction(10)):
        ticks = [round(k * 90000 / rate) for k in range(100)]
        assert abs(found(ticks) / rate - 1) < 1e-5
        # What is rounded to milliseconds jitters too.
        rounded = [90 * round(k * 1000 / rate) for k in range(100)]
        assert abs(found(rounded, tick=Fraction(1, 1000)) / rate - 1) < 1e-3


def test_a_clock_that_runs_off_is_believed() -> None:
    """Of 100 000 frames at 29.99 a second, 33 would be too many at 30."""
    ticks = jittered(Fraction(2999, 100), 20000, 0.01)
    rate = found(ticks, Fraction(30))
    assert abs(rate - Fraction(2999, 100)) < Fraction(1, 200) and rate != 30


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
        (Timing(), 2 * rate, 1),
        (Timing(fps="source"), rate, 1),
        (Timing(slowmo="4"), rate, 4),
    ):
        plan = make_plan(clip.scan, timing)
        assert plan.rate == expected
        assert abs(plan.duration - slow * (clip.scan.end_time - clip.scan.times[0])) <= 1 / expected
    facts = json.loads(dynode("probe", str(tmp_path / "phone.mp4"), "--json").out)
    assert facts["average_rate"] == str(average) and facts["scan"]["rate"] == str(rate)
    assert f"even spacing of {rate} a second but for jitter" in dynode("probe", str(tmp_path / "phone.mp4")).out
