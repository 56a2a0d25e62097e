"""What a carrier must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Cancelled, Conformance, Steps
from dynode_cli.conformance.checks import (
    must_raise,
    require,
    require_dtype,
    require_finite,
    require_json,
    require_shape,
)
from dynode_cli.conformance.fakes import FakeDirection
from dynode_cli.contracts import Carried, Carrier, NoOptions, Picture, Push
from dynode_cli.errors import UsageError
from dynode_cli.synthetic.memory_clip import MemoryClip, texture_clip

_RED, _BLUE = (0.3, -0.1, -0.1), (-0.1, -0.1, 0.3)


class CarrierConformance(Conformance):
    """Subclass it and set `implementation`; override `shown` if it follows something that a texture has not."""

    contract: ClassVar[type] = Carrier
    velocity: ClassVar[tuple[float, float] | None] = (20.0, 10.0)
    """(right, down) pixels a second by which what was painted moves in `shown`; None: it is not asked."""
    exactness: ClassVar[float] = 0.02
    """Mean difference allowed between a painted frame and what is shown at its time, where it was painted."""
    follow_tolerance: ClassVar[float] = 1.5
    """Pixels by which paint may lag behind what it was put on."""

    def shown(self, variant: int = 0, device: str = "cpu") -> MemoryClip:
        """The frames that are changed; every other of them, from the first to the last, is the clip."""
        times = [5.0 * variant + 0.02 * k for k in range(9)]
        velocity = self.velocity or (0.0, 0.0)
        return texture_clip(times, size=(64, 96), velocity=velocity, seed=variant, device=device)

    def clip(self, shown: MemoryClip) -> MemoryClip:
        """What the carrier sees."""
        return MemoryClip(shown.frames[::2], shown.times[::2])

    def picture(self, clip: MemoryClip, index: int, colour: Sequence[float] = _RED) -> Picture:
        """Frame `index` with a patch painted in its middle."""
        height, width = clip.size
        mask = torch.zeros(clip.size, device=clip.frames.device)
        mask[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = 1.0
        paint = torch.tensor(colour, device=mask.device)[:, None, None]
        image = torch.where(mask > 0, (clip.frame(index) + paint).clamp(0, 1), clip.frame(index))
        return Picture(float(clip.times[index]), image, mask)

    def opened(self, built: Any, clip: MemoryClip, *pictures: Picture) -> Carried:
        """The changes, ready."""
        carried = built.open(clip, pictures)
        require(isinstance(carried, Carried), f"open gave {type(carried).__name__}, not a Carried")
        assert isinstance(carried, Carried)
        return carried

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Paint the frame in the middle, and carry it everywhere."""
        shown = self.shown(variant, device)
        clip = self.clip(shown)
        carried = self.opened(built, clip, self.picture(clip, len(clip) // 2))
        frames = [carried.apply(shown.frame(k), float(shown.times[k])) for k in range(len(shown))]
        return {"frames": torch.stack(frames)}

    def test_shapes_and_types(self) -> None:
        """Frames come out as they went in, also between the frames of the clip."""
        shown = self.shown()
        found = self.exercise(self.build())["frames"]
        require_shape("the changed frames", found, tuple(shown.frames.shape))
        require_dtype("the changed frames", found, torch.float32)
        require_finite("the changed frames", found)

    def test_a_picture_is_shown_at_its_time(self) -> None:
        """What was painted on a frame is what that frame shows, and beside it nothing changes."""
        clip = self.clip(self.shown())
        for index in (0, len(clip) // 2, len(clip) - 1):
            picture = self.picture(clip, index)
            frame = clip.frame(index)
            found = self.opened(self.build(), clip, picture).apply(frame, picture.time)
            self._require_painted(found, picture, f"frame {index}")
            far = torch.nn.functional.max_pool2d(picture.mask[None], 9, 1, 4)[0] == 0
            require(
                torch.equal(found[:, far], frame[:, far]),
                "pixels far from what was painted do not keep their bits",
            )

    def test_paint_moves_with_what_it_is_on(self) -> None:
        """Its centre is where the texture under it has moved to."""
        if self.velocity is None:
            return
        shown = self.shown()
        clip = self.clip(shown)
        picture = self.picture(clip, 0)
        carried = self.opened(self.build(), clip, picture)
        places = []
        for k in range(len(shown)):
            change = (carried.apply(shown.frame(k), float(shown.times[k])) - shown.frame(k)).abs().sum(dim=0).cpu()
            require(float(change.sum()) > 0, f"the frame at {float(shown.times[k]):g} s is not changed at all")
            places.append(_centre(change))
        for k, place in enumerate(places):
            passed = float(shown.times[k] - shown.times[0])
            expected = [a + v * passed for a, v in zip(places[0], self.velocity, strict=True)]
            off = max(abs(a - b) for a, b in zip(place, expected, strict=True))
            require(
                off <= self.follow_tolerance,
                f"{passed:.2f} s later paint is {off:.1f} pixels away from what it was put on",
            )

    def test_several_pictures(self) -> None:
        """Each counts in full at its own time."""
        clip = self.clip(self.shown())
        last = len(clip) - 1
        pictures = self.picture(clip, 0), self.picture(clip, last, _BLUE)
        carried = self.opened(self.build(), clip, *pictures)
        for index, picture in zip((0, last), pictures, strict=True):
            self._require_painted(carried.apply(clip.frame(index), picture.time), picture, f"frame {index}")

    def test_reference(self) -> None:
        """With pictures it is the time of the first of them."""
        clip = self.clip(self.shown())
        picture = self.picture(clip, 1)
        reference = self.opened(self.build(), clip, picture).reference
        require(reference == picture.time, f"the reference is {reference!r}, but {picture.time:g} s was painted")

    def test_facts(self) -> None:
        """Numbers by name, after each frame."""
        clip = self.clip(self.shown())
        carried = self.opened(self.build(), clip, self.picture(clip, 0))
        for index in range(2):
            carried.apply(clip.frame(index), float(clip.times[index]))
            facts = dict(carried.facts())
            require_json("the facts", facts)
            wrong = [name for name, value in facts.items() if not isinstance(value, float)]
            require(not wrong, f"facts {', '.join(wrong)} are no float")

    def test_other_spaces_are_refused(self) -> None:
        """A direction for codes that it has nothing to do with."""
        clip = self.clip(self.shown())
        with must_raise(UsageError, "a direction of another space"):
            self.build().open(clip, [Push(_Elsewhere(NoOptions(), self.context()), lambda time: 1.0)])

    def test_input_is_left_alone(self) -> None:
        """Neither the clip nor a picture nor a frame is written to."""
        clip = self.clip(self.shown())
        picture, frame = self.picture(clip, 1), clip.frame(1).clone()
        before = clip.frames.clone(), picture.image.clone(), picture.mask.clone(), frame.clone()
        self.opened(self.build(), clip, picture).apply(frame, picture.time)
        for what, now, then in zip(
            ("the clip", "the painted picture", "the mask", "the frame"),
            (clip.frames, picture.image, picture.mask, frame),
            before,
            strict=True,
        ):
            require(torch.equal(now, then), f"{what} was written to")

    def test_progress(self) -> None:
        """It counts up to a total, and can cancel the search."""
        clip = self.clip(self.shown())
        steps = Steps()
        self.build().open(clip, [self.picture(clip, 1)], steps)
        steps.check()
        if not steps.told:
            return
        try:
            self.build().open(clip, [self.picture(clip, 1)], Steps(cancel=True))
        except Cancelled:
            return
        raise AssertionError("open went on although the progress callback raised")

    def _require_painted(self, found: Tensor, picture: Picture, what: str) -> None:
        inside = picture.mask > 0
        off = float((found - picture.image)[:, inside].abs().mean())
        require(off <= self.exactness, f"{what} is {off:.3f} away from what was painted, where it was painted")


class _Elsewhere(FakeDirection):
    """A direction in a space that nothing knows."""

    space = "no-such-space"


def _centre(change: Tensor) -> tuple[float, float]:
    """(x, y) of the centre of mass of `change` (H, W)."""
    total = float(change.sum())
    rows, columns = (torch.arange(side, dtype=change.dtype) for side in change.shape)
    return float((change.sum(dim=0) * columns).sum()) / total, float((change.sum(dim=1) * rows).sum()) / total
