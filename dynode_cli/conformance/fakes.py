"""The smallest correct implementation of each contract: stand-ins for what a test is not about.

They pass the conformance suites, so they are also examples of what the suites ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from dynode_cli.contracts import (
    Carried,
    Carrier,
    Clip,
    Context,
    Direction,
    Dynamics,
    FitReport,
    FlowEstimator,
    FlowPair,
    Framing,
    FramingTrack,
    Generator,
    Inversion,
    Inverter,
    Metric,
    Picture,
    Progress,
    Push,
    Trajectory,
    device_of,
    silent,
)
from dynode_cli.errors import InputError, PluginError, UsageError
from dynode_cli.options import option
from dynode_cli.plugin_host.kinds import IMPLEMENTED, KINDS

_HOOK = """
@hookimpl
def {hook}(register):
    register("fake", "dynode_cli.conformance.fakes:Fake{name}", summary="For tests")
"""
PLUGIN = "from dynode_cli import hookimpl\n" + "".join(
    _HOOK.format(hook=KINDS[kind].hook, name=kind.capitalize()) for kind in IMPLEMENTED
)
"""A single-file plugin that registers all of them as ``fake``."""
GRID = (4, 6)
FRAME = (32, 48)
REACH = 4


class FakeGenerator(Generator):
    """Enlarges a code (3, 4, 6), a small picture, to a frame of 32 x 48."""

    default_inverter: ClassVar[str] = "fake"
    default_dynamics: ClassVar[str] = "linear"

    def __init__(self, options: Any, context: Context) -> None:
        super().__init__(options, context)
        self.code_shape = (3, *GRID)
        self.frame_size = FRAME
        self._device = device_of(context)

    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """(T, 3, 4, 6) codes as (T, 3, 32, 48) frames."""
        small = codes.to(self._device, torch.float32)
        return functional.interpolate(small, FRAME, mode="bilinear", align_corners=False).clamp(0, 1)


class FakeInverter(Inverter):
    """Averages a frame over the cells of the grid."""

    context_frames: ClassVar[int | None] = 0

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """Codes (N, 3, 4, 6).

        Raises:
            PluginError: `generator` is no :class:`FakeGenerator`.
        """
        if not isinstance(generator, FakeGenerator):
            raise PluginError(f"the fake inverter cannot invert {type(generator).__name__}")
        codes = []
        for index in range(len(clip)):
            codes.append(functional.adaptive_avg_pool2d(clip.frame(index), GRID))
            progress(index + 1, len(clip))
        return Inversion(clip.times, torch.stack(codes), generator, {"frames": len(clip)})


class FakeEstimator(FlowEstimator):
    """One motion for all pixels: by the few whole pixels that make the frames match best."""

    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        """The same flow everywhere."""
        right, down = shift_between(frame0, frame1)
        flow = torch.tensor([right, down], dtype=torch.float32, device=device_of(self.context))
        forward = flow[:, None, None].expand(2, *frame0.shape[1:]).clone()
        return FlowPair(forward, -forward)


class FakeTrajectory(Trajectory):
    """Straight lines between observations, carried on beyond them."""

    def __init__(self, times: Tensor, codes: Tensor) -> None:
        self.interval = (float(times[0]), float(times[-1]))
        self._times = times
        self._codes = codes

    def evaluate(self, t: Tensor) -> Tensor:
        """(T, *code_shape)."""
        if len(self._times) == 1:
            return self._codes.expand(len(t), *self._codes.shape[1:]).clone()
        left, weight = self._place(t)
        return torch.lerp(self._codes[left], self._codes[left + 1], weight.to(self._codes))

    def velocity(self, t: Tensor) -> Tensor:
        """(T, *code_shape) a second."""
        if len(self._times) == 1:
            return torch.zeros_like(self.evaluate(t))
        left, _ = self._place(t)
        step = (self._times[left + 1] - self._times[left]).to(self._codes)
        return (self._codes[left + 1] - self._codes[left]) / step.view(-1, *[1] * (self._codes.ndim - 1))

    def edited(self, delta: Tensor, at: float | None = None) -> FakeTrajectory:
        """Everything moved by `delta`."""
        return FakeTrajectory(self._times, self._codes + delta.to(self._codes))

    def report(self) -> FitReport:
        """Nothing but the name."""
        return FitReport("fake")

    def _place(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """Left observation of each time, and where it lies on the way to the next, shaped for the codes."""
        t = t.to(self._times)
        left = (torch.searchsorted(self._times, t, right=True) - 1).clamp(0, len(self._times) - 2)
        weight = (t - self._times[left]) / (self._times[left + 1] - self._times[left])
        return left, weight.view(-1, *[1] * (self._codes.ndim - 1))


class FakeDynamics(Dynamics):
    """Fits :class:`FakeTrajectory`."""

    support: ClassVar[int | None] = 1

    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> FakeTrajectory:
        """Lines through `codes` (N, *code_shape).

        Raises:
            InputError: codes that are not finite, times that do not increase, no observation.
        """
        if len(times) == 0:
            raise InputError("there is no observation")
        if not bool((times.diff() > 0).all()) or not bool(torch.isfinite(codes).all()):
            raise InputError("times must increase and codes be finite")
        device = device_of(self.context)
        progress(1, 1)
        return FakeTrajectory(times.to(device), codes.to(device).clone())


@dataclass(frozen=True)
class FakeFramingOptions:
    """Options of the fake framing."""

    share: float = option(0.5, help="Side of the part as a share of the frame's.", minimum=0.1, maximum=1.0)


class FakeFraming(Framing):
    """The middle of the frame."""

    Options: ClassVar[type] = FakeFramingOptions

    def estimate(self, clip: Clip, size: tuple[int, int], progress: Progress = silent) -> FramingTrack:
        """The same place in every frame."""
        (height, width), (h, w) = clip.size, size
        scale = torch.tensor([width * self.options.share / w, height * self.options.share / h], dtype=torch.float64)
        centre = torch.tensor([(width - 1) / 2, (height - 1) / 2], dtype=torch.float64)
        offset = centre - scale * torch.tensor([(w - 1) / 2, (h - 1) / 2], dtype=torch.float64)
        transform = torch.cat((torch.diag(scale), offset[:, None]), dim=1)
        self._size = size
        progress(len(clip), len(clip))
        return FramingTrack(clip.times, transform.repeat(len(clip), 1, 1), torch.ones(len(clip), dtype=torch.bool))

    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        """(3, *size)."""
        return _sample(frame, transform, self._size)

    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        """`crop` over its place in a copy of `frame`, without a seam to speak of."""
        whole = torch.cat((transform, transform.new_tensor([[0, 0, 1]])))
        back = torch.linalg.inv(whole)[:2]
        size = (int(frame.shape[1]), int(frame.shape[2]))
        inside = _sample(torch.ones_like(crop), back, size)
        return torch.lerp(frame, _sample(crop, back, size), inside)


class FakeDirection(Direction):
    """Moves every number of a code."""

    name = "fake"
    space = "any"

    def __init__(self, options: Any, context: Context) -> None:
        self.options = options
        self.context = context

    def apply(self, code: Tensor, strength: float) -> Tensor:
        """`code` plus `strength`."""
        return code + strength


class FakeCarrier(Carrier):
    """Moves what was painted with the whole frame, and knows no direction."""

    def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Progress = silent) -> FakeCarried:
        """Remember the frames that were painted.

        Raises:
            UsageError: there is a direction.
        """
        pictures = [edit for edit in edits if isinstance(edit, Picture)]
        if len(pictures) < len(edits) or not pictures:
            raise UsageError("the fake carrier knows paint only")
        nearest = [int((clip.times.cpu() - picture.time).abs().argmin()) for picture in pictures]
        progress(1, 1)
        return FakeCarried([(p, clip.frame(index)) for p, index in zip(pictures, nearest, strict=True)])


class FakeCarried(Carried):
    """Painted pictures, each with the frame that it was painted on."""

    def __init__(self, painted: Sequence[tuple[Picture, Tensor]]) -> None:
        self._painted = sorted(painted, key=lambda pair: pair[0].time)
        self.reference = self._painted[0][0].time

    def apply(self, frame: Tensor, time: float) -> Tensor:
        """`frame` with the paint of the pictures before and after `time`."""
        times = [picture.time for picture, _ in self._painted]
        changed = frame
        for place, (picture, reference) in enumerate(self._painted):
            neighbour = place - 1 if time < picture.time else place + 1
            weight = 1.0
            if 0 <= neighbour < len(times):
                weight = max(0.0, 1 - (time - picture.time) / (times[neighbour] - picture.time))
            paint = weight * picture.mask * (picture.image - reference)
            changed = changed + _moved(paint, shift_between(reference, frame))
        return torch.where(changed != frame, changed.clamp(0, 1), frame)

    def facts(self) -> Mapping[str, float]:
        """How many pictures there are."""
        return {"pictures": float(len(self._painted))}


class FakeMetric(Metric):
    """Mean absolute error."""

    name: ClassVar[str] = "mae"
    unit: ClassVar[str] = "levels"
    higher_is_better: ClassVar[bool] = False

    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """On the 8-bit scale."""
        return 255 * float((reference - candidate).abs().mean())


def shift_between(frame0: Tensor, frame1: Tensor) -> tuple[int, int]:
    """(right, down) whole pixels, at most :data:`REACH`, by which `frame0` (3, H, W) looks most like `frame1`."""
    height, width = frame0.shape[1:]
    tall, wide = min(REACH, height - 1), min(REACH, width - 1)
    found = {}
    for down in range(-tall, tall + 1):
        for right in range(-wide, wide + 1):
            here = frame0[:, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
            there = frame1[:, max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)]
            found[right, down] = float((here - there).abs().mean())
    return min(found, key=lambda shift: (found[shift], abs(shift[0]) + abs(shift[1])))


def _moved(planes: Tensor, shift: tuple[int, int]) -> Tensor:
    """`planes` (3, H, W) moved by `shift`; zero comes in."""
    right, down = shift
    height, width = planes.shape[1:]
    padded = functional.pad(planes, (max(0, right), max(0, -right), max(0, down), max(0, -down)))
    return padded[:, max(0, -down) :, max(0, -right) :][:, :height, :width]


def _sample(picture: Tensor, transform: Tensor, size: tuple[int, int]) -> Tensor:
    """(3, *size): what `picture` (3, H, W) shows where `transform` (2, 3) maps each pixel; zero outside."""
    height, width = picture.shape[1:]
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.float64) for side in size), indexing="ij")
    places = torch.stack((x, y, torch.ones_like(x)), dim=-1) @ transform.to("cpu", torch.float64).T
    # grid_sample counts from the borders of the picture, -1 to 1; the transform counts centres of pixels.
    scaled = (2 * places + 1) / places.new_tensor([width, height]) - 1
    grid = scaled[None].to(picture)
    return functional.grid_sample(picture[None], grid, mode="bilinear", align_corners=False)[0]
