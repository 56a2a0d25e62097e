"""The renderer with fakes whose frames say exactly which code and time they were made from."""

from collections.abc import Sequence
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from dynode_cli.contracts import (
    Clip,
    Context,
    Dynamics,
    FitReport,
    Generator,
    Inversion,
    Inverter,
    NoOptions,
    Progress,
    Trajectory,
    silent,
)
from dynode_cli.errors import ConvergenceError, PluginError
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.renderer import Drawn, Renderer
from dynode_cli.pipeline.shots import Shot, looped, split_shots


class MemoryClip:
    """Frames whose value is their index in the source."""

    def __init__(self, indices: Sequence[int], numbers: Sequence[int], times: Sequence[float]) -> None:
        self.indices, self.numbers = indices, numbers
        self.source = "levels"
        self.times = torch.tensor(times, dtype=torch.float64)
        self.size = (2, 2)

    def __len__(self) -> int:
        return len(self.indices)

    def frame(self, index: int) -> Tensor:
        return torch.full((3, 2, 2), float(self.indices[index]))


class LevelGenerator(Generator):
    default_inverter = "level"
    frame_size = (2, 2)

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        return codes[:, :, None, None].expand(-1, 3, 2, 2)


class LevelInverter(Inverter):
    def __init__(self, context_frames: int | None = 1) -> None:
        super().__init__(NoOptions(), Context())
        self.context_frames = context_frames  # type: ignore[misc]
        self.windows: list[list[int]] = []

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        self.windows.append(list(clip.numbers))
        codes = torch.stack([clip.frame(i)[:1, 0, 0] for i in range(len(clip))])
        return Inversion(clip.times, codes, generator)


class Polyline(Trajectory):
    def __init__(self, times: Tensor, codes: Tensor) -> None:
        self.times, self.codes = times, codes
        self.interval = (float(times[0]), float(times[-1]))

    def evaluate(self, t: Tensor) -> Tensor:
        if len(self.times) == 1:
            return self.codes.expand(len(t), -1)
        j = (torch.searchsorted(self.times, t, right=True) - 1).clamp(0, len(self.times) - 2)
        s = ((t - self.times[j]) / (self.times[j + 1] - self.times[j]))[:, None]
        return ((1 - s) * self.codes[j] + s * self.codes[j + 1]).to(self.codes.dtype)

    def velocity(self, t: Tensor) -> Tensor:
        raise AssertionError("rendering needs no velocity")

    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        raise AssertionError("rendering needs no edit")

    def report(self) -> FitReport:
        return FitReport("polyline")


class PolylineDynamics(Dynamics):
    support = 1

    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        return Polyline(times, codes)


RATE = 25


def make(
    shots: Sequence[Shot],
    inverter: LevelInverter,
    memory: int = 1,
    cuts: str = "hold",
    dynamics: Dynamics | None = None,
    draws: int = 0,
    generator: Generator | None = None,
) -> Renderer:
    def open_clip(shot: Shot, numbers: Sequence[int]) -> MemoryClip:
        return MemoryClip([shot.indices[n] for n in numbers], numbers, [float(shot.times[n]) for n in numbers])

    methods = Methods(
        generator or LevelGenerator(NoOptions(), Context()),
        inverter,
        dynamics or PolylineDynamics(NoOptions(), Context()),
    )
    return Renderer(
        methods,
        shots,
        open_clip,
        frame_bytes=12,
        memory=memory,
        cuts=cuts,  # type: ignore[arg-type]
        draws=draws,
    )


def levels(renderer: Renderer, times: Sequence[Fraction]) -> list[float]:
    return [float(frame[0, 0, 0]) for frame in renderer.frames(times)]


def source(count: int, cuts: Sequence[int] = (), duplicates: Sequence[int] = ()) -> list[Shot]:
    times = [Fraction(i, RATE) for i in range(count)]
    return split_shots(times, Fraction(count, RATE), cuts, frozenset(duplicates))


def test_windows_give_what_the_whole_shot_gives() -> None:
    times = [Fraction(k, 240) for k in range(240 * 60 // RATE)]
    small = LevelInverter()
    windowed = levels(make(source(60), small), times)
    whole = levels(make(source(60), LevelInverter(None)), times)
    assert len(small.windows) > 10
    assert windowed == pytest.approx(whole, abs=1e-5)
    assert windowed == pytest.approx([min(float(t * RATE), 59) for t in times], abs=1e-4)


def test_nothing_is_blended_across_a_cut() -> None:
    times = [Fraction(k, 250) for k in range(100)]
    got = levels(make(source(10, cuts=[4]), LevelInverter()), times)
    expected = [min(k / 10, 3.0) if k < 40 else min(max(k / 10, 4.0), 9.0) for k in range(100)]
    assert got == pytest.approx(expected, abs=1e-4)


def test_motion_is_carried_on_to_a_cut_where_that_is_asked_for() -> None:
    times = [Fraction(k, 250) for k in range(40)]
    got = levels(make(source(10, cuts=[4]), LevelInverter(), cuts="extrapolate"), times)
    assert got == pytest.approx([k / 10 for k in range(40)], abs=1e-4)


def test_duplicates_are_bridged_on_the_true_clock() -> None:
    times = [Fraction(k, 50) for k in range(16)]
    got = levels(make(source(8, duplicates=[3]), LevelInverter()), times)
    assert got[6] == pytest.approx(3.0, abs=1e-4), "the repeated frame 3 is made anew between 2 and 4"


def test_the_end_of_a_loop_leads_back_to_its_start() -> None:
    (shot,) = source(10)
    times = [Fraction(k, 50) for k in range(20)]
    got = levels(make([looped(shot, 4)], LevelInverter()), times)
    assert got == pytest.approx([*(k / 2 for k in range(19)), 4.5], abs=1e-4), "halfway from frame 9 back to frame 0"


def test_times_in_any_order() -> None:
    times = [Fraction(k, 50) for k in (70, 3, 41, 40, 0)]
    assert levels(make(source(60), LevelInverter()), times) == pytest.approx([35, 1.5, 20.5, 20, 0], abs=1e-4)


def test_a_shot_of_one_frame_is_held() -> None:
    assert levels(make(source(3, cuts=[1, 2]), LevelInverter()), [Fraction(1, 25), Fraction(3, 50)]) == [1, 1]


def test_each_window_is_inverted_once_when_times_ascend() -> None:
    inverter = LevelInverter()
    levels(make(source(60), inverter), [Fraction(k, 1000) for k in range(2400)])
    firsts = [window[0] for window in inverter.windows]
    assert firsts == sorted(firsts)
    assert len({tuple(window) for window in inverter.windows}) == len(inverter.windows)


def test_memory_makes_windows_longer() -> None:
    small, large = LevelInverter(), LevelInverter()
    times = [Fraction(k, RATE) for k in range(60)]
    levels(make(source(60), small, memory=1), times)
    levels(make(source(60), large, memory=12 * 1000), times)
    assert len(large.windows) < len(small.windows)


class Broken(PolylineDynamics):
    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        return Polyline(times, codes * float("nan"))


def test_a_trajectory_that_is_not_finite_is_named_and_never_rendered() -> None:
    broken = Broken(NoOptions(), Context())
    with pytest.raises(ConvergenceError, match=r"polyline trajectory is not finite between 0 s"):
        levels(make(source(5), LevelInverter(), dynamics=broken), [Fraction(0)])


def test_a_generator_that_breaks_its_contract_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LevelGenerator, "synthesize", lambda self, codes, times: torch.zeros(1, 2, 2))
    with pytest.raises(PluginError, match="LevelGenerator returned frames of shape"):
        levels(make(source(5), LevelInverter()), [Fraction(0)])


class Shifted(Polyline):
    """Draws itself moved by 100, 200, ... between its knots."""

    def samples(self, count: int) -> list[Trajectory]:
        return [Polyline(self.times, self.codes + 100 * (k + 1)) for k in range(count)]


class ShiftedDynamics(PolylineDynamics):
    stochastic = True
    fits = 0

    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        self.fits += 1
        return Shifted(times, codes)


def test_draws_that_are_read_in_step_share_inversion_and_fit() -> None:
    shots = split_shots([Fraction(k, RATE) for k in range(20)], Fraction(20, RATE), [9], [])
    times = [Fraction(k, 3 * RATE) for k in range(55)]
    alone, dynamics = LevelInverter(), ShiftedDynamics(NoOptions(), Context())
    expected = levels(make(shots, alone, memory=10_000, dynamics=dynamics), times)
    fits = dynamics.fits
    shared, dynamics = LevelInverter(), ShiftedDynamics(NoOptions(), Context())
    source = make(shots, shared, memory=10_000, dynamics=dynamics, draws=2)
    found = zip(source.frames(times), Drawn(source, 1).frames(times), Drawn(source, 2).frames(times), strict=True)
    rows = [[float(frame[0, 0, 0]) for frame in row] for row in found]
    assert rows == [pytest.approx([level, level + 100, level + 200]) for level in expected]
    assert shared.windows == alone.windows and dynamics.fits == fits


def test_a_dynamics_that_only_says_it_draws_is_named() -> None:
    class Silent(PolylineDynamics):
        stochastic = True

    shots = split_shots([Fraction(k, RATE) for k in range(4)], Fraction(4, RATE), [], [])
    source = make(shots, LevelInverter(), dynamics=Silent(NoOptions(), Context()), draws=1)
    with pytest.raises(PluginError, match="draws no samples"):
        next(source.frames([Fraction(1, 10)]))


class KeepingGenerator(LevelGenerator):
    keeps_frames = True


def test_observed_frames_of_a_generator_that_keeps_them_are_not_inverted() -> None:
    shots = split_shots([Fraction(k, RATE) for k in range(20)], Fraction(20, RATE), [9], frozenset({4}))
    inverter = LevelInverter()
    source = make(shots, inverter, memory=10_000, generator=KeepingGenerator(NoOptions(), Context()))
    every_other = [Fraction(k, RATE) for k in range(0, 20, 2)]
    # Frame 4 repeats the one before: at its time there is no observation.
    assert levels(source, every_other) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0]
    assert len(inverter.windows) == 1 and {3, 4} <= set(inverter.windows[0])
    # What is shown after the last frame of a shot is that frame, and the end of the source is its last.
    late = [Fraction(17, 2 * RATE), Fraction(20, RATE)]
    assert levels(source, late) == [8.0, 19.0] and len(inverter.windows) == 1
    assert levels(source, [Fraction(33, 2 * RATE), Fraction(17, RATE)]) == [16.5, 17.0] and len(inverter.windows) == 2


def test_pieces_say_which_frames_wait_for_the_same_window_and_which_are_the_sources_own() -> None:
    class Keeping(LevelGenerator):
        keeps_frames = True

    inverter = LevelInverter()
    renderer = make(source(30), inverter, generator=Keeping(NoOptions(), Context()))
    own = [Fraction(k, RATE) for k in range(10)]
    between = [Fraction(k, 2 * RATE) for k in range(20, 58)]
    pieces = renderer.pieces([*own, *between])
    assert [piece.size for piece in pieces[:8]] == [0] * 8
    assert all(piece.size for piece in pieces[10:])
    levels(renderer, [*own, *between])
    assert len({piece.window for piece in pieces if piece.size}) == len(inverter.windows)
