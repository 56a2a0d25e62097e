"""What a metric must do."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Conformance
from dynode_cli.conformance.checks import held_bytes, only_typed_errors, require, traced_memory
from dynode_cli.contracts import Metric
from dynode_cli.synthetic.memory_clip import texture_clip


class MetricConformance(Conformance):
    """Subclass it and set `implementation`."""

    contract: ClassVar[type] = Metric
    minimum_frames: ClassVar[int] = 1
    """Frames that it needs; 2 for one that looks at changes over time."""

    def frames(self, variant: int = 0, device: str = "cpu") -> Tensor:
        """(6, 3, 32, 48) of a moving texture."""
        return texture_clip([0.04 * k for k in range(6)], velocity=(60.0, 30.0), seed=variant, device=device).frames

    def noisy(self, frames: Tensor, amount: float) -> Tensor:
        """`frames` with noise of standard deviation `amount`, the same on every call."""
        random = torch.Generator().manual_seed(7)
        return (frames + amount * torch.randn(frames.shape, generator=random).to(frames)).clamp(0, 1)

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Score noise, in one go and a frame at a time."""
        frames = self.frames(variant, device)
        noisy = self.noisy(frames, 0.05)
        measurement = built.begin()
        self._add(measurement, frames, noisy)
        return {
            "figure": torch.tensor([built(frames, noisy)], device=device),
            "measured figure": torch.tensor([measurement.value()], device=device),
        }

    def test_says_what_it_is(self) -> None:
        """Name, unit, which way is better, and how tables show it."""
        built = self.build()
        require(isinstance(built.name, str) and bool(built.name), f"name is {built.name!r}; it must be a word")
        require(isinstance(built.unit, str), f"unit is {built.unit!r}; a word, or empty")
        require(isinstance(built.higher_is_better, bool), f"higher_is_better is {built.higher_is_better!r}")
        require(isinstance(built.heading, str), f"heading is {built.heading!r}; a word, or empty")
        digits = built.decimals
        require(isinstance(digits, int) and digits >= 0, f"decimals is {digits!r}; a number of digits")

    def test_gives_a_number(self) -> None:
        """A Python float that is not NaN."""
        frames = self.frames()
        for candidate in (frames, self.noisy(frames, 0.1)):
            built = self.build()
            measurement = built.begin()
            self._add(measurement, frames, candidate)
            for figure in (built(frames, candidate), measurement.value()):
                require(type(figure) is float, f"the figure is {type(figure).__name__}, not float")
                require(not math.isnan(figure), "the figure is NaN")

    def test_few_frames(self) -> None:
        """As many as it says are enough."""
        frames = self.frames()[: self.minimum_frames]
        with only_typed_errors(f"scoring {self.minimum_frames} frame(s)"):
            figure = self.build()(frames, self.noisy(frames, 0.1))
        require(not math.isnan(figure), f"the figure of {self.minimum_frames} frame(s) is NaN")

    def test_worse_frames_score_worse(self) -> None:
        """Equal frames score best, and more noise scores worse than less."""
        frames = self.frames()
        figures = [
            self._badness(frames, self.noisy(frames, amount) if amount else frames) for amount in (0, 0.03, 0.15)
        ]
        require(figures == sorted(set(figures)), f"no noise, a little and much score {self._shown(figures)}")

    def test_frames_are_compared_with_their_own(self) -> None:
        """Frames that are one late score worse than frames in time."""
        frames = self.frames()
        late = torch.cat((frames[:1], frames[:-1]))
        in_time, delayed = self._badness(frames, frames), self._badness(frames, late)
        require(in_time < delayed, f"frames in time and one late score {self._shown([in_time, delayed])}")

    def test_input_is_left_alone(self) -> None:
        """Frames are not written to."""
        frames = self.frames()
        candidate = self.noisy(frames, 0.05)
        before = candidate.clone()
        self.build()(frames, candidate)
        require(torch.equal(frames, self.frames()), "the reference was written to")
        require(torch.equal(candidate, before), "the candidate was written to")

    def test_frames_may_come_one_at_a_time(self) -> None:
        """The figure of a run is that of its frames one after the other, however often it is asked for."""
        frames = self.frames()
        noisy = self.noisy(frames, 0.05)
        built = self.build()
        measurement = built.begin()
        self._add(measurement, frames, noisy)
        whole, first, second = built(frames, noisy), measurement.value(), measurement.value()
        require(
            math.isclose(first, whole, rel_tol=1e-4), f"a run scores {whole:g}, its frames one at a time {first:g}"
        )
        require(first == second, f"asked for again, the figure is {second:g} instead of {first:g}")

    def test_measurements_do_not_mix(self) -> None:
        """Two under way at once score what each scores alone."""
        frames, built = self.frames(), self.build()
        candidates = [self.noisy(frames, amount) for amount in (0.03, 0.15)]
        alone = []
        for candidate in candidates:
            measurement = built.begin()
            self._add(measurement, frames, candidate)
            alone.append(measurement.value())
        both = [built.begin() for _ in candidates]
        for number, frame in enumerate(frames):
            for measurement, candidate in zip(both, candidates, strict=True):
                measurement.add(frame, candidate[number], follows=number > 0)
        together = [measurement.value() for measurement in both]
        require(together == alone, f"two measurements score {together} side by side, and {alone} one after the other")

    def test_long_clips_need_no_more_memory(self) -> None:
        """What a measurement holds does not grow with the number of runs."""
        measurement = self.build().begin()
        frames = self.frames()[:3]

        def runs(count: int) -> int:
            for number in range(count):
                self._add(measurement, frames.clone(), self.noisy(frames, 0.01 * number))
            return held_bytes()

        with traced_memory():
            before = runs(4)
            grown = runs(12) - before
        require(grown <= self.growth, f"twelve more runs hold {grown} bytes more; at most {self.growth} are allowed")

    def _add(self, measurement: Any, reference: Tensor, candidate: Tensor) -> None:
        for number, (real, made) in enumerate(zip(reference, candidate, strict=True)):
            measurement.add(real, made, follows=number > 0)

    def _badness(self, reference: Tensor, candidate: Tensor) -> float:
        figure = float(self.build()(reference, candidate))
        return -figure if self.implementation.higher_is_better else figure  # type: ignore[attr-defined]

    def _shown(self, figures: list[float]) -> str:
        sign = -1 if self.implementation.higher_is_better else 1  # type: ignore[attr-defined]
        return ", ".join(f"{sign * figure:g}" for figure in figures)
