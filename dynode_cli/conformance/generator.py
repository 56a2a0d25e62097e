"""What a generator must do."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli import options as option_tools
from dynode_cli.conformance.base import Conformance
from dynode_cli.conformance.checks import (
    held_bytes,
    must_raise,
    require,
    require_close,
    require_dtype,
    require_shape,
    through_safetensors,
    traced_memory,
)
from dynode_cli.contracts import Generator, Inverter
from dynode_cli.errors import InputError
from dynode_cli.synthetic.memory_clip import texture_clip

TIMES = ((0.0, 0.04, 0.08, 0.13, 0.16, 0.2), (9.0, 9.05, 9.1, 9.15, 9.2, 9.25))


class GeneratorConformance(Conformance):
    """Subclass it and set `implementation`; also `inverter` if frames can be made only from a clip.

    A generator with weights overrides `weights`, and `codes` if standard normal ones are not what it was made for.
    """

    contract: ClassVar[type] = Generator
    inverter: ClassVar[type | None] = None
    """The :class:`~dynode_cli.contracts.Inverter` that binds the generator to a clip; None: it renders any codes."""
    clip_size: ClassVar[tuple[int, int]] = (32, 48)
    """(H, W) of that clip."""
    batch_tolerance: ClassVar[float] = 1e-4
    """Largest difference between frames made together and one by one."""

    def codes(self, generator: Any, variant: int = 0) -> tuple[Tensor, Tensor]:
        """Codes (6, *code_shape) to render and their times (6,)."""
        random = torch.Generator().manual_seed(100 + variant)
        codes = torch.randn(len(TIMES[variant]), *generator.code_shape, generator=random)
        return codes, torch.tensor(TIMES[variant], dtype=torch.float64)

    def ready(self, built: Any = None, variant: int = 0, device: str = "cpu") -> tuple[Generator, Tensor, Tensor]:
        """A generator that can render, codes (T, *code_shape) and times (T,) for it."""
        built = self.build(device=device) if built is None else built
        if self.inverter is None:
            codes, times = self.codes(built, variant)
            return built, codes.to(device), times.to(device)
        inverter: Inverter = self.inverter(
            option_tools.parse(option_tools.options_of(self.inverter), {}), self.context(device=device)
        )
        clip = texture_clip(TIMES[variant], size=self.clip_size, seed=variant, device=device)
        inversion = inverter.invert(clip, built)
        middle = (inversion.codes[:-1] + inversion.codes[1:]) / 2
        return inversion.generator, middle, (inversion.times[:-1] + inversion.times[1:]) / 2

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Render."""
        generator, codes, times = self.ready(built, variant, device)
        return {"frames": generator.synthesize(codes, times)}

    def test_shapes_and_types(self) -> None:
        """(T, 3, H, W) float32 in [0, 1], of the size that `frame_size` says."""
        generator, codes, times = self.ready()
        require_shape("codes", codes, (len(codes), *generator.code_shape))
        for count in (1, 3):
            frames = generator.synthesize(codes[:count], times[:count])
            require_shape("frames", frames, (count, 3, *generator.frame_size))
            require_dtype("frames", frames, torch.float32)
            low, high = float(frames.min()), float(frames.max())
            require(low >= 0.0 and high <= 1.0, f"frames lie in [{low:g}, {high:g}], not in [0, 1]")

    def test_frame_size_follows_the_clip(self) -> None:
        """Of generators that make whole frames."""
        if not self.implementation.full_frame or self.inverter is None:  # type: ignore[attr-defined]
            return
        generator, codes, times = self.ready()
        require(tuple(generator.frame_size) == self.clip_size, f"frame_size is {generator.frame_size}")
        require_shape("frames", generator.synthesize(codes[:1], times[:1]), (1, 3, *self.clip_size))

    def test_names_its_partners(self) -> None:
        """Inverter, dynamics and framing for users who name none."""
        for name in ("default_inverter", "default_dynamics", "default_framing"):
            value = getattr(self.implementation, name, None)
            require(isinstance(value, str) and bool(value), f"{name} is {value!r}; name a registered implementation")

    def test_one_batch_is_many(self) -> None:
        """Frames made together and one by one are the same, in any order."""
        generator, codes, times = self.ready()
        together = generator.synthesize(codes, times)
        alone = torch.cat([generator.synthesize(codes[k : k + 1], times[k : k + 1]) for k in range(len(codes))])
        require_close("frames made one at a time", alone, together, self.batch_tolerance)
        order = torch.arange(len(codes) - 1, -1, -1)
        turned = generator.synthesize(codes[order], times[order])
        require_close("frames made in another order", turned, together[order], self.batch_tolerance)

    def test_codes_matter(self) -> None:
        """Other codes or times give other frames."""
        generator, codes, times = self.ready()
        frames = generator.synthesize(codes, times)
        require(not torch.equal(frames[0], frames[-1]), "the first and the last code give the same frame")

    def test_input_is_left_alone(self) -> None:
        """Codes and times are not written to, nor does a frame that was handed out come back changed."""
        generator, codes, times = self.ready()
        before = codes.clone(), times.clone()
        first = generator.synthesize(codes, times)
        expected = first.clone()
        require(torch.equal(codes, before[0]), "synthesize wrote to the codes")
        require(torch.equal(times, before[1]), "synthesize wrote to the times")
        first.fill_(0.5)
        again = generator.synthesize(codes, times)
        require_close("frames made after earlier ones were written to", again, expected, self.tolerance)

    def test_bound_state_can_be_saved(self) -> None:
        """Without pickle, and a generator built anew renders the same with it."""
        generator, codes, times = self.ready()
        state = through_safetensors(generator.bound_state())
        if state:
            again = self.build().bound(state)
            require_close(
                "frames after saving", again.synthesize(codes, times), generator.synthesize(codes, times), 1e-4
            )

    def test_foreign_state_is_refused(self) -> None:
        """State that another generator gave is an InputError."""
        with must_raise(InputError, "a state of another generator"):
            self.build().bound({"no.such.tensor": torch.zeros(3)})

    def test_long_renderings_need_no_more_memory(self) -> None:
        """What is held does not grow with the number of frames made."""
        generator, codes, times = self.ready()
        with traced_memory():
            self._render_many(generator, codes, times, 8)
            before = held_bytes()
            self._render_many(generator, codes, times, 40)
            grown = held_bytes() - before
        require(grown <= self.growth, f"40 more frames hold {grown} bytes more; at most {self.growth} are allowed")

    def _render_many(self, generator: Generator, codes: Tensor, times: Tensor, count: int) -> None:
        for k in range(count):
            weight = (k + 0.5) / count
            generator.synthesize(torch.lerp(codes[:1], codes[1:2], weight), torch.lerp(times[:1], times[1:2], weight))
