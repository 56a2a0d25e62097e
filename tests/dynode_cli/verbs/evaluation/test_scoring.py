from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from dynode_cli import Context, make_metric
from dynode_cli.errors import InputError
from dynode_cli.pipeline.shots import Shot, split_shots
from dynode_cli.verbs.evaluation import baselines
from dynode_cli.verbs.evaluation.metrics import STANDARD
from dynode_cli.verbs.evaluation.scoring import Frame, Score, hold_out, score, verdict

SIZE = (16, 16, 3)
METRICS = {name: make_metric(name, {}, Context()) for name in STANDARD}


def level(index: int) -> Frame:
    return np.full(SIZE, index / 100, np.float32)


def shots_of(count: int, cuts: Sequence[int] = ()) -> list[Shot]:
    return split_shots([Fraction(i, 25) for i in range(count)], Fraction(count, 25), cuts, frozenset())


@pytest.mark.parametrize(("count", "keep_every", "held"), [(120, 2, 59), (120, 4, 87), (120, 8, 98), (3, 2, 1)])
def test_only_frames_between_two_kept_ones_are_held_out(count: int, keep_every: int, held: int) -> None:
    split = hold_out(shots_of(count), keep_every, "clip")
    assert len(split.indices) == held
    assert all(i % keep_every for i in split.indices)
    assert list(split.shots[0].indices) == list(range(0, split.indices[-1] + 2, keep_every))


def test_no_pair_crosses_a_cut() -> None:
    split = hold_out(shots_of(10, cuts=[5]), 2, "clip")
    assert list(split.indices) == [1, 3, 6, 8]


def test_a_clip_that_is_too_short_is_refused() -> None:
    with pytest.raises(InputError, match="shorter than 3 frames"):
        hold_out(shots_of(2), 2, "clip.mp4")


def test_blend_is_exact_on_a_linear_fade_and_hold_is_not() -> None:
    split = hold_out(shots_of(9), 2, "clip")
    blend = score("blend", partial(baselines.blend, level), split, level, METRICS)
    hold = score("hold", partial(baselines.hold, level), split, level, METRICS)
    assert blend.psnr > 99 and blend.ssim > 0.9999 and blend.temporal_error < 0.01
    # Hold is one level of 255/100 behind at every other frame.
    assert hold.psnr == pytest.approx(20 * np.log10(100), abs=0.01)
    assert hold.temporal_error == pytest.approx(2.55, rel=0.01)


def test_a_steady_error_flickers_less_than_one_that_comes_and_goes() -> None:
    split = hold_out(shots_of(9), 4, "clip")

    def off(signs: Sequence[int]) -> float:
        def rebuild(shots: Sequence[Shot], times: Sequence[Fraction]) -> Iterator[Frame]:
            for n, time in enumerate(times):
                yield level(int(time * 25)) + np.float32(signs[n % 3] * 0.05)

        return score("off", rebuild, split, level, METRICS).temporal_error

    assert off([1, 1, 1]) < off([1, -1, 1])


def a_score(method: str, psnr: float) -> Score:
    return Score(method, {"psnr": psnr, "ssim": 0.9, "flicker": 1.0}, 1.0)


@pytest.mark.parametrize(
    ("ours", "blend", "opening"),
    [(34.0, 33.0, "Worth it"), (33.05, 33.0, "No difference"), (30.0, 33.0, "Not worth it")],
)
def test_the_verdict_follows_the_figures(ours: float, blend: float, opening: str) -> None:
    told = verdict([a_score("blend", blend), a_score("hold", 20.0), a_score("spline", ours)], ["spline"])
    assert told.startswith(opening)
    assert "dynode (spline)" in told and "blending two frames" in told
