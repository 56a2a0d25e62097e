"""What a flow estimator must do."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode_cli.conformance.base import Conformance
from dynode_cli.conformance.checks import (
    only_typed_errors,
    require,
    require_dtype,
    require_finite,
    require_same,
    require_shape,
)
from dynode_cli.contracts import FlowEstimator, FlowPair
from dynode_cli.synthetic.memory_clip import texture_clip

_MOTIONS = ((3.0, -1.0), (-2.0, 2.0))


class EstimatorConformance(Conformance):
    """Subclass it and set `implementation`."""

    contract: ClassVar[type] = FlowEstimator
    accuracy: ClassVar[float] = 1.0
    """Pixels by which the flow of an evenly moving texture may be off in the median."""
    size: ClassVar[tuple[int, int]] = (64, 96)
    """(H, W) of the frames that it is asked about."""

    def frames(self, variant: int = 0, device: str = "cpu") -> tuple[Tensor, Tensor]:
        """Two frames (3, H, W) of a texture that moves by whole pixels."""
        clip = texture_clip((0.0, 1.0), size=self.size, velocity=_MOTIONS[variant], seed=variant, device=device)
        return clip.frame(0), clip.frame(1)

    def estimated(self, built: Any, frame0: Tensor, frame1: Tensor) -> dict[str, Tensor]:
        """What it says of two frames, by name."""
        pair = built.estimate(frame0, frame1)
        require(isinstance(pair, FlowPair), f"estimate gave {type(pair).__name__}, not a FlowPair")
        return {"forward": pair.forward, "backward": pair.backward}

    def exercise(self, built: Any, variant: int = 0, *, device: str = "cpu") -> dict[str, Tensor]:
        """Find the motion of a texture."""
        return self.estimated(built, *self.frames(variant, device))

    def test_shapes_and_types(self) -> None:
        """Flow both ways, of the size of the frames; whatever size that is."""
        for size in (self.size, (37, 50), (9, 24), (1, 1)):
            clip = texture_clip((0.0, 1.0), size=size, velocity=(1.0, 0.0))
            with only_typed_errors(f"frames of {size[1]} x {size[0]}"):
                found = self.estimated(self.build(), clip.frame(0), clip.frame(1))
            for name, tensor in found.items():
                what = f"{name} of frames of {size[1]} x {size[0]}"
                require_shape(what, tensor, (2, *size))
                require_dtype(what, tensor, torch.float32)
                require_finite(what, tensor)

    def test_flow_leads_to_the_other_frame(self) -> None:
        """x before y, in pixels, from the first frame to the second and back."""
        for variant, motion in enumerate(_MOTIONS):
            found = self.exercise(self.build(), variant)
            for name, sign in (("forward", 1.0), ("backward", -1.0)):
                expected = [sign * part for part in motion]
                middle = found[name].cpu().flatten(1).median(dim=1).values.tolist()
                off = max(abs(a - b) for a, b in zip(middle, expected, strict=True))
                require(
                    off <= self.accuracy,
                    f"a texture that moves by {motion} has {name} flow ({middle[0]:.2f}, {middle[1]:.2f}), "
                    f"expected ({expected[0]:g}, {expected[1]:g})",
                )

    def test_what_rests_has_no_flow(self) -> None:
        """A frame and itself."""
        frame, _ = self.frames()
        found = self.estimated(self.build(), frame, frame.clone())
        for name in ("forward", "backward"):
            largest = float(found[name].abs().flatten().median())
            require(largest <= self.accuracy, f"{name} flow from a frame to itself is {largest:.2f} pixels")

    def test_pairs_in_any_order(self) -> None:
        """What it says of a pair does not depend on the pairs before: windows of a clip overlap."""
        clip = texture_clip((0.0, 1.0, 2.0), size=self.size, velocity=(2.0, 1.0))
        built = self.build()
        pairs = ((0, 1), (1, 2), (0, 1))
        first, _, again = (self.estimated(built, clip.frame(a), clip.frame(b)) for a, b in pairs)
        require_same("a pair that was seen before", again, first, self.tolerance)

    def test_input_is_left_alone(self) -> None:
        """Frames are not written to."""
        frame0, frame1 = self.frames()
        kept = frame0.clone(), frame1.clone()
        self.build().estimate(frame0, frame1)
        require(torch.equal(frame0, kept[0]) and torch.equal(frame1, kept[1]), "estimate wrote to a frame")
