"""The rows of a CUDA device, on one that is pretended: nothing mixes devices, and a graph is captured as it has to be."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dynode_cli.benchmark.measuring.harness import Limits
from dynode_cli.benchmark.measuring.meter import peak_bytes
from dynode_cli.benchmark.measuring.scope import Scope, quick_scope
from dynode_cli.benchmark.parts import render, solvers
from dynode_cli.benchmark.parts.fast_path import MODES
from dynode_cli.benchmark.parts.fitted import FittedMethods
from dynode_cli.benchmark.parts.solvers import Budget, Case
from dynode_cli.benchmark.problems.equations import controlled, gradient, per_query, runge_kutta, torchdiffeq_path
from dynode_cli.benchmark.problems.problem import made_problem
from dynode_cli.benchmark.results import Quartiles, Row
from dynode_cli.plugin_host.host import load_host
from dynode_cli.testing.pretended_cuda import pretended_cuda

PROBLEM = made_problem((10,), clips=2, count=30)
KNOTS = torch.arange(25, dtype=torch.float64)
SCOPE = quick_scope("cuda:0", 1)
GRAPH, COMPILED = MODES["graph"], MODES["compile"]

SLOW = """
from dynode_cli import hookimpl
from dynode_cli.conformance.fakes import FakeDynamics

@hookimpl
def dynode_register_dynamics(register):
    register("ode", FakeDynamics)
"""


def dense_solver() -> type:
    return load_host().implementation("dynamics", "ode").dense_solver


def test_the_pretended_device_refuses_what_a_real_one_does() -> None:
    with pretended_cuda():
        there = torch.ones(3, device="cuda:0")
        assert (there + 1).device.type == "cuda"
        with pytest.raises(RuntimeError, match="same device"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        graph = torch.cuda.CUDAGraph()
        with pytest.raises(RuntimeError, match="capturing"), torch.cuda.graph(graph):
            there.sum().item()


def test_a_captured_graph_follows_its_inputs() -> None:
    make = dense_solver()
    plain = make(PROBLEM.weights, PROBLEM.basis, KNOTS, PROBLEM.queries)
    with pretended_cuda() as graphs:
        there = PROBLEM.to(device="cuda:0")
        solver = make(there.weights, there.basis, KNOTS, there.queries, mode="graph")
        for factor in (1.0, 1.1, 0.9):
            found = solver(there.states * factor, there.rest).cpu()
            assert torch.equal(found, plain(PROBLEM.states * factor, PROBLEM.rest))
        edited = solver(there.states * 1.2).cpu()
    assert torch.equal(edited, plain(PROBLEM.states * 1.2))
    (graph,) = graphs
    assert graph.replays == 4


@pytest.mark.parametrize(
    "path",
    [
        per_query(),
        controlled(),
        gradient(adjoint=False),
        gradient(adjoint=True),
        torchdiffeq_path("dopri5", False),
        torchdiffeq_path("rk4", False),
    ],
    ids=lambda path: path.name,
)
def test_paths_stay_on_the_device(path) -> None:
    here, _ = path.solve(PROBLEM)
    with pretended_cuda():
        found, _ = path.solve(PROBLEM.to(device="cuda:0"))
        assert found.device.type == "cuda"
        assert torch.equal(found.cpu(), here)


def rows_of(monkeypatch: pytest.MonkeyPatch) -> dict[str, Row]:
    """The rows of a small case on the pretended device."""
    monkeypatch.setattr(FittedMethods, "rows", lambda *given: iter(()))
    monkeypatch.setattr(Scope, "limits", property(lambda scope: Limits(3, 3, 1, 1.0)))
    host = load_host()
    case = Case("PCA-10", 30, 2)
    monkeypatch.setattr(
        solvers, "_paths", lambda case, fast: [solvers.SolverPath(solvers.DENSE, runge_kutta), *fast.paths]
    )
    with pretended_cuda():
        fitted = FittedMethods(SCOPE, host)
        return {row.name: row for row in solvers._case_rows(case, SCOPE, fitted, Budget(SCOPE), None)}


def test_rows_of_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    resets: list[None] = []
    monkeypatch.setattr(torch, "compile", lambda function, dynamic: function)
    monkeypatch.setattr(torch.compiler, "reset", lambda: resets.append(None))
    rows = rows_of(monkeypatch)
    for name in (solvers.LINEAR, solvers.DENSE, *MODES.values()):
        ms = rows[name].values["ms"]
        assert isinstance(ms, Quartiles) and ms.median > 0
        assert ms.count == 3
    assert rows[GRAPH + ", again"].note.startswith("the same once more: ")
    assert len(resets) == 1


def test_a_compiler_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(function: object, dynamic: bool) -> object:
        raise RuntimeError(
            "Failed to find C compiler. Please specify via CC environment variable.\n\nSet TORCHDYNAMO"
        )

    monkeypatch.setattr(torch, "compile", refuse)
    monkeypatch.setattr(torch.compiler, "reset", lambda: None)
    rows = rows_of(monkeypatch)
    assert rows[COMPILED].values == {}
    assert rows[COMPILED].note == ("not run: Failed to find C compiler. Please specify via CC environment variable.")
    assert isinstance(rows[GRAPH].values["ms"], Quartiles)


def test_memory_of_a_fast_path_counts_its_buffers() -> None:
    (path,) = [path for path in solvers.fast_paths(load_host(), "cpu").paths if path.name == MODES["eager"]]
    assert path.whole is not None
    path.solve(PROBLEM)
    buffers = PROBLEM.clips * len(PROBLEM.queries) * (10 + KNOTS.numel() + 5) * 4
    again = peak_bytes(lambda: path.solve(PROBLEM))
    assert peak_bytes(lambda: path.whole(PROBLEM)) > again + buffers


def test_a_dynamics_without_a_fast_path_is_named(site) -> None:
    site.add("dynode-slow", SLOW)
    found = solvers.fast_paths(site.host(), "cpu")
    assert not found.paths
    assert found.missing == dict.fromkeys(MODES.values(), "the dynamics 'ode' brings none")


def test_hardware_encoding_without_a_device_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    host = load_host()
    rows = list(render._hardware_encoder(replace(SCOPE, device="cpu"), host))
    assert [(row.name, row.note) for row in rows] == [
        ("1920 x 1080, NVENC", "no CUDA device"),
        ("3840 x 2160, NVENC", "no CUDA device"),
    ]
    monkeypatch.setattr(render, "NVENC_HEIGHTS", (72,))
    monkeypatch.setattr(render, "NVENC", "no_such_encoder")
    (row,) = render._hardware_encoder(SCOPE, host)
    assert row.note.startswith("not run: ") and "no_such_encoder" in row.note
