"""What an inverter must do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli import options as option_tools
from dynode_cli.conformance.base import Cancelled, Conformance, Steps
from dynode_cli.conformance.checks import (
    only_typed_errors,
    require,
    require_close,
    require_dtype,
    require_json,
    require_same,
    require_shape,
    through_safetensors,
)
from dynode_cli.conformance.fakes import FakeGenerator
from dynode_cli.contracts import Generator, Inversion, Inverter
from dynode_cli.synthetic.memory_clip import MemoryClip, texture_clip

TIMES = ((0.0, 0.04, 0.08, 0.13, 0.16, 0.2, 0.24), (9.0, 9.05, 9.1, 9.15, 9.2))


class InverterConformance(Conformance):
    """Subclass it, set `implementation` and the `generator` that it makes codes for."""

    contract: ClassVar[type] = Inverter
    generator: ClassVar[type] = FakeGenerator
    """The :class:`~dynode_cli.contracts.Generator` to invert."""
    generator_options: ClassVar[Mapping[str, object]] = {}
    reconstruction: ClassVar[float | None] = None
    """PSNR in dB that renderings of the codes must reach; None: it is not asked."""

    def build_generator(self, *, device: str = "cpu", seed: int = 0) -> Generator:
        """A new generator."""
        parsed: Any = option_tools.parse(option_tools.options_of(self.generator), self.generator_options)
        made: Generator = self.generator(parsed, self.context(device=device, seed=seed))
        return made

    def clip(self, generator: Generator, variant: int = 0, device: str = "cpu") -> MemoryClip:
        """A moving texture of the size that `generator` makes, at uneven times."""
        size = (32, 48) if generator.full_frame else generator.frame_size
        return texture_clip(TIMES[variant], size=size, seed=variant, device=device)

    def inverted(self, built: Any = None, variant: int = 0, device: str = "cpu") -> tuple[MemoryClip, Inversion]:
        """A clip, and what inverting it gave."""
        generator = self.build_generator(device=device)
        clip = self.clip(generator, variant, device)
        inversion = (self.build(device=device) if built is None else built).invert(clip, generator)
        require(isinstance(inversion, Inversion), f"invert gave {type(inversion).__name__}, not an Inversion")
        assert isinstance(inversion, Inversion)
        return clip, inversion

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Invert, and render what was found."""
        _, inversion = self.inverted(built, variant, device)
        frames = inversion.generator.synthesize(inversion.codes, inversion.times)
        return {"codes": inversion.codes, "frames": frames}

    def test_shapes_and_types(self) -> None:
        """A code for every frame, at the time of that frame, for the generator that comes with them."""
        for variant in (0, 1):
            clip, inversion = self.inverted(variant=variant)
            require_shape("codes", inversion.codes, (len(clip), *inversion.generator.code_shape))
            require_dtype("codes", inversion.codes, torch.float32)
            require_shape("times", inversion.times, (len(clip),))
            require(
                torch.equal(inversion.times.cpu().double(), clip.times.cpu()),
                f"times are {inversion.times.tolist()}, but those of the clip {clip.times.tolist()}",
            )

    def test_short_clips(self) -> None:
        """One frame is enough, and so are two."""
        for count in (1, 2):
            generator = self.build_generator()
            part = self.clip(generator).window(0, count - 1)
            with only_typed_errors(f"inverting {count} frame(s)"):
                inversion = self.build().invert(part, generator)
                frames = inversion.generator.synthesize(inversion.codes, inversion.times)
            require_shape(f"codes of {count} frame(s)", inversion.codes, (count, *inversion.generator.code_shape))
            require_shape(f"{count} frame(s)", frames, (count, 3, *inversion.generator.frame_size))

    def test_frames_belong_to_their_times(self) -> None:
        """Renderings of the codes are as near to their frames as was promised, and nearest to their own."""
        if self.reconstruction is None:
            return
        clip, inversion = self.inverted()
        frames = inversion.generator.synthesize(inversion.codes, inversion.times).cpu()
        error = (frames[:, None] - clip.frames.cpu()[None]).square().flatten(2).mean(dim=2)
        worst = float(-10 * torch.log10(error.diagonal().max().clamp_min(1e-12)))
        require(
            worst >= self.reconstruction,
            f"a frame comes back with {worst:.1f} dB; at least {self.reconstruction:g} were promised",
        )
        nearest = error.argmin(dim=1).tolist()
        require(nearest == list(range(len(clip))), f"frames 0, 1, 2, ... come back as frames {nearest}")

    def test_kept_frames_are_kept(self) -> None:
        """If the generator says so: frames come back bit for bit at their own times, and are not even asked for."""
        if not self.generator.keeps_frames:  # type: ignore[attr-defined]
            return
        clip, inversion = self.inverted()
        frames = inversion.generator.synthesize(inversion.codes, inversion.times).cpu()
        wrong = int((frames != clip.frames.cpu()).any(dim=1).sum())
        require(wrong == 0, f"{self.generator.__name__} says that it keeps frames, but {wrong} pixels changed")

    def test_windows_give_the_same(self) -> None:
        """A clip in overlapping windows gives the same frames as the whole, if `context_frames` is a number."""
        reach = self.implementation.context_frames  # type: ignore[attr-defined]
        if reach is None:
            return
        require(isinstance(reach, int) and reach >= 0, f"context_frames is {reach!r}; a count of frames, or None")
        count = 2 * reach + 7
        generator = self.build_generator()
        size = (32, 48) if generator.full_frame else generator.frame_size
        whole = texture_clip([0.04 * k for k in range(count)], size=size, velocity=(30.0, 10.0))
        expected = self.build().invert(whole, generator)
        inverter = self.build()
        for core in (0, 2, 4):
            first, last = max(0, core - reach), min(count - 1, core + 2 + reach)
            window = inverter.invert(whole.window(first, last), self.build_generator())
            # Codes may have another origin in each window; what they show may not differ.
            for k in (core, core + 1):
                t = (whole.times[k : k + 1] + whole.times[k + 1 : k + 2]) / 2
                found = window.generator.synthesize(_between(window.codes, k - first), t)
                right = expected.generator.synthesize(_between(expected.codes, k), t)
                require_close(f"the frame after number {k}, from a window", found, right, 0.02)

    def test_clips_are_kept_apart(self) -> None:
        """What was found in one clip is not taken for another whose frames have the same numbers and times."""
        generator = self.build_generator()
        size = (32, 48) if generator.full_frame else generator.frame_size
        one, other = (texture_clip(TIMES[0], size=size, seed=seed) for seed in (5, 6))
        expected = self.build().invert(other, generator)
        inverter = self.build()
        inverter.invert(one, self.build_generator())
        found = inverter.invert(other, self.build_generator())
        require_same("the second of two clips", _shown(found), _shown(expected), self.tolerance)

    def test_the_clip_is_left_alone(self) -> None:
        """Its frames and times are not written to."""
        generator = self.build_generator()
        clip = self.clip(generator)
        frames, times = clip.frames.clone(), clip.times.clone()
        inversion = self.build().invert(clip, generator)
        inversion.generator.synthesize(inversion.codes, inversion.times)
        require(torch.equal(clip.frames, frames), "invert wrote to the frames of the clip")
        require(torch.equal(clip.times, times), "invert wrote to the times of the clip")

    def test_other_generators_are_typed_errors(self) -> None:
        """A generator that it cannot invert is a DynodeError."""
        clip = texture_clip(TIMES[0][:2])
        with only_typed_errors("inverting for a generator of another kind"):
            self.build().invert(clip, FakeGenerator(None, self.context()))

    def test_report(self) -> None:
        """Facts that can be written as JSON."""
        require_json("the report", dict(self.inverted()[1].report))

    def test_progress(self) -> None:
        """It counts up to a total, and can cancel the inversion."""
        generator = self.build_generator()
        steps = Steps()
        self.build().invert(self.clip(generator), generator, steps)
        steps.check()
        require(bool(steps.told), "invert never told its progress")
        try:
            self.build().invert(self.clip(generator), generator, Steps(cancel=True))
        except Cancelled:
            return
        raise AssertionError("invert went on although the progress callback raised")

    def test_results_can_be_saved(self) -> None:
        """As safetensors, without pickle: codes, and what a tuned generator has of its own."""
        _, inversion = self.inverted()
        saved = through_safetensors({"codes": inversion.codes, "times": inversion.times})
        require_close("codes from a file", saved["codes"], inversion.codes, 0.0)
        state = through_safetensors(inversion.generator.bound_state())
        if state:
            found = self.build_generator().bound(state).synthesize(inversion.codes, inversion.times)
            expected = inversion.generator.synthesize(inversion.codes, inversion.times)
            require_close("frames of a tuned generator from a file", found, expected, 1e-4)


def _shown(inversion: Inversion) -> dict[str, Tensor]:
    """Its codes, and the frame half-way between the first two."""
    code = _between(inversion.codes, 0)
    moment = (inversion.times[:1] + inversion.times[1:2]) / 2
    return {"codes": inversion.codes, "frame": inversion.generator.synthesize(code, moment)}


def _between(codes: Tensor, index: int) -> Tensor:
    """The code half-way from `index` to the next, (1, *code_shape)."""
    return (codes[index : index + 1] + codes[index + 1 : index + 2]) / 2
