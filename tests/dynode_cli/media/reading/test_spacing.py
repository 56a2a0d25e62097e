"""Animations whose format rounds delays: their rate, and that no output frame is misplaced or missing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, strategies as st

from dynode_cli.media.reading.spacing import spacing_of
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.plan import Plan, make_plan
from dynode_cli.requests.timing import Timed
from dynode_cli.synthetic.clips import moving_texture

Look = Callable[..., Any]
FRAMES = moving_texture(13, size=(16, 16))
ENCODERS = {
    "gif": ("gif", "rgb8"),
    "webp": ("libwebp_anim", "bgra"),
    "apng": ("apng", "rgb24"),
    "mkv": ("ffv1", "bgr0"),
}
CENTISECOND, MILLISECOND = Fraction(1, 100), Fraction(1, 1000)
TICKS = {"gif": CENTISECOND, "webp": MILLISECOND, "mkv": MILLISECOND, "mp4": Fraction(1, 90000)}


def animation(path: Path, ticks: Sequence[int], base: Fraction) -> Path:
    """Frames that are shown from `ticks` on; the last of these is the end."""
    codec, pix_fmt = ENCODERS[path.suffix[1:]]
    with av.open(str(path), "w") as output:
        stream: Any = output.add_stream(codec, rate=1 / base, time_base=base)
        stream.width = stream.height = 16
        stream.pix_fmt = pix_fmt
        stream.codec_context.flags |= 1 << 8
        for image, tick, after in zip(FRAMES, ticks, ticks[1:], strict=False):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base, frame.duration = tick, base, after - tick
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def even(path: Path, rate: Fraction) -> Path:
    return animation(path, range(len(FRAMES) + 1), 1 / rate)


def written(plan: Plan, target: Path) -> Path:
    assert plan.rate is not None
    with VideoWriter(str(target), plan.info, rate=plan.rate, until=plan.duration) as writer:
        for k in range(len(plan.schedule)):
            writer.write(FRAMES[k % len(FRAMES)], plan.schedule.output_time(k))
    return target


def apng_times(path: Path) -> list[Fraction]:
    """When each frame of an APNG begins, and when the last one ends, as the file itself has it."""
    data, at, times = path.read_bytes(), 8, [Fraction(0)]
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == b"fcTL":
            times.append(times[-1] + Fraction(*struct.unpack_from(">HH", data, at + 8 + 20)))
        at += size + 12
    return times


@pytest.mark.parametrize("kind", ["gif", "webp", "apng", "mkv"])
@pytest.mark.parametrize("rate", ["8", "12", "29", "30", "36", "48", "47/3"])
def test_twice_the_rate_is_twice_the_frames_each_in_its_place(
    tmp_path: Path, look: Look, kind: str, rate: str
) -> None:
    made_at = Fraction(rate)
    source = look(even(tmp_path / f"in.{kind}", made_at))
    assert source.info.average_rate == made_at
    assert not source.scan.vfr
    plan = make_plan(source.scan, Timed(fps="2x"))
    assert plan.rate == 2 * made_at and len(plan.schedule) == 2 * len(FRAMES)
    assert plan.duration == len(FRAMES) / made_at
    for target in ("mp4", "webp", "mkv", *(["gif"] if plan.rate <= 50 else [])):
        out = look(written(plan, tmp_path / f"out.{target}"), detect_cuts=False).scan
        assert len(out) == 2 * len(FRAMES)
        assert max(abs(time - k / plan.rate) for k, time in enumerate(out.times)) <= TICKS[target]
        # The end is a rounded time and a rounded duration.
        assert abs(out.end_time - plan.duration) <= 2 * TICKS[target]
    assert apng_times(written(plan, tmp_path / "out.apng")) == [k / plan.rate for k in range(2 * len(FRAMES) + 1)]


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), Fraction(60000, 1001), Fraction(33), Fraction(60)])
def test_rates_that_rounding_hides_are_followed_to_a_tick(tmp_path: Path, look: Look, rate: Fraction) -> None:
    for kind in ("gif", "webp"):
        scan = look(even(tmp_path / f"in.{kind}", rate)).scan
        plan = make_plan(scan, Timed(fps="2x"))
        assert len(plan.schedule) == 2 * len(FRAMES)
        shown = [plan.schedule.source_time(2 * k) for k in range(len(FRAMES))]
        assert max(abs(a - b) for a, b in zip(shown, scan.times, strict=True)) <= TICKS[kind]


def test_a_held_end_says_nothing_about_the_rate(tmp_path: Path, look: Look) -> None:
    source = look(animation(tmp_path / "in.gif", [0, 7, 13, 20, 27, 327], CENTISECOND))
    assert source.info.average_rate == 15 and not source.scan.vfr
    plan = make_plan(source.scan, Timed(fps="2x"))
    assert plan.rate == 30 and plan.shots[0].times[2] == Fraction(2, 15)
    assert plan.shots[0].end == Fraction(327, 100) and len(plan.schedule) == 98


def test_delays_that_differ_by_more_than_rounding_are_no_even_rate() -> None:
    assert spacing_of([10, 10, 10, 10], CENTISECOND) is not None
    assert spacing_of([10, 30, 10, 10], CENTISECOND) is None
    assert spacing_of([4, 4, 4, 4, 5, 5, 5, 5, 5], CENTISECOND) is None
    assert spacing_of([0, 0, 0], CENTISECOND) is None
    assert spacing_of([10], CENTISECOND) is None


def test_what_another_format_rounded_is_recognised() -> None:
    centiseconds = [round(100 * (k + 1) / 30) - round(100 * k / 30) for k in range(20)]
    for tick, factor in ((MILLISECOND, 10), (Fraction(1, 100_000), 1000)):
        spacing = spacing_of([factor * delay for delay in centiseconds], tick)
        assert spacing is not None and (spacing.rate, spacing.rounding) == (Fraction(30), CENTISECOND)


@given(st.fractions(5, 60, max_denominator=1001), st.integers(3, 300), st.sampled_from([CENTISECOND, MILLISECOND]))
def test_any_even_rate_is_found_to_a_tick(rate: Fraction, count: int, tick: Fraction) -> None:
    ticks = [round(k / rate / tick) for k in range(count + 1)]
    spacing = spacing_of([after - before for before, after in pairwise(ticks)], tick)
    assert spacing is not None and spacing.rounding == tick
    assert all(abs(k / spacing.rate - at * tick) <= tick for k, at in enumerate(ticks[:-1]))
