"""``dynode bench`` from end to end, on its smallest parts."""

from __future__ import annotations

import json

import pytest

from dynode_cli.benchmark.parts import solvers, startup
from dynode_cli.benchmark.parts.solvers import Case


def test_startup_as_json_page_and_comparison(dynode, clean, monkeypatch):
    monkeypatch.setattr(startup, "LINES", (("--version",),))
    page = clean / "report.html"
    outcome = dynode("bench", "startup", "--quick", "--json", "-o", str(page))
    assert outcome.code == 0
    told = json.loads(outcome.out)
    assert [section["name"] for section in told["sections"]] == ["startup"]
    (row,) = told["sections"][0]["rows"]
    assert row["name"] == "dynode --version"
    assert row["values"]["ms"]["median"] > 10
    assert row["values"]["peak"] > 5
    assert told["settings"]["quick"] is True and told["environment"]["threads"] == 1
    assert "dynode --version" in page.read_text(encoding="utf-8")
    old = clean / "old.json"
    told["sections"][0]["rows"][0]["values"]["ms"] = {"median": 1e7, "low": 1e7, "high": 1e7, "count": 3}
    old.write_text(json.dumps(told))
    compared = dynode("bench", "startup", "--quick", "--compare", str(old))
    assert compared.code == 0
    assert "faster" in compared.out and "changed by more than their spread" in compared.out


def test_solvers_beside_linear(dynode, monkeypatch):
    tiny = Case("motion", 60, 1)
    monkeypatch.setattr(solvers, "cases", lambda quick: [tiny])
    monkeypatch.setattr(solvers, "decodes", lambda scope, host: {})
    outcome = dynode("bench", "solvers", "--quick", "--json")
    assert outcome.code == 0, outcome.err
    (section,) = json.loads(outcome.out)["sections"]
    rows = {row["name"]: row for row in section["rows"]}
    assert sum("measured twice in the same run" in finding for finding in section["findings"]) == 2
    assert rows["linear: gather + lerp"]["values"]["ratio"] == 1.0
    for name in (
        "ODE, own rk4, dense",
        "fast path, eager",
        "gradient, adjoint",
        "fitted ode (default)",
        "fitted sde",
    ):
        values = rows[name]["values"]
        assert values["ms"]["median"] > 0 and values["peak"] > 0 and values["nfe"] > 0
    assert rows["fast path, eager"]["values"]["error"] < 1e-3
    for name in ("linear: gather + lerp", "ODE, own rk4, dense"):
        again = rows[f"{name}, again"]
        # How often a call is repeated hangs on how long it takes.
        assert again["values"]["ms"]["count"] > 1
        assert again["note"].startswith("the same once more: ")
    for name in ("fast path, torch.compile", "fast path, CUDA graph"):
        assert rows[name]["values"] == {}
        assert rows[name]["note"] == "no CUDA device"


def test_one_dynamics_with_its_options_beside_linear(dynode, monkeypatch):
    monkeypatch.setattr(solvers, "cases", lambda quick: [Case("18 x 512", 60, 1)])
    monkeypatch.setattr(solvers, "decodes", lambda scope, host: {})
    chosen = ("--dynamics", "ode", "-D", "substeps=3", "-D", "iterations=2")
    outcome = dynode("bench", "solvers", "--quick", "--json", *chosen)
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    (section,) = told["sections"]
    names = ["linear: gather + lerp", "linear: gather + lerp, again", "fitted linear", "fitted ode"]
    assert [row["name"] for row in section["rows"]] == names
    assert section["rows"][-1]["values"]["nfe"] > 0
    assert any("fitted ode takes" in finding for finding in section["findings"])
    assert told["settings"]["dynamics"] == "ode"
    assert told["settings"]["options of the dynamics"] == {"substeps": "3", "iterations": "2"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing",), 2, "nothing"),
        (("startup", "-o", "report.pdf"), 2, "must end in .html"),
        (("startup", "-o", "there.html/report.html"), 2, "there.html is a file, not a folder"),
        (("startup", "-o", "there.html"), 2, "there.html: already exists"),
        (("startup", "--compare", "absent.json"), 3, "absent.json"),
        (("startup", "--compare", "there.html"), 3, "no JSON"),
        (("startup", "--device", "cuda"), 5, "no CUDA device"),
        (("startup", "--device", "abacus"), 5, "abacus"),
        (("startup", "--threads", "0"), 2, "threads"),
        (("quality", "--dynamics", "splien"), 4, "splien"),
        (("quality", "--dynamics", "gp", "-D", "kernel=round"), 2, "kernel"),
        (("quality", "-D", "kernel=matern32"), 2, "add --dynamics"),
    ],
)
def test_bad_arguments(dynode, clean, monkeypatch, arguments, code, message):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (clean / "there.html").write_text("<p>kept</p>")
    outcome = dynode("bench", *arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert (clean / "there.html").read_text() == "<p>kept</p>"
