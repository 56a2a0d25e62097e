"""What is known about the motion of a clip: worked out on demand, kept by a cache, the same in every window."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from dynode_cli import Clip, FlowEstimator
from dynode_motion.acceleration import Acceleration, acceleration_at
from dynode_motion.cache import Cache
from dynode_motion.codes import affine_basis, expand
from dynode_motion.dis import SMALL
from dynode_motion.flow import Flow, Trust, judged, repaired
from dynode_motion.ops import Ops, offset_unit, resized_offset
from dynode_motion.parallel import both

T = TypeVar("T")
_LARGE = 4_000_000
"""Pixels of a frame up to which motion is worked on at half size, if it is not `SMALL`; beyond, at a quarter."""
REACH = 3
"""Frames on either side that the analysis of a pair of frames depends on, less one."""
_BYTES_PER_PIXEL = 100
"""Of motion resolution, for all that is known of one frame: flows as estimated and as repaired, both ways (13 each),
acceleration (8), images (15), and what rendering needs (25)."""
_WHOLE = 3
"""Whole frames that are wanted at a time: a pair, and one beside it."""
_AT_ONCE = 2 * REACH + 6
"""Frames of one window, with those around it."""


@dataclass(frozen=True)
class Anchor:
    """One frame of a pair, with the motion of its pixels through the pair's interval, at the size of the paths."""

    image: Tensor
    """(C, h, w) the frame."""
    flow: Tensor
    """(2, h, w) to the other frame of the pair, pixels."""
    confidence: Tensor
    """(1, h, w) of the flow."""
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
    boost: float
    """How readily gaps between paths are closed from what lies around them; see :func:`~dynode_motion.splat.fill`."""


# Found on held-out frames. Small frames keep every detail of the flow; in large ones doubtful flow is better smooth,
# and paths at half the size of the flow are as good and cost a quarter.
_FINE = Trust(photometric=10.0, mismatch=0.5), 8.0
_COARSE = Trust(photometric=20.0, mismatch=0.5), 1.3


class ClipMotion:
    """Motion of `clip`. All results are functions of the frames they name, never of where a window begins.

    Arguments:
        estimator: finds the flow between two frames.
        scale: motion is worked on at 1/scale of the size of the frames; 0: what suits that size.
    """

    def __init__(self, clip: Clip, estimator: FlowEstimator, scale: int, ops: Ops, cache: Cache) -> None:
        self.clip = clip
        self.ops = ops
        self._cache = cache
        self._times = clip.times.tolist()
        self._estimator = estimator
        height, width = clip.size
        factor = scale or (1 if height * width <= SMALL else 2 if height * width <= _LARGE else 4)
        self.size = _shrunk(clip.size, factor)
        """(h, w) at which flow is judged, repaired and differentiated."""
        self.path_size = _shrunk(self.size, 1 if factor == 1 else 2)
        """(h, w) at which paths are followed."""
        self.trust, self._boost = _FINE if factor == 1 else _COARSE
        self._basis = affine_basis(self.size, ops.device)
        self._path_basis = affine_basis(self.path_size, ops.device)
        self._path_unit = offset_unit(self.size, self.path_size, ops.device)

    @property
    def working_bytes(self) -> int:
        """Bytes that must be at hand, or a window's motion is worked out again for each of its pairs."""
        height, width = self.size
        known = min(len(self.clip), _AT_ONCE) * _BYTES_PER_PIXEL * height * width
        return known + _WHOLE * 12 * self.clip.size[0] * self.clip.size[1]

    def identity(self, index: int) -> Hashable:
        """What frame `index` is called in every window; None beyond the ends of the clip."""
        if not 0 <= index < len(self.clip):
            return None
        return (self.clip.source, self.clip.numbers[index], self._times[index])

    def image(self, index: int) -> Tensor:
        """(C, h, w) frame `index` at motion resolution."""

        def compute() -> Tensor:
            return self.ops.resize(self._planes(index).contiguous(), self.size)

        return self._cache.get(("image", self.identity(index)), compute)

    def frame(self, index: int) -> Tensor:
        """(H, W, 3) frame `index` on the device."""

        def compute() -> Tensor:
            return self.clip.frame(index).permute(1, 2, 0).to(self.ops.device).contiguous()

        return self._cache.get(("frame", self.identity(index)), compute)

    def rests(self, index: int) -> bool:
        """Whether nothing moves between frame `index` and the next: they and a third beside them are the same picture.

        Two alone may be those before and after a turning point.
        """
        beside = [k for k in (index - 1, index + 1) if 0 <= k < len(self.clip) - 1]
        return self._alike(index) and any(self._alike(k) for k in beside)

    def flows(self, index: int) -> tuple[Flow, Flow]:
        """Flow of pair `index` as estimated: from frame `index` to the next, and back."""

        def compute() -> tuple[Flow, Flow]:
            forward, backward = self._estimated(index)
            image0, image1 = self.image(index), self.image(index + 1)
            return self._both(
                lambda: judged(self.ops, self.trust, image0, image1, forward, backward),
                lambda: judged(self.ops, self.trust, image1, image0, backward, forward),
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
            return self._both(
                lambda: repaired(self.ops, self.trust, image0, image1, forward, backward, before),
                lambda: repaired(self.ops, self.trust, image1, image0, backward, forward, after),
            )

        return self._cache.get(("repaired", *(self.identity(index + k) for k in (-1, 0, 1, 2))), compute)

    def acceleration(self, index: int) -> Acceleration | None:
        """Acceleration of the pixels of frame `index`; None at the ends."""
        if not 0 < index < len(self.clip) - 1:
            return None

        def compute() -> Acceleration:
            after, before = self.repaired_flows(index)[0], self.repaired_flows(index - 1)[1]
            return acceleration_at(
                self.ops, after, before, self.duration(index), self.duration(index - 1), self._basis
            )

        return self._cache.get(("acceleration", *(self.identity(index + k) for k in (-2, -1, 0, 1, 2))), compute)

    def segment(self, index: int) -> Segment:
        """Everything that rendering between frames `index` and `index + 1` needs."""

        def compute() -> Segment:
            forward, backward = self.repaired_flows(index)
            known0, known1 = self.acceleration(index), self.acceleration(index + 1)
            nothing = torch.zeros((2, *self.path_size), device=self.ops.device)
            first = _completed(self._residual(known0), self._carried(known1, forward), nothing)
            second = _completed(self._carried(known0, backward), self._residual(known1), nothing)
            before = None if index == 0 else self._beyond(index - 1, self.repaired_flows(index - 1)[1])
            last = index + 2 >= len(self.clip)
            after = None if last else self._beyond(index + 2, self.repaired_flows(index + 1)[0])
            return Segment(
                (self._anchor(index, forward, first, before), self._anchor(index + 1, backward, second, after)),
                self.duration(index),
                self._boost,
            )

        around = (self.identity(index + k) for k in range(-REACH, REACH + 2))
        return self._cache.get(("segment", *around), compute)

    def common_offset(self, coefficients: Tensor) -> Tensor:
        """(2, h, w) offset that all pixels share, at the size of the paths, from its `coefficients` (6,)."""
        return self._path_unit * expand(coefficients, self._path_basis)

    def let_go(self) -> None:
        """Forget what no later window needs: estimated flows whose repair will not change any more."""
        latest = [self.identity(index) for index in (len(self.clip) - 3, len(self.clip) - 2)]
        self._cache.keep(lambda key: key[0] != "flows" or key[1] in latest)

    def duration(self, index: int) -> float:
        """Seconds from frame `index` to the next."""
        return float(self._times[index + 1] - self._times[index])

    def _planes(self, index: int) -> Tensor:
        """(C, H, W) frame `index`, a view of the one that rendering takes."""
        return self.frame(index).permute(2, 0, 1)

    def _alike(self, index: int) -> bool:
        """Whether frame `index` and the next are the same picture."""
        return self._cache.get(
            ("alike", self.identity(index), self.identity(index + 1)),
            lambda: torch.equal(self.frame(index), self.frame(index + 1)),
        )

    def _estimated(self, index: int) -> tuple[Tensor, Tensor]:
        if self._alike(index):
            nothing = torch.zeros((2, *self.size), device=self.ops.device)
            return nothing, nothing
        estimate = self._estimator.estimate(self._planes(index), self._planes(index + 1))
        return self._both(
            lambda: resized_offset(self.ops, estimate.forward.contiguous(), self.size),
            lambda: resized_offset(self.ops, estimate.backward.contiguous(), self.size),
        )

    def _anchor(
        self, index: int, flow: Flow, accelerations: tuple[Tensor, Tensor], outer: tuple[Tensor, Tensor] | None
    ) -> Anchor:
        return Anchor(
            self._path_image(index),
            resized_offset(self.ops, flow.field, self.path_size),
            self.ops.resize(flow.confidence, self.path_size),
            accelerations,
            outer,
        )

    def _beyond(self, index: int, flow: Flow) -> tuple[Tensor, Tensor]:
        return self._path_image(index), resized_offset(self.ops, flow.field, self.path_size)

    def _path_image(self, index: int) -> Tensor:
        """(C, h, w) frame `index` at the size of the paths."""
        return self._cache.get(
            ("path image", self.identity(index)), lambda: self.ops.resize(self.image(index), self.path_size)
        )

    def _residual(self, known: Acceleration | None) -> Tensor | None:
        return None if known is None else resized_offset(self.ops, known.residual, self.path_size)

    def _carried(self, known: Acceleration | None, flow: Flow) -> Tensor | None:
        """(2, h, w) residual of the acceleration at the frame that `flow` leads to, on the pixels it comes from."""
        if known is None:
            return None
        common = expand(known.coefficients, self._basis)
        carried = self.ops.sample(known.residual + common, flow.field) - common
        return resized_offset(self.ops, carried, self.path_size)

    def _both(self, forward: Callable[[], T], backward: Callable[[], T]) -> tuple[T, T]:
        return both(self.ops.device, forward, backward)


def _shrunk(size: tuple[int, int], factor: int) -> tuple[int, int]:
    return max(1, -(-size[0] // factor)), max(1, -(-size[1] // factor))


def _completed(first: Tensor | None, second: Tensor | None, nothing: Tensor) -> tuple[Tensor, Tensor]:
    """Accelerations at both ends of an interval; at an end of the shot it is taken to be constant."""
    if first is None and second is None:
        return nothing, nothing
    known = first if first is not None else second
    assert known is not None
    return known if first is None else first, known if second is None else second
