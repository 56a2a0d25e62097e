"""Kernel choice of a Gaussian process: the length that codes speak for, or an average over the likely kernels."""

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
"""Observations that a choice is made from: the first ones of a longer clip."""
SMOOTHNESS = {"matern12": 0.5, "matern32": 1.5, "matern52": 2.5}
"""Matern kernels, as users name them, by their smoothness."""
AVERAGED = ("matern32", "matern52")
"""Smooth kernels that are averaged with the broken line."""


def choose_kernel(times: Tensor, codes: Tensor, kind: str, length: float | None, criterion: str) -> Kernel:
    """The Matern kernel of smoothness `kind` with the length that `codes` (N, D) at `times` (N,) speak for.

    Arguments:
        kind: one of :data:`SMOOTHNESS`.
        length: in mean spacings, if it is not to be chosen.
        criterion: ``likelihood``, the restricted one with one variance for all coordinates; or ``leave-one-out``, the
            mean error of codes that are predicted from all others.
    """
    candidates = _materns(kind, length)
    if len(times) < 3 or len(candidates) == 1:
        return candidates[len(candidates) // 2]
    if criterion == "likelihood":
        scores = _likelihoods(times, codes, candidates)
    else:
        times, codes = _sampled(times, codes)
        scores = torch.stack([-leave_one_out(times, codes, kernel).norm(dim=1).mean() for kernel in candidates])
    return candidates[int(scores.argmax())]


def averaged_basis(times: Tensor, codes: Tensor, rough: Kernel, length: float | None) -> CardinalBasis:
    """Kriging with `rough` and with Matern kernels, averaged by how likely each makes `codes` (N, D) at `times` (N,).

    Before the codes are seen, `rough` is as probable as all others together.

    Arguments:
        length: of the Matern kernels in mean spacings, if it is not to be chosen.
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
    """How likely each of `kernels` (K,) makes `codes`: logarithms, up to a constant."""
    times, codes = _sampled(times, codes)
    return torch.stack([restricted_likelihood(times, codes, kernel, shared=True).sum() for kernel in kernels])


def _sampled(times: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The first observations on a clock of mean spacings, and coordinates that have the distances of their codes."""
    times = times[:SAMPLE]
    return (times - times[0]) * ((len(times) - 1) / (times[-1] - times[0])), coordinates_of(codes[:SAMPLE])
