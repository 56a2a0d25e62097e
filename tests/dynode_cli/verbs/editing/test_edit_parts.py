"""Parts of the edit pipeline: painting, comparing, turning, and what is carried through shots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from dynode_cli import (
    Carried,
    Carrier,
    Clip,
    Context,
    InputError,
    NoOptions,
    Picture,
    Progress,
    Push,
    UsageError,
    silent,
)
from dynode_cli.conformance.fakes import FakeDirection
from dynode_cli.media.rotation import turned
from dynode_cli.pipeline.shots import Shot
from dynode_cli.requests.edit import Edit
from dynode_cli.synthetic.memory_clip import MemoryClip
from dynode_cli.verbs.editing.carry import CarriedRenderer
from dynode_cli.verbs.editing.comparison import compared
from dynode_cli.verbs.editing.frames import as_shown
from dynode_cli.verbs.editing.painting import changed, feathered, load_mask, load_picture
from dynode_cli.verbs.editing.upright import Orientation

# Display matrices: as coded, a quarter turn either way, upside down, mirrored.
MATRICES = [(1, 0, 0, 0, 1, 0), (0, 1, 0, -1, 0, 0), (0, -1, 0, 1, 0, 0), (-1, 0, 0, 0, -1, 0), (-1, 0, 0, 0, 1, 0)]


@pytest.mark.parametrize("matrix", MATRICES)
def test_frames_are_turned_as_players_turn_them_and_back(matrix: tuple[int, ...]) -> None:
    frame = torch.rand(3, 4, 6)
    orientation = Orientation(matrix)
    shown = orientation.upright(frame)
    assert np.array_equal(shown.permute(1, 2, 0).numpy(), turned(frame.permute(1, 2, 0).numpy(), matrix))
    assert orientation.size((4, 6)) == tuple(shown.shape[1:])
    assert torch.equal(orientation.coded(shown), frame)
    assert torch.equal(Orientation(None).upright(frame), frame)


def test_pictures_are_read_in_every_usual_form(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (8, 10, 3), np.uint8)
    alpha = np.full((8, 10, 1), 51, np.uint8)
    cv2.imwrite(str(tmp_path / "plain.png"), colours[..., ::-1])
    cv2.imwrite(str(tmp_path / "deep.png"), colours[..., ::-1].astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "alpha.png"), np.concatenate([colours[..., ::-1], alpha], 2))
    cv2.imwrite(str(tmp_path / "grey.png"), colours[..., 0])
    expected = torch.from_numpy(colours.astype(np.float32) / 255).permute(2, 0, 1)
    for name in ("plain", "deep", "alpha"):
        picture, opacity = load_picture(tmp_path / f"{name}.png", (8, 10))
        assert torch.allclose(picture, expected, atol=1e-6)
        assert torch.allclose(opacity, torch.full((8, 10), 0.2 if name == "alpha" else 1.0))
    assert torch.allclose(load_picture(tmp_path / "grey.png", (8, 10))[0][2], expected[0])
    with pytest.raises(InputError, match="the frames are 12 x 8"):
        load_picture(tmp_path / "plain.png", (8, 12))


def test_only_what_was_painted_counts_as_changed() -> None:
    torch.manual_seed(0)
    frame = torch.rand(3, 40, 60) * 0.8 + 0.1
    # Another program's conversion of colours: a little everywhere.
    saved = frame + 2 / 255 * torch.rand(3, 40, 60)
    saved[:, 10:20, 15:30] = 0.0
    where = changed(frame, saved, torch.ones(40, 60), 4.0)
    assert bool((where[10:20, 15:30] > 0.97).all())
    outside = torch.ones(40, 60, dtype=torch.bool)
    outside[:30, 5:40] = False
    assert not bool(where[outside].any())
    assert not bool(changed(frame, frame, torch.ones(40, 60), 4.0).any())
    # A picture that is another one everywhere was meant to be.
    assert float(changed(frame, 1 - frame, torch.ones(40, 60), 0.0).mean()) > 0.95


def test_masks_have_soft_edges(tmp_path: Path) -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 20:40] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    hard, soft = (load_mask(tmp_path / "mask.png", (40, 60), width) for width in (0, 8))
    assert set(hard.unique().tolist()) == {0.0, 1.0}
    assert float(soft[20, 30]) > 0.95 and float(soft[0, 0]) == 0
    assert bool((soft[20, 30:50].diff() <= 0).all()) and float(soft[20, 40]) == pytest.approx(0.45, abs=0.1)
    assert feathered(hard, 0) is hard


def test_a_mask_that_fades_to_nothing_is_not_called_black(tmp_path: Path) -> None:
    mask = np.zeros((90, 120), np.uint8)
    cv2.imwrite(str(tmp_path / "black.png"), mask)
    with pytest.raises(InputError, match="the mask is black"):
        load_mask(tmp_path / "black.png", (90, 120), 4)
    mask[40:43, 50:53] = 255
    cv2.imwrite(str(tmp_path / "small.png"), mask)
    with pytest.raises(InputError, match="--feather 80 pixels leave nothing of the 9 white pixels") as caught:
        load_mask(tmp_path / "small.png", (90, 120), 80)
    assert caught.value.hint == "give a --feather of at most 3"
    assert bool((load_mask(tmp_path / "small.png", (90, 120), 3) > 0.3).any())


def test_comparisons() -> None:
    before, after = torch.full((3, 4, 8), 0.25), torch.full((4, 4, 8), 0.35)
    side, split, diff = (compared(before, after, mode) for mode in ("side", "split", "diff"))
    assert side.shape == (3, 4, 16) and float(side[0, 0, 7]) == 0.25 and float(side[0, 0, 8]) == pytest.approx(0.35)
    assert split.shape == (3, 4, 8) and split[0, 0].tolist() == pytest.approx([0.25] * 4 + [1.0] + [0.35] * 3)
    assert torch.allclose(diff, torch.full((3, 4, 8), 0.9))


class Still:
    """Black frames."""

    def __init__(self) -> None:
        self.reports: dict[int, object] = {}

    def frames(self, times: Sequence[Fraction]) -> Iterator[Tensor]:
        return (torch.zeros(4, 2, 2) for _ in times)


class Counting(Carried):
    def __init__(self, reference: float) -> None:
        self.reference = reference
        self._before = -1.0

    def apply(self, frame: Tensor, time: float) -> Tensor:
        assert time >= self._before, "times must ascend"
        self._before = time
        return frame + self.reference + 1

    def facts(self) -> Mapping[str, float]:
        return {"time": self._before}


class PerShot(Carrier):
    """Changes frames by the time of the shot's start; knows nothing in shots that start at 2."""

    opened: list[float]

    def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Progress = silent) -> Carried:
        start = float(clip.times[0])
        self.opened.append(start)
        if start == 2:
            raise InputError("nothing here")
        return Counting(start)


def renderer(starts: Sequence[int]) -> tuple[CarriedRenderer, PerShot, list[Fraction]]:
    carrier, told = PerShot(NoOptions(), Context()), []
    carrier.opened = []
    shots = [Shot([n], [Fraction(n)], Fraction(n), Fraction(n + 1)) for n in starts]
    push = Push(FakeDirection(NoOptions(), Context()), lambda time: 1.0)
    made = CarriedRenderer(
        Still(),  # type: ignore[arg-type]
        shots,
        lambda shot, numbers: MemoryClip(torch.zeros(1, 3, 2, 2), [float(shot.times[0])]),
        carrier,
        lambda index: [push],
        Orientation(None),
        between=True,
        told=lambda time, facts: told.append(time),
    )
    return made, carrier, told


def test_each_shot_is_followed_for_itself_and_one_without_the_thing_is_left_alone() -> None:
    made, carrier, told = renderer([2, 3, 4])
    index, carried = made.find()
    assert index == 1 and carried.reference == 3 and carrier.opened == [2, 3]
    times = [Fraction(n, 2) for n in range(4, 10)]
    values = [float(frame[0, 0, 0]) for frame in made.frames(times)]
    assert values == [0, 0, 4, 4, 5, 5]
    assert carrier.opened == [2, 3, 4] and told == times[2:]
    assert made.untouched == {0: "nothing here"}


@pytest.mark.parametrize("between", [False, True])
def test_a_picture_that_is_repeated_is_followed_where_it_is_and_strengths_go_on(between: bool) -> None:
    asked: list[tuple[float, float]] = []

    class Asking(Counting):
        def __init__(self, strength: Callable[[float], float]) -> None:
            super().__init__(0)
            self._strength = strength

        def apply(self, frame: Tensor, time: float) -> Tensor:
            asked.append((time, self._strength(time)))
            return super().apply(frame, time)

    class Kept(Carrier):
        def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Progress = silent) -> Carried:
            (push,) = edits
            assert isinstance(push, Push)
            return Asking(push.strength)

    shot = Shot([0, 2], [Fraction(0), Fraction(2)], Fraction(0), Fraction(3))
    made = CarriedRenderer(
        Still(),  # type: ignore[arg-type]
        [shot],
        lambda shot, numbers: MemoryClip(torch.zeros(2, 3, 2, 2), [0.0, 2.0]),
        Kept(NoOptions(), Context()),
        lambda index: [Push(FakeDirection(NoOptions(), Context()), lambda time: 10 * time)],
        Orientation(None),
        between=between,
    )
    list(made.frames([Fraction(n) for n in range(3)]))
    assert asked == [(0.0, 0.0), (1.0 if between else 0.0, 10.0), (2.0, 20.0)]


@pytest.mark.parametrize(
    ("timing", "kept"),
    [
        ({}, True),
        ({"fps": "source"}, True),
        ({"fps": "1x"}, True),
        ({"fps": "2x"}, False),
        ({"fps": 30}, False),
        ({"slowmo": 2}, False),
        ({"fps": "source", "slowmo": 2}, False),
        ({"times": [0, 1]}, False),
    ],
)
def test_frames_are_those_of_the_source_unless_others_are_asked_for(timing: dict[str, Any], kept: bool) -> None:
    assert as_shown(Edit("in.mp4", directions=["smile"], **timing)) is kept


def test_alpha_is_left_as_it_is_and_times_may_go_back() -> None:
    made, carrier, _ = renderer([3])
    frames = list(made.frames([Fraction(7, 2), Fraction(3)]))
    assert all(frame[:3].eq(4).all() and frame[3].eq(0).all() for frame in frames)
    assert carrier.opened == [3, 3]


def test_it_is_an_error_if_no_shot_shows_the_thing() -> None:
    with pytest.raises(InputError, match="nothing here"):
        renderer([2])[0].find()


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({}, "nothing to change"),
        ({"directions": ["smile=much"]}, "not a strength"),
        ({"directions": ["smile"], "feather": -1}, "0 or more"),
        ({"directions": ["smile"], "feather": float("nan")}, "must be a number"),
        ({"directions": ["smile"], "transport": "teleport"}, "--transport"),
        ({"directions": ["smile"], "compare": "above"}, "--compare"),
        ({"images": ["a.png"], "strength": 1}, "--strength is that of a --direction"),
    ],
)
def test_choices_that_make_no_sense_are_refused(choice: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Edit("in.mp4", **choice)
