"""The loss of an inversion (L2, MS-SSIM, perceptual): how far pictures are from the frames they should be."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dynode_stylegan.inverters.ms_ssim import ms_ssim
from dynode_stylegan.inverters.perceptual import Perceptual


@dataclass(frozen=True)
class PictureLoss:
    """Weighted sum of L2, 1 - MS-SSIM and perceptual distance, one figure a picture."""

    l2: float
    structure: float
    perceptual: Perceptual | None
    perceptual_weight: float

    def target(self, frames: Tensor) -> list[Tensor]:
        """Features of `frames` (N, 3, H, W) in [-1, 1], to be given to every comparison with them."""
        return [] if self.perceptual is None else self.perceptual.features(frames)

    def __call__(self, pictures: Tensor, frames: Tensor, target: list[Tensor]) -> Tensor:
        """(N,): loss of `pictures` against `frames`, both in [-1, 1]; `target` is :meth:`target` of the frames."""
        # What lies beyond the range is cut when it is rendered, so it costs what the cut value costs; the gradient
        # passes the cut, or a pixel far on the wrong side would never come back.
        pictures = pictures + (pictures.detach().clamp(-1, 1) - pictures.detach())
        loss = self.l2 * (pictures - frames).square().mean((1, 2, 3))
        if self.structure > 0:
            loss = loss + self.structure * (1 - ms_ssim(pictures * 0.5 + 0.5, frames * 0.5 + 0.5))
        if self.perceptual is not None and self.perceptual_weight > 0:
            found = self.perceptual.features(pictures)
            loss = loss + self.perceptual_weight * self.perceptual.distance(found, target)
        return loss

    def report(self) -> dict[str, object]:
        """JSON-able: which terms there are."""
        terms: dict[str, object] = {"l2": self.l2, "ms_ssim": self.structure}
        if self.perceptual is not None:
            terms["perceptual"] = self.perceptual_weight
        return {"loss": terms, "perceptual": "none" if self.perceptual is None else self.perceptual.name}
