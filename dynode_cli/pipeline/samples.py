"""Plausible in-betweens beside the mean: a video of each, and a map of how far their pixels lie apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from dynode_cli.media.facts import MediaInfo
from dynode_cli.media.writing.writer import VideoWriter
from dynode_cli.pipeline.outputs import SampleOutputs
from dynode_cli.pipeline.renderer import FrameSource
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.values.amounts import counted

LOSSLESS = EncoderOptions(codec="ffv1")
LARGEST_VARIANCE = 0.25
"""Of numbers in [0, 1]: what is white in a map."""
_LEVELS = 255


@dataclass(frozen=True)
class Samples:
    """Samples to write while the mean is written."""

    sources: Sequence[FrameSource]
    outputs: SampleOutputs


@dataclass(frozen=True)
class Spread:
    """How far samples lie apart."""

    samples: Sequence[str]
    variance: str
    """Video of (or tensor with) the variance of every pixel."""
    deviation: float
    """Root-mean-square difference between samples and the mean, in levels of 8 bits."""
    deviation_worst: float
    """The same for the frame that has most of it."""
    deviation_worst_at: float
    """Seconds of output to that frame."""

    def told(self) -> str:
        """In words."""
        return (
            f"{counted(len(self.samples), 'alternative')} written beside it; they differ from it by "
            f"{self.deviation:.1f} of 255 levels on average, and most at {self.deviation_worst_at:.3f} s "
            f"({self.deviation_worst:.1f}); {self.variance} shows where"
        )


class SpreadMeter:
    """Works out the variance of samples around their mean, frame by frame."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0
        self._worst = (0.0, 0.0)

    def __call__(self, mean: Tensor, samples: Sequence[Tensor], time: float) -> Tensor:
        """Variance (3, H, W) of `samples`, each (3 or 4, H, W), around `mean` at `time` seconds of output."""
        variance = torch.zeros_like(mean[:3])
        for sample in samples:
            variance += (sample[:3] - mean[:3]).square()
        variance /= len(samples)
        average = float(variance.mean(dtype=torch.float64))
        self._sum, self._count = self._sum + average, self._count + 1
        self._worst = max(self._worst, (average, time), key=lambda pair: pair[0])
        return variance

    def spread(self, outputs: SampleOutputs) -> Spread:
        """What was found."""
        average, (worst, at) = self._sum / max(self._count, 1), self._worst
        return Spread(outputs.samples, outputs.variance, _LEVELS * math.sqrt(average), _LEVELS * math.sqrt(worst), at)


OpenWriter = Callable[[str, bool], VideoWriter]
"""Opens the video of a name; told whether it is to be a map."""


class SampledWriter:
    """Writes an output and, where some are wanted, samples beside it with a map. Use it as a context manager.

    The map is RGB of 16 bits: 65535 is a variance of 1/4 (the largest that numbers from 0 to 1 can have around their
    own mean) or more.

    Arguments:
        opened: opens each of the videos.
    """

    def __init__(self, output: str, outputs: SampleOutputs | None, opened: OpenWriter) -> None:
        self._outputs = outputs
        self._meter = SpreadMeter()
        with ExitStack() as stack:
            self._writers = [stack.enter_context(opened(output, False))]
            if outputs is not None:
                self._writers += [stack.enter_context(opened(name, False)) for name in outputs.samples]
                self._map = stack.enter_context(opened(outputs.variance, True))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)

    @property
    def warnings(self) -> Sequence[str]:
        """What could not be carried over."""
        return self._writers[0].warnings

    def write(self, mean: Tensor, samples: Sequence[Tensor], time: Fraction) -> None:
        """Show `mean` (3 or 4, H, W) and `samples` like it from `time` on."""
        for writer, frame in zip(self._writers, (mean, *samples), strict=True):
            _show(writer, frame, time)
        if self._outputs is not None:
            _show(self._map, self._meter(mean, samples, float(time)) / LARGEST_VARIANCE, time)

    def spread(self) -> Spread | None:
        """How far the samples lie apart, if there are any."""
        return None if self._outputs is None else self._meter.spread(self._outputs)


def _show(writer: VideoWriter, frame: Tensor, time: Fraction) -> None:
    writer.write(frame.permute(1, 2, 0).cpu().numpy(), time)


def map_info(info: MediaInfo) -> MediaInfo:
    """`info` for a map: RGB of 16 bits."""
    return replace(info, pix_fmt="gbrp16le", bit_depth=16, alpha=False)


def in_step(mean: Iterator[Tensor], samples: Sequence[Iterator[Tensor]]) -> Iterator[tuple[Tensor, list[Tensor]]]:
    """Frames of the mean, each with those of the samples."""
    for frame, *drawn in zip(mean, *samples, strict=True):
        yield frame, drawn
