"""Choosing the kernel of a Gaussian process by likelihood, averaged over the likely ones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from dynode_dynamics.curves.cardinal import CardinalBasis
from dynode_dynamics.curves.kernels import Kernel, matern
from dynode_dynamics.curves.kriging import AveragedKriging, KrigingBasis, leave_one_out, restricted_likelihood
from dynode_dynamics.curves.reduction import coordinates_of

LENGTHS = (0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0)
"""Kernel lengths that are tried, in mean spacings."""


SAMPLE = 256
"""Observations that the parameters are chosen from."""


SMOOTHNESS = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}


AVERAGED = ("matern32", "matern52")
"""Smooth kernels that are averaged with the broken line."""


def choose_kernel(times: Tensor, codes: Tensor, kind: str, length: float | None, criterion: str) -> Kernel:
    """The Matern kernel of smoothness `kind` with the length that `codes` (N, D) at `times` (N,) speak for.

    By restricted likelihood with one variance for all coordinates, or by the mean leave-one-out error.
    """
    candidates = _materns(kind, length)
    if len(times) < 3 or len(candidates) == 1:
        return candidates[len(candidates) // 2]
    if criterion == "likelihood":
        scores = _likelihoods(times, codes, candidates)
    else:
        times, codes = _sample(times, codes)
        scores = torch.stack([-leave_one_out(times, codes, kernel).norm(dim=1).mean() for kernel in candidates])
    return candidates[int(scores.argmax())]


def averaged(times: Tensor, codes: Tensor, rough: Kernel, length: float | None) -> CardinalBasis:
    """The average of the curves of `rough` and of Matern kernels, weighted by how likely each makes `codes` (N, D).

    Before the codes are seen, `rough` is as probable as all others together.
    """
    smooth = [kernel for kind in AVERAGED for kernel in _materns(kind, length)]
    kernels = [rough, *smooth]
    if len(times) < 3:
        return KrigingBasis(times, kernels[0])
    scores = _likelihoods(times, codes, kernels)
    scores[1:] -= math.log(len(smooth))
    return AveragedKriging(times, kernels, scores)


def _materns(kind: str, length: float | None) -> list[Kernel]:
    return [matern(SMOOTHNESS[kind], value) for value in (LENGTHS if length is None else (length,))]


def _likelihoods(times: Tensor, codes: Tensor, kernels: Sequence[Kernel]) -> Tensor:
    times, codes = _sample(times, codes)
    return torch.stack([restricted_likelihood(times, codes, kernel, shared=True).sum() for kernel in kernels])


def _sample(times: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The first observations on a clock of mean spacings, and coordinates with their distances."""
    times = times[:SAMPLE]
    return (times - times[0]) * ((len(times) - 1) / (times[-1] - times[0])), coordinates_of(codes[:SAMPLE])
