"""What is decoded, rendered and grown in the other parts."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from dynode_cli.benchmark.measuring.meter import peak_bytes
from dynode_cli.benchmark.measuring.scope import quick_scope
from dynode_cli.benchmark.parts import memory, render
from dynode_cli.benchmark.parts.decode import decodes, divided, random_stylegan2
from dynode_cli.benchmark.problems.equations import field_gradient
from dynode_cli.benchmark.problems.problem import made_problem
from dynode_cli.benchmark.results import Quartiles
from dynode_cli.contracts import Context
from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.host import Host, load_host

SCOPE = quick_scope("cpu", 1)


def test_the_random_checkpoint_is_a_stylegan2(tmp_path: Path) -> None:
    path = tmp_path / "random.pt"
    torch.save({"g_ema": random_stylegan2(16), "latent_avg": torch.zeros(512)}, path)
    generator = load_host().create("generator", "stylegan2", {}, Context(weights=path))
    assert generator.code_shape == (6, 512)
    codes = torch.randn(2, 6, 512, generator=torch.Generator().manual_seed(0))
    frames = generator.synthesize(codes, torch.zeros(2, dtype=torch.float64))
    assert frames.shape == (2, 3, 16, 16)
    assert float(frames.std()) > 0.05 and not torch.equal(frames[0], frames[1])


def test_without_generators_there_is_no_decode() -> None:
    assert decodes(SCOPE, Host([])) == {}


def test_a_share_of_a_batch() -> None:
    assert divided(Quartiles(8.0, 4.0, 16.0, 5, 1, 80.0), 8) == Quartiles(1.0, 0.5, 2.0, 5, 1, 10.0)


def test_the_texture_moves_evenly() -> None:
    frames = list(render.textured(36, 3))
    assert [frame.shape for frame in frames] == [(36, 64, 3)] * 3
    np.testing.assert_array_equal(frames[1][:-2, :-4], frames[0][2:, 4:])
    assert frames[0].std() > 20


def test_stages_of_a_render_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "QUICK_HEIGHTS", (72,))
    section = render.measure(SCOPE, load_host())
    row, counted = (each for each in section.rows if each.values)
    assert {each.note for each in section.rows if not each.values} == {"no CUDA device"}
    assert row.note == "" and row.name == "128 x 72"
    assert (row.group, counted.group, counted.name) == ("time", "bytes/frame", row.name)
    figures = {key: value for key, value in row.values.items() if isinstance(value, float)}
    whole = row.values["ms"]
    assert isinstance(whole, Quartiles)
    assert sum(figures[key] for key in (*render.STAGES, "other")) == pytest.approx(whole.median)
    assert all(figures[key] > 0 for key in ("decode", "synthesise", "encode", "other", "peak"))
    assert figures["ideal"] > figures["fps"] == pytest.approx(1000 / whole.median)
    sizes = {key: value for key, value in counted.values.items() if isinstance(value, float)}
    picture = 128 * 72 * 3 / 1e3
    assert sizes["picture"] == picture
    # A source frame serves four; an output frame is made in float32, and is written from 8 bits of it.
    assert sizes["decode bytes"] > picture / render.RATE
    assert sizes["synthesise bytes"] > 4 * picture
    assert sizes["encode bytes"] > picture
    assert 0 < sizes["solve bytes"] < sizes["decode bytes"]
    assert 0 < sizes["file"] < picture
    assert section.findings[0].startswith("128 x 72: ")


def test_sizes_of_the_same_thing_are_in_order_when_two_run_at_once() -> None:
    apart = memory.Grown(
        memory.RENDERING, "apart", lambda factor: time.sleep(0.02 / factor) or float(factor), "x", True
    )
    assert apart.peaks() == [1.0, 4.0, 16.0]


def test_growth_is_judged_by_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(factor: int) -> float:
        raise DynodeError("no such thing")

    cases = [
        memory.Grown(memory.TRAINING, "even", lambda factor: 5.0, "steps"),
        memory.Grown(memory.TRAINING, "rising", lambda factor: 2.0 * factor, "steps"),
        memory.Grown(memory.RENDERING, "broken", broken, "frames"),
    ]
    monkeypatch.setattr(memory, "_cases", lambda *given: iter(cases))
    section = memory.measure(SCOPE, load_host())
    assert [(row.values.get("verdict"), row.note) for row in section.rows] == [
        ("flat", "steps"),
        ("grows", "steps"),
        (None, "not run: no such thing"),
    ]
    assert section.findings == [
        "Training: even: flat over a factor of 16.",
        "Training: rising: grows over a factor of 16.",
    ]


@pytest.mark.parametrize(("adjoint", "verdict"), [(False, "grows"), (True, "flat")])
def test_the_adjoint_is_flat_and_back_propagation_grows(adjoint: bool, verdict: str) -> None:
    problem = made_problem((10,), clips=1, count=2)
    sizes = (4, 8, 16)
    peaks = [float(peak_bytes(lambda size=size: field_gradient(problem, adjoint, size))) for size in sizes]
    assert memory.verdict_of(memory.slope_of(sizes, peaks)) == verdict


def test_memory_of_one_dynamics() -> None:
    scope = SCOPE.of_dynamics("spline", {})
    cases = list(memory._cases(scope, load_host(), Path()))
    assert [case.name for case in cases[:3]] == [
        "fit of spline",
        "spline, all in one call",
        "spline, 100 times a call, as in rendering",
    ]
    assert cases[0].peak(1) > 0
    assert SCOPE.of_dynamics("gp", {"kernel": "matern32"}).dynamics_words == (
        "--dynamics",
        "gp",
        "-D",
        "kernel=matern32",
    )
    assert SCOPE.dynamics_words == ()
