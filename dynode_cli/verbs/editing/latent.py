"""Edits in a latent space: the first code is moved, and the dynamics carry the move along the clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dynode_cli.contracts import Direction, Dynamics, FitReport, Progress, Trajectory, silent
from dynode_cli.requests.edit import Transport
from dynode_cli.values.strengths import StrengthCurve

DRIFT_LIMIT = 0.25
"""Drift, as a share of the edit, above which the user is warned."""


@dataclass(frozen=True)
class Move:
    """A direction and how far to go in it, over the time of the source."""

    direction: Direction
    strength: StrengthCurve


class TransportedDynamics(Dynamics):
    """Dynamics whose curves are edited.

    Arguments:
        inner: fits the curve of the source.
        moves: what is done to its code.
        transport: ``ode`` moves the first code and lets the curve's own dynamics carry the offset on; ``constant``
            moves every code by the same.
    """

    def __init__(self, inner: Dynamics, moves: Sequence[Move], transport: Transport) -> None:
        super().__init__(inner.options, inner.context)
        self._inner = inner
        self._moves = moves
        self._transport = transport
        # The offset is carried from the first code of a shot, so windows of it will not do.
        self.support = None if transport == "ode" else inner.support  # type: ignore[misc]
        self.drifts: dict[float, float] = {}
        """How far the offset had drifted at each time that was read, as a share of the edit."""

    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        """The edited curve through `codes` (N, *code_shape) at `times` (N,)."""
        curve = self._inner.fit(times, codes, progress)
        if self._transport == "constant":
            return ConstantTransport(curve, self._moves, self.drifts)
        return DynamicTransport(curve, self._moves, self.drifts)


class ConstantTransport(Trajectory):
    """Every code of a curve, moved."""

    def __init__(self, curve: Trajectory, moves: Sequence[Move], drifts: dict[float, float]) -> None:
        self.interval = curve.interval
        self._curve = curve
        self._moves = moves
        self._drifts = drifts

    def evaluate(self, t: Tensor) -> Tensor:
        """z at `t` (T,), edited: (T, *code_shape)."""
        codes = self._curve.evaluate(t)
        return codes + self._offsets(codes, t)

    def velocity(self, t: Tensor) -> Tensor:
        """dz/dt at `t` (T,), per second, by central differences of the edit: (T, *code_shape)."""
        step = 1e-4 * max(self.interval[1] - self.interval[0], 1e-3)
        (ahead, behind), offsets = (t + step, t - step), self._offsets
        change = offsets(self._curve.evaluate(ahead), ahead) - offsets(self._curve.evaluate(behind), behind)
        return self._curve.velocity(t) + change / (2 * step)

    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        """The same edit of the curve after its code at `at` moved by `delta`."""
        return type(self)(self._curve.edited(delta, at), self._moves, self._drifts)

    def report(self) -> FitReport:
        """That of the curve."""
        return self._curve.report()

    def _offsets(self, codes: Tensor, t: Tensor) -> Tensor:
        moved = codes.clone()
        for row, time in enumerate(t.tolist()):
            for move in self._moves:
                moved[row] = move.direction.apply(moved[row], move.strength(time))
            self._drifts[time] = 0.0
        return moved - codes


class DynamicTransport(ConstantTransport):
    """A curve whose first code is moved; see :meth:`Trajectory.edited`.

    Each direction is carried at its largest strength, and counts at every time as far as its strength then.
    """

    def __init__(self, curve: Trajectory, moves: Sequence[Move], drifts: dict[float, float]) -> None:
        super().__init__(curve, moves, drifts)
        first = curve.evaluate(torch.tensor([curve.interval[0]], dtype=torch.float64))[0]
        self._deltas = [move.direction.apply(first, move.strength.largest) - first for move in moves]
        self._carried = [curve.edited(delta) for delta in self._deltas]

    def report(self) -> FitReport:
        """That of the curve, with the drift that was found so far and a warning if it is large."""
        report = self._curve.report()
        worst = max(self._drifts.values(), default=0.0)
        notes = list(report.warnings)
        if worst > DRIFT_LIMIT:
            notes.append(drift_note(worst))
        return replace(report, details={**report.details, "edit_drift": worst}, warnings=tuple(notes))

    def _offsets(self, codes: Tensor, t: Tensor) -> Tensor:
        offset, intended = torch.zeros_like(codes), torch.zeros_like(codes)
        for move, delta, carried in zip(self._moves, self._deltas, self._carried, strict=True):
            largest = move.strength.largest
            if largest == 0:
                continue
            share = torch.tensor([move.strength(time) / largest for time in t.tolist()]).to(codes)
            share = share.view(-1, *[1] * (codes.ndim - 1))
            offset += share * (carried.evaluate(t) - codes)
            intended += share * delta
        length = intended.flatten(1).norm(dim=1)
        miss = (offset - intended).flatten(1).norm(dim=1)
        for time, drift, size in zip(t.tolist(), miss.tolist(), length.tolist(), strict=True):
            self._drifts[time] = drift / size if size > 0 else 0.0
        return offset


def drift_note(drift: float) -> str:
    """What to tell the user about a large drift."""
    return f"the edit drifts by {drift:.0%} of itself along the clip; --transport constant keeps it as it is"
