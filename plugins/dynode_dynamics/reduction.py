"""Principal components of the codes: the few coordinates in which the dynamics are solved."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reduction:
    """codes = mean + scale * coordinates @ basis + complement; float64 coordinates of root-mean-square length 1."""

    mean: Tensor
    """(D,)"""
    basis: Tensor
    """(R, D), orthonormal rows, in the type of the codes."""
    scale: float
    complete: bool
    """True if the complement is nothing but rounding."""

    def coordinates(self, codes: Tensor) -> Tensor:
        """(N, R) float64 coordinates of `codes` (N, D)."""
        return self.project(codes - self.mean)

    def project(self, difference: Tensor) -> Tensor:
        """(N, R) float64 coordinates of differences of codes (N, D)."""
        along: Tensor = (difference @ self.basis.T).to("cpu", torch.float64) / self.scale
        return along

    def lift(self, coordinates: Tensor) -> Tensor:
        """(N, D) differences of codes of `coordinates` (N, R)."""
        lifted: Tensor = (coordinates * self.scale).to(self.basis) @ self.basis
        return lifted


def coordinates_of(codes: Tensor) -> Tensor:
    """(N, min(N - 1, D)) float64 coordinates with the distances of `codes` (N, D), by falling variance."""
    centred = (codes - codes.mean(dim=0)).to(torch.float64)
    if centred.shape[1] <= len(codes):
        _, values, rows = torch.linalg.svd(centred, full_matrices=False)
        return torch.matmul(centred, rows.T).cpu()
    values, vectors = torch.linalg.eigh(centred @ centred.T)
    order = values.argsort(descending=True)[: len(codes) - 1]
    coordinates: Tensor = vectors[:, order] * values[order].clamp_min(0.0).sqrt()
    return coordinates.cpu()


def reduce(codes: Tensor, components: int, variance: float) -> Reduction:
    """The fewest principal components, at most `components`, that hold `variance` (0 .. 1) of `codes` (N, D)."""
    mean = codes.mean(dim=0)
    centred = (codes - mean).to(torch.float64)
    if centred.shape[1] <= len(codes):
        values, vectors = torch.linalg.eigh(centred.T @ centred)
        rows = vectors.T.flip(0)
    else:
        values, vectors = torch.linalg.eigh(centred @ centred.T)
        rows = torch.nn.functional.normalize(vectors.T.flip(0) @ centred, dim=1)
    values = values.flip(0).clamp_min(0.0)
    total = float(values.sum())
    if total <= 0.0:
        return Reduction(mean, rows[:1].to(codes), 1.0, True)
    share = values.cumsum(0) / total
    rank = int((values > 1e-12 * total).sum())
    count = min(components, rank, int((share < variance - 1e-12).sum()) + 1)
    # A second orthonormalisation: rows of small eigenvalues lose orthogonality in the Gram matrix.
    basis = torch.linalg.qr(rows[:count].T).Q.T
    # A sign that does not hang on the solver: the farthest code of each component is on its positive side.
    along = centred @ basis.T
    far = along.gather(0, along.abs().argmax(dim=0, keepdim=True))
    basis = basis * torch.where(far < 0, -1.0, 1.0).T
    scale = (total / len(codes)) ** 0.5
    return Reduction(mean, basis.to(codes), scale, count == rank)
