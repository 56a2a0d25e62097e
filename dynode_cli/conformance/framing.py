"""What a framing must do."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Cancelled, Conformance, Steps
from dynode_cli.conformance.checks import (
    only_typed_errors,
    require,
    require_close,
    require_dtype,
    require_finite,
    require_shape,
)
from dynode_cli.contracts import Framing, FramingTrack
from dynode_cli.synthetic.memory_clip import MemoryClip, texture_clip

TIMES = ((0.0, 0.04, 0.08, 0.13, 0.16), (9.0, 9.05, 9.1, 9.15))


class FramingConformance(Conformance):
    """Subclass it and set `implementation`; override `clip` if it looks for something that a texture has not."""

    contract: ClassVar[type] = Framing
    size: ClassVar[tuple[int, int]] = (24, 24)
    """(H, W) of the crops."""
    place_tolerance: ClassVar[float] = 0.02
    """Largest difference between a crop and the place of the frame that its transform names (values are 0 to 1)."""
    return_tolerance: ClassVar[float] = 0.1
    """Mean difference allowed in the middle of a crop that was pasted back and cut out again."""

    def clip(self, variant: int = 0, device: str = "cpu") -> MemoryClip:
        """What is framed."""
        return texture_clip(TIMES[variant], size=(40, 56), velocity=(20.0, 10.0), seed=variant, device=device)

    def track(self, built: Any, variant: int = 0, device: str = "cpu") -> tuple[MemoryClip, FramingTrack]:
        """A clip, and where its part lies."""
        clip = self.clip(variant, device)
        track = built.estimate(clip, self.size)
        require(isinstance(track, FramingTrack), f"estimate gave {type(track).__name__}, not a FramingTrack")
        return clip, track

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Find, cut out, put back."""
        clip, track = self.track(built, variant, device)
        crop = built.crop(clip.frame(1), track.transforms[1])
        pasted = built.paste(clip.frame(1), crop, track.transforms[1])
        return {"crop": crop, "pasted": pasted}

    def test_track(self) -> None:
        """A transform for every frame of the clip, at its time, that can be undone."""
        for variant in (0, 1):
            clip, track = self.track(self.build(), variant)
            require_shape("times", track.times, (len(clip),))
            require(torch.equal(track.times.double().cpu(), clip.times.cpu()), "times are not those of the clip")
            require_shape("transforms", track.transforms, (len(clip), 2, 3))
            require_dtype("transforms", track.transforms, torch.float64)
            require_finite("transforms", track.transforms)
            require_shape("found", track.found, (len(clip),))
            require_dtype("found", track.found, torch.bool)
            require(bool(track.found.any()), "nothing was found in the clip")
            area = torch.linalg.det(track.transforms[:, :, :2]).abs().min()
            require(float(area) > 0, "a transform squeezes the part to a line")

    def test_short_clips(self) -> None:
        """One frame is enough."""
        with only_typed_errors("framing one frame"):
            _, track = self.clip(), self.build().estimate(self.clip().window(1, 1), self.size)
        require_shape("transforms of one frame", track.transforms, (1, 2, 3))

    def test_crop(self) -> None:
        """(3, *size) in [0, 1]."""
        built = self.build()
        clip, track = self.track(built)
        crop = built.crop(clip.frame(1), track.transforms[1])
        require_shape("the crop", crop, (3, *self.size))
        require_dtype("the crop", crop, torch.float32)
        require_finite("the crop", crop)
        require(float(crop.min()) >= 0 and float(crop.max()) <= 1, "the crop leaves [0, 1]")

    def test_crop_shows_what_its_transform_names(self) -> None:
        """Pixel centre by pixel centre: half a pixel to the side is caught."""
        built = self.build()
        clip, track = self.track(built)
        height, width = clip.size
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        ramp = torch.stack((x / (width - 1), y / (height - 1), torch.full_like(x / width, 0.5))).to(torch.float32)
        transform = track.transforms[1].cpu()
        crop = built.crop(ramp.to(clip.frames.device), track.transforms[1]).cpu()
        rows, columns = torch.meshgrid(
            *(torch.arange(side, dtype=torch.float64) for side in self.size), indexing="ij"
        )
        places = torch.stack((columns, rows, torch.ones_like(rows)), dim=-1) @ transform.T
        # Next to the border of the frame a crop may show anything.
        reach = 2 + int(transform[:, :2].abs().sum(dim=1).max())
        inside = (places[..., 0] >= reach) & (places[..., 0] <= width - 1 - reach)
        inside &= (places[..., 1] >= reach) & (places[..., 1] <= height - 1 - reach)
        require(
            bool(inside.any()), "no pixel of the crop lies well inside the frame: let `clip` show the part larger"
        )
        expected = torch.stack((places[..., 0] / (width - 1), places[..., 1] / (height - 1))).to(torch.float32)
        worst = float((crop[:2] - expected)[:, inside].abs().max())
        require(
            worst <= self.place_tolerance,
            f"the crop shows places that are {worst:.3f} of the frame's side away from where its transform says",
        )

    def test_paste(self) -> None:
        """A new frame of the same size; a crop that was not changed changes nothing to speak of."""
        built = self.build()
        clip, track = self.track(built)
        frame, transform = clip.frame(1), track.transforms[1]
        crop = built.crop(frame, transform)
        pasted = built.paste(frame, crop, transform)
        require_shape("the pasted frame", pasted, tuple(frame.shape))
        require_dtype("the pasted frame", pasted, torch.float32)
        require_finite("the pasted frame", pasted)
        difference = float((pasted - frame).abs().mean())
        require(
            difference <= self.return_tolerance, f"an unchanged crop changes the frame by {difference:.3f} on average"
        )

    def test_paste_puts_the_crop_in_its_place(self) -> None:
        """What was pasted, a mirrored crop, is what is cut out again in the middle of the part."""
        built = self.build()
        clip, track = self.track(built)
        frame, transform = clip.frame(1), track.transforms[1]
        before = built.crop(frame, transform)
        mirrored = before.flip(-1)
        again = built.crop(built.paste(frame, mirrored, transform), transform)
        h, w = self.size
        middle = (slice(None), slice(h // 3, h - h // 3), slice(w // 3, w - w // 3))
        off = float((again - mirrored)[middle].abs().mean())
        require(off <= self.return_tolerance, f"a pasted crop comes back {off:.3f} off on average")
        kept = float((again - before)[middle].abs().mean())
        require(off < kept, "the frame shows what it showed before: nothing was pasted")

    def test_input_is_left_alone(self) -> None:
        """Neither frame nor crop nor transform is written to, and pasting returns a new frame."""
        built = self.build()
        clip, track = self.track(built)
        frame, transform = clip.frame(1).clone(), track.transforms[1].clone()
        crop = built.crop(frame, transform).clone()
        before = crop.clone()
        pasted = built.paste(frame, crop, transform)
        require(torch.equal(frame, clip.frame(1)), "the frame was written to")
        require(torch.equal(crop, before), "the crop was written to")
        require(torch.equal(transform, track.transforms[1]), "the transform was written to")
        require(pasted.data_ptr() != frame.data_ptr(), "paste gave the frame itself back")
        require_close("the clip", clip.frames, self.clip().frames, 0.0)

    def test_progress(self) -> None:
        """It counts up to a total, and can cancel the search."""
        steps = Steps()
        self.build().estimate(self.clip(), self.size, steps)
        steps.check()
        if not steps.told:
            return
        try:
            self.build().estimate(self.clip(), self.size, Steps(cancel=True))
        except Cancelled:
            return
        raise AssertionError("estimate went on although the progress callback raised")
