"""Solvers of a problem: every one of torchdiffeq, a fixed-step Runge-Kutta, CDE, SDE, and gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from dynode_cli.benchmark.problems.problem import InitialValueProblem, exact, exact_settings

STEPS = 4
"""Steps of a fixed-step solver across a segment, and points of the dense output for all, as by default."""
LOOSE, TIGHT = 1e-3, 1e-6
"""Relative tolerances of the adaptive solvers; the absolute one is a tenth. Fixed-step ones take STEPS and 4 STEPS,
and so many points has the dense output of either."""


class Counted:
    """The field of a problem, which counts its evaluations."""

    def __init__(self, problem: InitialValueProblem) -> None:
        self._problem = problem
        self.count = 0

    def __call__(self, u: Tensor) -> Tensor:
        self.count += 1
        return self._problem.field(u)


@dataclass(frozen=True)
class SolverPath:
    """A way to solve: gives codes (C, T, D) and the evaluations of the field that it took."""

    name: str
    solve: Callable[[InitialValueProblem], tuple[Tensor, int]]
    reference: Callable[[InitialValueProblem], Tensor] = exact
    """The same, in float64 and as exact as need be."""
    note: str = ""
    without_noise: Callable[[InitialValueProblem], tuple[Tensor, int]] | None = None
    """For a sample: the same solver on the equation without noise, whose error can be told."""
    whole: Callable[[InitialValueProblem], object] | None = None
    """What memory is counted of, where it is not a call: with what is made beforehand."""


def relative_error(found: Tensor, reference: Tensor) -> float:
    """|found - reference| / |reference - its mean over time|."""
    spread = reference - reference.mean(dim=-2, keepdim=True) if reference.ndim > 1 else reference
    return float((found.to("cpu", torch.float64) - reference).norm() / spread.norm())


def runge_kutta(problem: InitialValueProblem) -> tuple[Tensor, int]:
    """The classical method, all ways at once, a cubic Hermite dense output."""
    field, length = Counted(problem), problem.ways()[1]
    grid = _fixed_steps(problem, lambda s, u: length * field(u), STEPS)
    return problem.lift(problem.read(grid)), field.count + 2


def per_query() -> SolverPath:
    """The initial value alone, with a step at every time that is read: the plain use of a neural ODE."""

    def solve(problem: InitialValueProblem, exactly: bool = False) -> tuple[Tensor, int]:
        from torchdiffeq import odeint

        field = Counted(problem)
        grid = problem.queries.to(problem.states)

        def rate(t: Any, u: Tensor) -> Tensor:
            return field(u)

        out = odeint(rate, problem.states[:, :1], grid, **(exact_settings(grid) if exactly else {"method": "rk4"}))
        return problem.lift(out[:, :, 0].transpose(0, 1)), field.count

    def reference(problem: InitialValueProblem) -> Tensor:
        return solve(_exactly(problem), exactly=True)[0]

    return SolverPath("ODE per query, rk4", solve, reference, "from the first code alone, a step at every time read")


def _exactly(problem: InitialValueProblem) -> InitialValueProblem:
    return problem.to(dtype=torch.float64, device="cpu")


def solver_names() -> list[str]:
    """The solvers of the installed torchdiffeq."""
    from torchdiffeq._impl.odeint import SOLVERS

    return [name for name in SOLVERS if name != "scipy_solver" or _has_scipy()]


def torchdiffeq_path(solver: str, tight: bool) -> SolverPath:
    """A solver of torchdiffeq at one of two accuracies."""
    adaptive = is_adaptive(solver)
    rtol, steps = (TIGHT if tight else LOOSE), STEPS * (4 if tight else 1)

    def solve(problem: InitialValueProblem) -> tuple[Tensor, int]:
        from torchdiffeq import odeint

        field = Counted(problem)
        start, length = problem.ways()

        def rate(s: Any, u: Tensor) -> Tensor:
            return length * field(u)

        options: dict[str, Any] | None = None if adaptive else {"step_size": 1.0 / steps}
        if solver == "scipy_solver":
            options = {"solver": "LSODA"}
        points = torch.linspace(0.0, 1.0, steps + 1, dtype=start.dtype, device=start.device)
        grid = odeint(rate, start, points, method=solver, rtol=rtol, atol=rtol / 10, options=options)
        return problem.lift(problem.read(grid)), field.count + 2

    return SolverPath(f"solver {solver}, {f'rtol {rtol:g}' if adaptive else f'{steps} steps'}", solve)


def is_adaptive(solver: str) -> bool:
    """Whether it chooses its own steps."""
    from torchdiffeq._impl.odeint import SOLVERS
    from torchdiffeq._impl.solvers import AdaptiveStepsizeODESolver

    return solver == "scipy_solver" or issubclass(SOLVERS[solver], AdaptiveStepsizeODESolver)


def controlled() -> SolverPath:
    """A neural CDE dz = G(z) dX on a smooth path X through the states: all ways at once, Runge-Kutta."""

    def solve(problem: InitialValueProblem, steps: int = STEPS) -> tuple[Tensor, int]:
        field = Counted(problem)
        slope = torch.gradient(problem.states, dim=1)[0]
        speeds = torch.cat((slope[:, :-1], slope[:, 1:]), dim=1)
        targets = torch.cat((slope[:, 1:], slope[:, :-1]), dim=1)
        length = problem.ways()[1]

        def rate(s: float, u: Tensor) -> Tensor:
            # G is the identity and, diagonal, the field: it bends how the state follows the path.
            return length * (1.0 + 0.1 * field(u)) * torch.lerp(speeds, targets, s)

        return problem.lift(problem.read(_fixed_steps(problem, rate, steps))), field.count + 2

    return SolverPath(f"CDE, rk4, {STEPS} steps", solve, lambda problem: solve(_exactly(problem), 16 * STEPS)[0])


class _Noisy(nn.Module):
    """The field with additive noise, in the form that torchsde wants: states (C * 2 S, R) on [0, 1]."""

    noise_type = "diagonal"

    def __init__(self, problem: InitialValueProblem, field: Counted, sigma: float, calculus: str) -> None:
        super().__init__()
        self.sde_type = calculus
        self._shape, self._field, self._sigma = problem.ways()[0].shape, field, sigma
        self._length = problem.ways()[1]

    def f(self, s: Tensor, y: Tensor) -> Tensor:
        """Drift."""
        return (self._length * self._field(y.view(self._shape))).flatten(0, 1)

    def g(self, s: Tensor, y: Tensor) -> Tensor:
        """Diffusion."""
        return torch.full_like(y, self._sigma)


def stochastic(method: str, calculus: str, sigma: float = 0.05, steps: int = 2 * STEPS) -> SolverPath:
    """A sample of an SDE by a solver of torchsde; its reference is the equation without noise."""

    def solve(problem: InitialValueProblem, sigma: float = sigma) -> tuple[Tensor, int]:
        import torchsde

        field = Counted(problem)
        start = problem.ways()[0]
        points = torch.linspace(0.0, 1.0, steps + 1, dtype=start.dtype, device=start.device)
        with torch.no_grad():
            grid = torchsde.sdeint(
                _Noisy(problem, field, sigma, calculus),
                start.flatten(0, 1),
                points,
                bm=_noise(start.flatten(0, 1), steps, method),
                method=method,
                dt=1.0 / steps,
            )
        return problem.lift(problem.read(grid.unflatten(1, start.shape[:2]))), field.count + 2

    return SolverPath(
        f"SDE, {method.replace('_', ' ')}, {steps} steps",
        solve,
        note="a sample; its error is that of the solver without noise",
        without_noise=lambda problem: solve(problem, 0.0),
    )


def noisy_gradient(problem: InitialValueProblem, adjoint: bool, steps: int) -> Tensor:
    """Gradient by the field's weights through reversible Heun steps; the adjoint undoes them on the way back.

    Reference: Kidger et al., Efficient and accurate gradients for neural SDEs, 2021.
    """
    import torchsde

    learned, weights = _learned(problem)
    sde = _Noisy(learned, Counted(learned), 0.05, "stratonovich")
    # The adjoint looks among the parameters of the module for what to differentiate by.
    sde.weights = nn.ParameterList(weights)
    start = learned.ways()[0].flatten(0, 1)
    ends = torch.tensor([0.0, 1.0], dtype=start.dtype, device=start.device)
    settings: dict[str, Any] = {"bm": _noise(start, steps, "reversible_heun"), "dt": 1.0 / steps}
    if adjoint:
        settings["adjoint_method"] = "adjoint_reversible_heun"
    solver = torchsde.sdeint_adjoint if adjoint else torchsde.sdeint
    return _gradients(solver(sde, start, ends, method="reversible_heun", **settings)[-1], weights)


def _noise(start: Tensor, steps: int, method: str) -> Any:
    """A Brownian motion, the same at every call."""
    import torchsde

    return torchsde.BrownianInterval(
        t0=0.0,
        t1=1.0,
        size=tuple(start.shape),
        dtype=start.dtype,
        device=start.device,
        entropy=0,
        dt=1.0 / steps,
        levy_area_approximation="space-time" if method == "srk" else "none",
    )


def _learned(problem: InitialValueProblem) -> tuple[InitialValueProblem, list[nn.Parameter]]:
    """The problem with weights of its own, to be learned."""
    weights = [nn.Parameter(weight.detach().clone()) for weight in problem.weights]
    return replace(problem, weights=tuple(weights)), weights


def _gradients(ends: Tensor, weights: list[nn.Parameter]) -> Tensor:
    """Flat gradient of the squares of `ends`."""
    torch.autograd.backward(ends.square().sum())
    return torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])


def field_gradient(problem: InitialValueProblem, adjoint: bool, steps: int) -> Tensor:
    """Gradient of the solution at the end of every way by the field's weights, through Runge-Kutta steps."""
    return _field_gradient(problem, adjoint, steps)[0]


def gradient(adjoint: bool) -> SolverPath:
    """One step of a fit."""
    return SolverPath(
        f"gradient, {'adjoint' if adjoint else 'back-propagation'}",
        lambda problem: _field_gradient(problem, adjoint, STEPS),
        lambda problem: field_gradient(_exactly(problem), False, 16 * STEPS),
        "a step of a fit: the solve and its gradient, nothing is read",
    )


def _field_gradient(problem: InitialValueProblem, adjoint: bool, steps: int) -> tuple[Tensor, int]:
    from torchdiffeq import odeint, odeint_adjoint

    learned, weights = _learned(problem)
    field = Counted(learned)
    start, length = learned.ways()

    def rate(s: Any, u: Tensor) -> Tensor:
        return length * field(u)

    ends = torch.tensor([0.0, 1.0], dtype=start.dtype, device=start.device)
    settings: dict[str, Any] = {"method": "rk4", "options": {"step_size": 1.0 / steps}}
    if adjoint:
        out = odeint_adjoint(rate, start, ends, adjoint_params=tuple(weights), **settings)
    else:
        out = odeint(rate, start, ends, **settings)
    return _gradients(out[-1], weights), field.count


def _fixed_steps(problem: InitialValueProblem, rate: Callable[[float, Tensor], Tensor], steps: int) -> Tensor:
    """Solution (steps + 1, C, 2 S, R) of du/ds = rate(s, u) along every way, s = 0 .. 1."""
    u, _ = problem.ways()
    step = 1.0 / steps
    grid = [u]
    for number in range(steps):
        s, half = number / steps, 0.5 / steps
        k1 = rate(s, u)
        k2 = rate(s + half, u + 0.5 * step * k1)
        k3 = rate(s + half, u + 0.5 * step * k2)
        k4 = rate(s + 2 * half, u + step * k3)
        u = u + step * (k1 + 2.0 * (k2 + k3) + k4) / 6.0
        grid.append(u)
    return torch.stack(grid)


def _has_scipy() -> bool:
    from importlib.util import find_spec

    return find_spec("scipy") is not None
