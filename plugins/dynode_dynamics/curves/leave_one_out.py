"""Leave-one-out: what a dynamics misses where the answer is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from dynode_cli import ConvergenceError
from dynode_dynamics.curves.curve import Curve
from dynode_dynamics.curves.observations import Observations
from dynode_dynamics.curves.reduction import coordinates_of

FOLDS = 6
"""Most folds: longer clips leave out every sixth observation at a time, so that each gap is still one code wide."""
FEWER_FROM = 30
"""Observations from which every other fold is enough: a dozen left-out codes or more tell the dynamics apart."""
SAMPLE = 256
"""Observations that a choice is made from: the middle of a longer clip."""


class Fittable(Protocol):
    """A dynamics that can be fitted to several sets of observations at once."""

    def curves(self, batch: Sequence[Observations]) -> Sequence[Curve]:
        """A curve for each."""


@dataclass(frozen=True)
class Fold:
    """Observations that are kept, and those that have to be predicted."""

    kept: Observations
    times: Tensor
    """(M,) on the clock of the observations."""
    codes: Tensor
    """(M, R) coordinates of the left-out codes."""
    radius: Tensor
    """(M,) their distances from the mean of all codes."""
    whole: Observations
    """All observations that the folds were made from."""


def folds_of(observations: Observations) -> list[Fold]:
    """Folds that leave out every inner observation once; none for fewer than 3 observations.

    Of `FEWER_FROM` observations or more, half are left out: spread over the clip, and the same ones for all dynamics.
    The codes are replaced by coordinates that have the same distances, so that a fold costs little however long a
    code is.
    """
    return _folds(observations, FOLDS, 1 if len(observations) < FEWER_FROM else 2)


def doubled_folds_of(observations: Observations) -> list[Fold]:
    """Two folds, each of which leaves out every other inner observation; none for fewer than 3 observations."""
    return _folds(observations, 2, 1)


def fold_misses(folds: Sequence[Fold], dynamics: Fittable) -> Tensor | None:
    """How far each left-out code is missed, (z_hat - z) / |z - mean|: (M, R); None if a fit diverged."""
    try:
        curves = dynamics.curves([fold.kept for fold in folds])
    except ConvergenceError:
        return None
    misses = torch.cat(
        [
            (curve.read(fold.times, 0) - fold.codes) / fold.radius.clamp_min(1e-12)[:, None]
            for fold, curve in zip(folds, curves, strict=True)
        ]
    )
    return misses if bool(torch.isfinite(misses).all()) else None


def fold_errors(folds: Sequence[Fold], dynamics: Fittable) -> Tensor:
    """Relative errors |z_hat - z| / |z - mean| (M,) of all left-out codes; infinite if a fit diverged."""
    misses = fold_misses(folds, dynamics)
    if misses is None:
        return torch.full((sum(len(fold.times) for fold in folds),), float("inf"), dtype=torch.float64)
    errors: Tensor = misses.norm(dim=1)
    return errors


def _folds(observations: Observations, parts: int, step: int) -> list[Fold]:
    """Folds that leave out every `parts`-th inner observation, beginning with each `step`-th of the first ones."""
    count = len(observations)
    if count > SAMPLE:
        start = (count - SAMPLE) // 2
        observations, count = observations.select(torch.arange(start, start + SAMPLE)), SAMPLE
    if count < 3:
        return []
    coordinates = coordinates_of(observations.codes)
    whole = replace(observations, codes=coordinates, code_shape=(coordinates.shape[1],), dtype=torch.float64)
    inner = torch.arange(1, count - 1)
    folds = []
    for number in range(0, min(parts, len(inner)), step):
        left = inner[number::parts]
        kept = torch.ones(count, dtype=torch.bool)
        kept[left] = False
        codes = coordinates[left]
        folds.append(
            Fold(
                whole.select(kept),
                observations.times[left],
                codes,
                (codes - coordinates.mean(dim=0)).norm(dim=1),
                whole,
            )
        )
    return folds
