"""Principal components of the codes: the few coordinates in which the dynamics are solved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

STILL = 8.0
"""Codes that differ from their mean by at most so many units of their last place do not move: that is rounding."""


@dataclass(frozen=True)
class Reduction:
    """codes = mean + scale * coordinates @ basis + complement; float64 coordinates of root-mean-square length 1.

    Codes that do not move have one row of zeros for a basis: all of them, and all that is added to them later, is
    complement.
    """

    mean: Tensor
    """(D,)"""
    basis: Tensor
    """(R, D), orthonormal rows, in the type of the codes."""
    scale: float
    complete: bool
    """True if the complement is nothing but rounding."""

    @property
    def still(self) -> bool:
        """True if the codes do not move."""
        return self.scale == 0.0

    def coordinates(self, codes: Tensor) -> Tensor:
        """(N, R) float64 coordinates of `codes` (N, D)."""
        return self.project(codes - self.mean)

    def project(self, difference: Tensor) -> Tensor:
        """(N, R) float64 coordinates of differences of codes (N, D)."""
        along: Tensor = (difference @ self.basis.T).to("cpu", torch.float64)
        return along if self.still else along / self.scale

    def lift(self, coordinates: Tensor) -> Tensor:
        """(N, D) differences of codes of `coordinates` (N, R)."""
        lifted: Tensor = (coordinates * self.scale).to(self.basis) @ self.basis
        return lifted


def coordinates_of(codes: Tensor) -> Tensor:
    """(N, min(N - 1, D)) float64 coordinates of root-mean-square length 1, by falling variance.

    Their distances are in proportion to those of `codes` (N, D); all are zero for codes that do not move.
    """
    _, centred, size = _centred(codes)
    if size == 0.0:
        return torch.zeros((len(codes), max(1, min(len(codes) - 1, codes.shape[1]))), dtype=torch.float64)
    if centred.shape[1] <= len(codes):
        coordinates = torch.matmul(centred, _decomposed(centred.T @ centred)[1][:, : len(codes) - 1])
    else:
        values, vectors = _decomposed(centred @ centred.T)
        coordinates = vectors[:, : len(codes) - 1] * values[: len(codes) - 1].sqrt()
    return coordinates.cpu()


def reduce(codes: Tensor, components: int, variance: float) -> Reduction:
    """The fewest principal components, at most `components`, that hold `variance` (0 .. 1) of `codes` (N, D)."""
    mean, centred, size = _centred(codes)
    if size == 0.0:
        return Reduction(mean, torch.zeros_like(codes[:1]), 0.0, bool((codes == mean).all()))
    if centred.shape[1] <= len(codes):
        values, vectors = _decomposed(centred.T @ centred)
        rows = vectors.T
    else:
        values, vectors = _decomposed(centred @ centred.T)
        rows = torch.nn.functional.normalize(vectors.T @ centred, dim=1)
    total = float(values.sum())
    share = values.cumsum(0) / total
    rank = int((values > 1e-12 * total).sum())
    count = min(components, rank, int((share < variance - 1e-12).sum()) + 1)
    # A second orthonormalisation: rows of small eigenvalues lose orthogonality in the Gram matrix.
    basis = torch.linalg.qr(rows[:count].T).Q.T
    # A sign that does not hang on the solver: the farthest code of each component is on its positive side.
    along = centred @ basis.T
    far = along.gather(0, along.abs().argmax(dim=0, keepdim=True))
    basis = basis * torch.where(far < 0, -1.0, 1.0).T
    return Reduction(mean, basis.to(codes), size, count == rank)


def _centred(codes: Tensor) -> tuple[Tensor, Tensor, float]:
    """Mean (D,) of `codes` (N, D), float64 differences from it of root-mean-square length 1, and their length.

    That length, and all differences, are 0 if the codes do not move.
    """
    # From the first code on: the mean of equal codes is that code, to the last bit.
    first = codes[0].to(torch.float64)
    centred = codes.to(torch.float64) - first
    mean = (first + centred.mean(dim=0)).to(codes)
    centred -= mean.to(torch.float64) - first
    reach, magnitude = float(centred.abs().max()), float(codes.abs().max())
    if reach <= STILL * torch.finfo(codes.dtype).eps * magnitude:
        return mean, centred.zero_(), 0.0
    # First by the largest: squares of very large or very small differences would not be numbers.
    centred /= reach
    size = float(torch.linalg.vector_norm(centred)) / len(codes) ** 0.5
    return mean, centred.div_(size), reach * size


def _decomposed(gram: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues (M,), falling, none below zero, and eigenvectors (M, M) in columns of a Gram matrix."""
    values, vectors = torch.linalg.eigh(gram)
    return values.flip(0).clamp_min(0.0), vectors.flip(1)
