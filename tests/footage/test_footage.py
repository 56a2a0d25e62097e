"""Footage that people have, rendered: clock, sync, colours and streams of the output are those of the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.dynode_cli.media.carried.sounds import heard, onsets
from tests.end_to_end.program import Dynode, Outcome
from tests.footage.made import RATE, Footage
from tests.footage.rows import ROWS
from tests.footage.seen import (
    Seen,
    chapters_of,
    error,
    lines_of,
    look_at,
    shape_of_pixels,
    tags_of,
    turned_by,
)
from tests.footage.table import Input, all_inputs

LOSSLESS = {
    ".mkv": ("ffv1", "bgr0"),
    ".mp4": ("libx264rgb", "rgb24", "qp=0"),
    ".mov": ("libx264rgb", "rgb24", "qp=0"),
    ".webm": ("libvpx-vp9", "gbrp", "lossless=1"),
    ".avi": ("ffv1", "bgr0"),
    ".ts": ("libx264", "yuv444p", "qp=0"),
    ".flv": ("libx264", "yuv444p", "qp=0"),
}
"""Encoders whose loss does not count, by the ending of the output."""
WHITE = 235
"""Mean level of a picture from which on it is a flash."""
NO_REMARK = "|".join(
    (
        r"^\S+: starting$",
        r"^\S+: \d+/\d+ frames, ",
        r"^\S+: \d+ frames in [\d.]+ s$",
        r"has [\d.]+ frames a second already",
        "no rate in images, taking 25",
    )
)
"""Lines that say nothing of the file that is awkward."""
SYNC = 0.002
"""Seconds between flash and beep."""
INPUTS = list(all_inputs(ROWS))


@pytest.mark.parametrize("given", INPUTS, ids=[each.name for each in INPUTS])
def test_what_is_made_of_it_is_right(given: Input, tmp_path: Path, dynode: Dynode) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    footage = given.write(folder)
    run = rendered(given, footage, dynode)
    if given.refused is not None:
        assert run.code != 0 and re.search(given.refused, run.err), run.err
        assert not Path(given.target).exists()
        return
    assert run.code == 0, run.err
    remarks = remarks_of(run)
    for pattern in given.told:
        assert any(re.search(pattern, each) for each in remarks), (pattern, remarks)
    assert [each for each in remarks if not any(re.search(pattern, each) for pattern in given.told)] == []
    check_probe(given, footage, remarks, dynode)
    seen = look_at(Path(given.target))
    wanted = footage.part(given.begin, given.end)
    rate = given.rate or {"2x": 2 * RATE, "source": RATE}.get(given.fps) or Fraction(given.fps)
    check_clock(seen, wanted, rate)
    check_colours(seen, wanted, rate, given.colours)
    check_sync(Path(given.target), seen, wanted, rate)
    check_streams(Path(given.target), seen, wanted, given.begin)


def rendered(given: Input, footage: Footage, dynode: Dynode) -> Outcome:
    suffix = Path(given.target).suffix
    codec, pix_fmt, *options = LOSSLESS.get(suffix, ("", ""))
    encoding: list[str] = []
    if codec and "--codec" not in given.more:
        encoding += ["--codec", codec, *(word for each in options for word in ("--encoder-opt", each))]
        if "--pix-fmt" not in given.more:
            encoding += ["--pix-fmt", pix_fmt]
    return dynode("interpolate", footage.path, "-o", given.target, "--fps", given.fps, *encoding, *given.more)


def remarks_of(run: Outcome) -> list[str]:
    """What a run says beside what it made."""
    *remarks, made = [line for line in run.err.strip().splitlines() if not re.search(NO_REMARK, line)]
    assert re.search(r"wrote .*[\d.]+ s, \d+ frames?", made), run.err
    return remarks


def check_probe(given: Input, footage: Footage, remarks: Sequence[str], dynode: Dynode) -> None:
    """What is repaired is told of beforehand too."""
    told = dynode("probe", footage.path, *_reading(given.more))
    assert told.code == 0, told.err
    for pattern in given.probed:
        assert re.search(pattern, told.out), (pattern, told.out)
    (damage,) = re.findall(r"^damage +(.*)$", told.out, re.MULTILINE)
    repaired = re.compile("not be decoded|of another size|time stamp|clock jumps|missing in the sequence|is cut off")
    assert (damage != "none") is (any(map(repaired.search, remarks)) or "index wrong" in damage), (damage, remarks)


def _reading(more: Sequence[str]) -> list[str]:
    """Those of `more` that say how the source is read."""
    return [
        word
        for k, word in enumerate(more)
        if {word, *more[max(0, k - 1) : k]} & {"--gaps", "--stream", "--input-rate"}
    ]


def check_clock(seen: Seen, wanted: Footage, rate: Fraction) -> None:
    """Frame k is at k / rate, as exactly as the file can say, and the last one ends with the source."""
    count = -(-wanted.end * rate // 1)
    assert len(seen.times) == count, (len(seen.times), count)
    off = [abs(time - seen.times[0] - k / rate) for k, time in enumerate(seen.times)]
    # The first one is rounded too.
    assert max(off) <= (0 if (1 / rate) % seen.tick == 0 else seen.tick), float(max(off))
    if seen.end is not None:
        assert abs(seen.end - seen.times[0] - count / rate) <= 2 * seen.tick


def observed(wanted: Footage, rate: Fraction) -> list[tuple[int, int]]:
    """(frame of the output, frame of the source) that are of the same time."""
    return [(int(time * rate), k) for k, time in enumerate(wanted.times) if (time * rate).denominator == 1]


def check_colours(seen: Seen, wanted: Footage, rate: Fraction, levels: float) -> None:
    pairs = observed(wanted, rate)
    assert len(pairs) >= min(len(wanted.frames), 3), "nothing to compare"
    errors = {k: error(seen.images[out], wanted.frames[k]) for out, k in pairs}
    assert max(errors.values()) < levels, errors


def check_sync(path: Path, seen: Seen, wanted: Footage, rate: Fraction) -> None:
    """Every flash is where it was, and every beep sets in with one."""
    bright = [image[..., :3].mean() > WHITE for image in seen.images]
    flashes = [seen.times[k] for k, white in enumerate(bright) if white and not (k and bright[k - 1])]
    shown = [-(-time * rate // 1) / rate for time in wanted.flashes]
    assert [round(float(time - seen.times[0]), 2) for time in flashes] == [round(float(time), 2) for time in shown]
    if not wanted.beeps:
        return
    sound, samples = heard(path)
    late = [float(time - exact) for time, exact in zip(shown, wanted.flashes, strict=True)]
    expected = np.array([float(time) for time in flashes]) - late + wanted.late
    assert float(np.abs(sound).max()) > 0.1, "silence"
    off = onsets(sound, samples, list(expected), within=0.06) - expected
    assert np.abs(off).max() < SYNC, off


def check_streams(path: Path, seen: Seen, wanted: Footage, begin: Fraction) -> None:
    if path.suffix == ".webp":
        # Nothing but pictures, and FFmpeg does not read it.
        return
    assert (turned_by(path) - wanted.rotation) % 360 == 0
    assert shape_of_pixels(path) == wanted.aspect
    tags = tags_of(path)
    assert {name: tags.get(name) for name in wanted.tags} == dict(wanted.tags)
    zero = float(seen.times[0] - begin)
    for found, there in ((lines_of(path), wanted.subtitles), (chapters_of(path), wanted.chapters)):
        assert [text for _, _, text in found] == [text for _, _, text in there]
        for (first, last, _), (begins, ends, _) in zip(found, there, strict=True):
            assert (first - zero, last - zero) == pytest.approx((begins, ends), abs=0.002)


def test_names_are_told_apart() -> None:
    names: list[Any] = [each.name for each in INPUTS]
    assert len(set(names)) == len(names) >= 60
    assert all(row.inputs for row in ROWS)
