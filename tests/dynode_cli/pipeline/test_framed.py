"""Framed parts of long shots: some frames lack the part, and windows are rendered one after another."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from dynode_cli.contracts import Clip, Context, FitReport, Framing, FramingTrack, NoOptions, Progress, silent
from dynode_cli.errors import InputError
from dynode_cli.pipeline.framed import FramedRenderer, Tracks
from dynode_cli.pipeline.methods import Methods
from dynode_cli.pipeline.renderer import Renderer
from dynode_cli.pipeline.shots import Shot, split_shots
from tests.dynode_cli.pipeline.test_renderer import LevelGenerator, LevelInverter, MemoryClip, PolylineDynamics

COUNT = 40
MISSING = frozenset({0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 30, 39})


class SomeFraming(Framing):
    """Adds a hundred to what it crops, so that a pasted crop can be told; the part is in some frames only."""

    def estimate(self, clip: Clip, size: tuple[int, int], progress: Progress = silent) -> FramingTrack:
        found = torch.tensor([number not in MISSING for number in clip.numbers])
        if clip.times[0] >= 100:
            raise InputError("nothing here")
        # The transform says which frame it belongs to.
        transforms = clip.times[:, None, None].expand(-1, 2, 3)
        return FramingTrack(clip.times, transforms, found)

    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        assert float(frame[0, 0, 0]) == pytest.approx(float(transform[0, 0])), "another frame's transform"
        return frame + 100

    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        return crop


class Background:
    def __init__(self) -> None:
        self.reports: dict[int, FitReport] = {}

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        for _ in times:
            yield torch.full((3, 2, 2), -1.0)


def open_clip(shot: Shot, numbers: Sequence[int]) -> MemoryClip:
    times = [shot.times[n] for n in numbers]
    return MemoryClip([int(t) for t in times], numbers, [float(t) for t in times])


def framed_levels(shots: list[Shot], times: Sequence[Fraction]) -> list[float]:
    tracks = Tracks(SomeFraming(NoOptions(), Context()), (2, 2), shots, open_clip)
    context = Context()
    dynamics = PolylineDynamics(NoOptions(), context)
    methods = Methods(LevelGenerator(NoOptions(), context), LevelInverter(1), dynamics)
    crops = Renderer(methods, tracks.shots, tracks.open_clip, frame_bytes=1, memory=1 << 20)
    return [float(f[0, 0, 0]) for f in FramedRenderer(crops, Background(), tracks, shots).frames(times)]


def test_every_window_of_a_long_shot_is_cut_by_its_own_transforms() -> None:
    shots = split_shots([Fraction(i) for i in range(COUNT)], Fraction(COUNT), [], frozenset())
    times = [Fraction(k, 2) for k in range(2 * COUNT)]
    for time, level in zip(times, framed_levels(shots, times), strict=True):
        on_screen = 1 <= time <= COUNT - 2
        assert level == pytest.approx(float(time) + 100 if on_screen else -1), time


def test_a_shot_without_the_part_is_the_background() -> None:
    times = [Fraction(i) for i in range(4)] + [Fraction(100 + i) for i in range(4)]
    shots = split_shots(times, Fraction(104), [4], frozenset())
    assert framed_levels(shots, times) == pytest.approx([-1, 101, 102, 103, -1, -1, -1, -1])
