"""What is known about the motion of a clip: worked out on demand, kept by a cache, the same in every window."""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import torch
from torch import Tensor

from dynode_cli import Clip
from dynode_motion.acceleration import Acceleration, acceleration_at
from dynode_motion.cache import Cache
from dynode_motion.codes import affine_basis, expand
from dynode_motion.flow import DisSettings, Flow, Trust, dense_inverse_search, judged, repaired
from dynode_motion.ops import Ops
from dynode_motion.options import FlowOptions

_SMALL, _LARGE = 300_000, 4_000_000
"""Pixels of a frame up to which motion is worked on at full and at half size; beyond, at a quarter."""
REACH = 3
"""Frames on either side that the analysis of a pair of frames depends on, less one."""


@dataclass(frozen=True)
class Anchor:
    """One frame of a pair, with the motion of its pixels through the pair's interval."""

    image: Tensor
    """(C, h, w) the frame at motion resolution."""
    flow: Flow
    """To the other frame of the pair."""
    accelerations: tuple[Tensor, Tensor]
    """(2, h, w) residual accelerations of these pixels at the first and at the second frame, pixels / s^2."""
    outer: tuple[Tensor, Tensor] | None
    """The neighbour on the other side (C, h, w) and the flow (2, h, w) to it; None at an end of the shot."""


@dataclass(frozen=True)
class Segment:
    """Two neighbouring frames, ready for rendering the time between them."""

    anchors: tuple[Anchor, Anchor]
    duration: float
    """Seconds."""


@dataclass(frozen=True)
class Gathering:
    """How the paths through a frame in between are gathered."""

    cell: int
    """Width of a cell in motion pixels."""
    boost: float
    """See :func:`~dynode_motion.splat.fill`."""


# Found on held-out frames. Small frames keep every detail of the flow; in large ones doubtful flow is better smooth.
_FINE = Trust(photometric=10.0, mismatch=0.5), Gathering(cell=1, boost=8.0)
_COARSE = Trust(photometric=20.0, mismatch=0.5), Gathering(cell=1, boost=1.3)


class ClipMotion:
    """Motion of `clip`. All results are functions of the frames they name, never of where a window begins."""

    def __init__(self, clip: Clip, options: FlowOptions, ops: Ops, cache: Cache) -> None:
        self.clip = clip
        self.ops = ops
        self._cache = cache
        self._times = clip.times.tolist()
        self._options = options
        height, width = clip.size
        small = height * width <= _SMALL
        factor = options.scale or (1 if small else 2 if height * width <= _LARGE else 4)
        self.size = (max(1, -(-height // factor)), max(1, -(-width // factor)))
        self.settings = DisSettings(options.preset, 0 if small else 1, options.patch_stride or (2 if small else 3))
        self.trust, self.gathering = _FINE if factor == 1 else _COARSE
        self.basis = affine_basis(self.size, ops.device)

    def identity(self, index: int) -> Hashable:
        """What frame `index` is called in every window; None beyond the ends of the clip."""
        if not 0 <= index < len(self.clip):
            return None
        return (self.clip.numbers[index], self._times[index])

    def image(self, index: int) -> Tensor:
        """(C, h, w) frame `index` at motion resolution."""

        def compute() -> Tensor:
            planes = self.clip.frame(index).to(self.ops.device).contiguous()
            return planes if tuple(planes.shape[1:]) == self.size else self.ops.resize(planes, self.size)

        return self._cache.get(("image", self.identity(index)), compute)

    def frame(self, index: int) -> Tensor:
        """(H, W, 3) frame `index` on the device."""

        def compute() -> Tensor:
            return self.clip.frame(index).permute(1, 2, 0).to(self.ops.device).contiguous()

        return self._cache.get(("frame", self.identity(index)), compute)

    def flows(self, index: int) -> tuple[Flow, Flow]:
        """Flow of pair `index` as estimated: from frame `index` to the next, and back."""

        def compute() -> tuple[Flow, Flow]:
            grays = [self._gray(index), self._gray(index + 1)]
            ways = ((grays[0], grays[1]), (grays[1], grays[0]))
            with ThreadPoolExecutor(min(2, torch.get_num_threads())) as workers:
                found = list(workers.map(lambda way: dense_inverse_search(*way, self.settings), ways))
            forward, backward = (self._to_motion(field) for field in found)
            image0, image1 = self.image(index), self.image(index + 1)
            return (
                judged(self.ops, self.trust, image0, image1, forward, backward),
                judged(self.ops, self.trust, image1, image0, backward, forward),
            )

        return self._cache.get(("flows", self.identity(index), self.identity(index + 1)), compute)

    def repaired_flows(self, index: int) -> tuple[Flow, Flow]:
        """Flow of pair `index` with its gaps repaired from the neighbouring pairs."""

        def compute() -> tuple[Flow, Flow]:
            forward, backward = self.flows(index)
            image0, image1 = self.image(index), self.image(index + 1)
            h = self.duration(index)
            before = [-self.flows(index - 1)[1].field * (h / self.duration(index - 1))] if index > 0 else []
            last = index + 2 >= len(self.clip)
            after = [] if last else [-self.flows(index + 1)[0].field * (h / self.duration(index + 1))]
            return (
                repaired(self.ops, self.trust, image0, image1, forward, backward, before),
                repaired(self.ops, self.trust, image1, image0, backward, forward, after),
            )

        return self._cache.get(("repaired", *(self.identity(index + k) for k in (-1, 0, 1, 2))), compute)

    def acceleration(self, index: int) -> Acceleration | None:
        """Acceleration of the pixels of frame `index`; None at the ends."""
        if not 0 < index < len(self.clip) - 1:
            return None

        def compute() -> Acceleration:
            after, before = self.repaired_flows(index)[0], self.repaired_flows(index - 1)[1]
            return acceleration_at(
                self.ops, after, before, self.duration(index), self.duration(index - 1), self.basis
            )

        return self._cache.get(("acceleration", *(self.identity(index + k) for k in (-2, -1, 0, 1, 2))), compute)

    def segment(self, index: int) -> Segment:
        """Everything that rendering between frames `index` and `index + 1` needs."""
        neighbours = (self.identity(index + k) for k in range(-2, 4))
        return self._cache.get(("segment", *neighbours), lambda: self._segment(index))

    def _segment(self, index: int) -> Segment:
        forward, backward = self.repaired_flows(index)
        around = (self.identity(index + k) for k in range(-REACH, REACH + 2))
        residuals = self._cache.get(("residuals", *around), lambda: self._residuals(index, forward, backward))
        before = None if index == 0 else (self.image(index - 1), self.repaired_flows(index - 1)[1].field)
        last = index + 2 >= len(self.clip)
        after = None if last else (self.image(index + 2), self.repaired_flows(index + 1)[0].field)
        return Segment(
            (
                Anchor(self.image(index), forward, residuals[0], before),
                Anchor(self.image(index + 1), backward, residuals[1], after),
            ),
            self.duration(index),
        )

    def duration(self, index: int) -> float:
        """Seconds from frame `index` to the next."""
        return float(self._times[index + 1] - self._times[index])

    def _residuals(
        self, index: int, forward: Flow, backward: Flow
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Residual accelerations at both frames of pair `index`, on the pixels of the first and of the second."""
        known0, known1 = self.acceleration(index), self.acceleration(index + 1)
        if known0 is None and known1 is None:
            nothing = torch.zeros_like(forward.field)
            return (nothing, nothing), (nothing, nothing)
        at0 = None if known0 is None else self._total(known0)
        at1 = None if known1 is None else self._total(known1)
        carried0 = None if at1 is None else self.ops.sample(at1, forward.field)
        carried1 = None if at0 is None else self.ops.sample(at0, backward.field)
        # At an end of the shot the acceleration is taken to be constant.
        first = (at0 if at0 is not None else carried0, carried0 if carried0 is not None else at0)
        second = (carried1 if carried1 is not None else at1, at1 if at1 is not None else carried1)
        coefficients = [known.coefficients for known in (known0 or known1, known1 or known0) if known is not None]
        common = [expand(c, self.basis) for c in coefficients]
        assert first[0] is not None and first[1] is not None and second[0] is not None and second[1] is not None
        return (first[0] - common[0], first[1] - common[1]), (second[0] - common[0], second[1] - common[1])

    def _total(self, acceleration: Acceleration) -> Tensor:
        return acceleration.residual + expand(acceleration.coefficients, self.basis)

    def _gray(self, index: int) -> Tensor:
        rgb = (self.clip.frame(index).permute(1, 2, 0).cpu() * 255.0).round().to(torch.uint8).contiguous()
        return torch.from_numpy(cv2.cvtColor(rgb.numpy(), cv2.COLOR_RGB2GRAY))

    def _to_motion(self, field: Tensor) -> Tensor:
        """Flow (H, W, 2) in pixels of the frame -> (2, h, w) in pixels of motion resolution, on the device."""
        height, width, _ = field.shape
        planes = field.permute(2, 0, 1).to(self.ops.device).contiguous()
        if (height, width) == self.size:
            return planes
        ratio = torch.tensor([self.size[1] / width, self.size[0] / height], device=planes.device)
        return self.ops.resize(planes, self.size) * ratio[:, None, None]
