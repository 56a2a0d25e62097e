"""The fast path of the neural ODE: Runge-Kutta over all segments, clips and edits at once, into one buffer.

Everything that depends on times alone is worked out when a solver is made. A call then copies states and codes in,
solves every segment from both of its ends, blends the two, reads a cubic Hermite dense output and lifts it to codes:
on a CUDA device one replay of a captured graph, without a launch from Python in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from dynode_cli import DeviceError, UsageError
from dynode_dynamics.curves.bases import LinearBasis
from dynode_dynamics.curves.cardinal import locate
from dynode_dynamics.curves.hermite import hermite

MODES = ("eager", "compile", "graph")
WARMUPS = 3
"""Runs on a side stream before a capture, as CUDA graphs want them."""


class DenseSolver:
    """z(t) at T times for B curves (clips x edits) through N codes, each with a field of its own.

    The curve is `anchor=two-sided` of the neural ODE: what the components do not hold goes along straight lines.
    Arithmetic is that of `weights`, float32 for speed.

    Arguments:
        weights: three weights (B, in, out) and biases (B, 1, out) of an autonomous field with SiLU units, on the
            device to be used; time is in the unit of `times`.
        basis: (B, R, D): codes differ by ``u @ basis`` where states differ by u.
        times: (N,) float64, strictly increasing.
        queries: (T,) float64 within `times`.
        substeps: solver steps across a segment.
        mode: ``eager``; ``compile``, by torch.compile; or ``graph``, a CUDA graph.

    Raises:
        UsageError: `mode` is not one of them.
        DeviceError: a graph, but not on a CUDA device.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        basis: Tensor,
        times: Tensor,
        queries: Tensor,
        *,
        substeps: int = 4,
        mode: str = "eager",
    ) -> None:
        if mode not in MODES:
            raise UsageError(f"there is no mode '{mode}'", hint=f"use one of {', '.join(MODES)}")
        if mode == "graph" and basis.device.type != "cuda":
            raise DeviceError("a CUDA graph needs a CUDA device", hint="use the eager mode")
        batch, rank, size = basis.shape
        count = len(times)
        self._weights, self._substeps = tuple(weights), substeps
        self._states = basis.new_empty((batch, count, rank))
        self._knots = torch.empty_like(self._states)
        self._right = torch.cat((basis.new_empty((batch, count, size)), basis), dim=1)
        self._plan(times.double().cpu(), queries.double().cpu())
        self._left = basis.new_empty((batch, len(queries), count + rank))
        self._left[:, :, :count] = self._hats
        self._out = basis.new_empty((batch, len(queries), size))
        self.evaluations = 4 * substeps + 2
        """Of the field in one solve."""
        self._run: Callable[[], object] = self._solve
        if mode == "compile":
            self._run = torch.compile(self._solve, dynamic=False)
        elif mode == "graph":
            self._run = self._captured()

    def __call__(self, states: Tensor, codes: Tensor | None = None) -> Tensor:
        """(B, T, D) codes; the buffer is the solver's own and is written over by the next call.

        Arguments:
            states: (B, N, R) coordinates of the codes.
            codes: (B, N, D), whose coordinates `states` are; None: those of the call before, for which `states` is
                an edit.
        """
        self._states.copy_(states)
        if codes is not None:
            self._knots.copy_(states)
            self._right[:, : codes.shape[1]].copy_(codes)
        self._run()
        return self._out

    def _plan(self, times: Tensor, queries: Tensor) -> None:
        """What depends on times alone, on the device."""
        like = self._states
        segments = len(times) - 1
        length = times.diff()
        self._step = (torch.cat((length, -length)) / self._substeps)[:, None].to(like)
        s = torch.linspace(0.0, 1.0, self._substeps + 1, dtype=torch.float64)[:, None]
        self._blend = (s * s * (3.0 - 2.0 * s))[:, None, :, None].to(like)
        self._bend = (6.0 * s * (1.0 - s) / length)[:, None, :, None].to(like)
        fine = torch.cat(((times[:-1] + s[:-1] * length).T.flatten(), times[-1:]))
        piece, width, share = locate(fine, queries)
        # On the grid (substeps + 1, S) piece k is that from step k % substeps of segment k // substeps.
        segment, step = piece // self._substeps, piece % self._substeps
        self._before = (step * segments + segment).to(like.device)
        self._after = self._before + segments
        self._hermite = [weight[:, None].to(like) for weight in hermite(share, width)]
        hats = torch.zeros((len(queries), len(times)), dtype=torch.float64)
        lines = LinearBasis(times).weights(queries)
        hats.scatter_(1, lines.first[:, None] + torch.arange(2), lines.values)
        self._hats = hats.to(like)

    def _field(self, u: Tensor) -> Tensor:
        w0, b0, w1, b1, w2, b2 = self._weights
        hidden = functional.silu(torch.baddbmm(b0, u, w0))
        hidden = functional.silu(torch.baddbmm(b1, hidden, w1))
        return torch.baddbmm(b2, hidden, w2)

    @torch.no_grad()
    def _solve(self) -> None:
        states, step = self._states, self._step
        segments = states.shape[1] - 1
        u = torch.cat((states[:, :-1], states[:, 1:]), dim=1)
        grid = [u]
        for _ in range(self._substeps):
            k1 = self._field(u)
            k2 = self._field(u + 0.5 * step * k1)
            k3 = self._field(u + 0.5 * step * k2)
            k4 = self._field(u + step * k3)
            u = u + step * (k1 + 2.0 * (k2 + k3) + k4) / 6.0
            grid.append(u)
        solution = torch.stack(grid)
        forward, backward = solution[:, :, :segments], solution[:, :, segments:].flip(0)
        both = torch.stack((forward, backward))
        along = both.permute(2, 0, 1, 3, 4)
        rates = self._field(along.flatten(1, 3)).reshape(along.shape).permute(1, 2, 0, 3, 4)
        values = torch.lerp(forward, backward, self._blend).transpose(0, 1).flatten(1, 2)
        slopes = torch.lerp(rates[0], rates[1], self._blend) + self._bend * (backward - forward)
        slopes = slopes.transpose(0, 1).flatten(1, 2)
        value0, tangent0, value1, tangent1 = self._hermite
        read = value0 * values[:, self._before] + value1 * values[:, self._after]
        read = read + tangent0 * slopes[:, self._before] + tangent1 * slopes[:, self._after]
        self._left[:, :, states.shape[1] :] = read - torch.matmul(self._hats, self._knots)
        torch.bmm(self._left, self._right, out=self._out)

    def _captured(self) -> Callable[[], object]:
        """A replay of one run."""
        self._states.zero_()
        self._knots.zero_()
        self._right[:, : self._states.shape[1]].zero_()
        # Streams are those of the current device, which need not be that of the solver.
        with torch.cuda.device(self._out.device):
            new_stream: Callable[[], torch.cuda.Stream] = torch.cuda.Stream  # torch leaves it untyped
            stream = new_stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(WARMUPS):
                    self._solve()
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                self._solve()
        return graph.replay
