"""Held-out quality: of frames of a made scene, and of codes of known curves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dynode_cli.benchmark.measuring.scope import quick_scope
from dynode_cli.benchmark.parts import quality
from dynode_cli.benchmark.problems.families import FAMILIES, Truth
from dynode_cli.benchmark.results import Results, Row, Section
from dynode_cli.benchmark.run import run
from dynode_cli.benchmark.telling import text
from dynode_cli.benchmark.telling.compare import compare
from dynode_cli.errors import WeightsError
from dynode_cli.plugin_host.host import Host, load_host
from dynode_cli.synthetic.clips import write_clip
from dynode_cli.synthetic.scene import scene

SCOPE = quick_scope("cpu", 1)


def test_the_scene_is_no_mean_of_its_neighbours_and_the_same_every_time() -> None:
    first, again = (list(scene((45, 80), 3)) for _ in range(2))
    assert [frame.shape for frame in first] == [(45, 80, 3)] * 3
    np.testing.assert_array_equal(first, again)
    levels = np.stack(first).astype(float)
    assert levels.std() > 30
    blended = (levels[0] + levels[2]) / 2
    # Noise of 1.5 levels alone would make this 1.8.
    assert np.sqrt(np.square(levels[1] - blended).mean()) > 2.5


def test_what_is_known_of_a_curve_gives_its_error() -> None:
    t = torch.arange(9, dtype=torch.float64)
    line = (t[:, None] * torch.tensor([1.0, -2.0])).float()
    parabola = (t[:, None] ** 2).float()
    host = load_host()
    straight, _ = quality.held_out_error(Truth(t, line, line), "linear", "cpu", host)
    bent, chosen = quality.held_out_error(Truth(t, parabola, parabola), "linear", "cpu", host)
    assert straight < 1e-6
    # The chord is 1 above the middle of a parabola, everywhere.
    left = torch.tensor([1.0, 9.0, 25.0, 49.0])
    assert bent == pytest.approx(float((1 / (left - parabola.mean()).abs()).mean()), rel=1e-4)
    assert chosen == "linear"


def test_quality_of_frames_and_codes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def footage(scope: object, folder: Path) -> list[quality.Footage]:
        short = write_clip(folder / "short.mp4", list(scene((36, 64), 3)))
        long = write_clip(tmp_path / "long.mp4", list(scene((72, 128), 5)))
        return [quality.Footage("long", long, 2), quality.Footage("short", short, 2)]

    monkeypatch.setattr(quality, "_footage", footage)
    monkeypatch.setattr(quality, "QUICK_DYNAMICS", ("linear", "gp", "slerp"))
    section = quality.measure(SCOPE, load_host())
    rows = {(row.group, row.name): row for row in section.rows}
    for rate in (2, 4):
        psnr = {name: rows[f"frames: long, {rate}x", name].values["psnr"] for name in ("hold", "blend", "spline")}
        assert float(str(psnr["hold"])) < float(str(psnr["blend"])) < float(str(psnr["spline"]))
    assert rows["frames: short, 4x", "all methods"].note.startswith("not run: ")
    codes = {name: rows["codes: limit cycle, 2x", name].values for name in ("linear", "gp", "slerp")}
    assert codes["linear"]["ratio"] == 1.0 and codes["linear"]["missed"] == pytest.approx(0.387, abs=0.02)
    assert codes["gp"]["missed"] < codes["linear"]["missed"]  # type: ignore[operator]
    assert [sorted(curve.series) for curve in section.curves] == [
        ["blend", "hold", "linear", "minterpolate", "spline"]
    ] * 2
    assert any(finding.startswith("Codes of limit cycle: ") for finding in section.findings)


@pytest.mark.usefixtures("dynode_fakes")
def test_further_metrics_have_columns_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def footage(settings: object, folder: Path) -> list[quality.Footage]:
        return [quality.Footage("short", write_clip(tmp_path / "short.mp4", list(scene((36, 64), 3))), 1)]

    monkeypatch.setattr(quality, "_footage", footage)
    monkeypatch.setattr(quality, "RATES", (2,))
    monkeypatch.setattr(quality, "QUICK_FAMILIES", ())
    section = quality.measure(replace(SCOPE, metrics=["fake"]), load_host())
    assert [text.heading(column) for column in next(text.tables(section)).columns] == [
        "PSNR (dB)",
        "SSIM",
        "flicker (levels)",
        "fake (levels)",
        "a frame (ms)",
    ]
    assert all(isinstance(row.values["fake"], float) for row in section.rows)


def test_missing_weights_of_a_metric_are_told_of_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match="mobilenet-v2"):
        run(["quality"], replace(SCOPE, metrics=["mobilenet"]), load_host())


def test_a_dynamics_that_cannot_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = quality._misses("brownian", "absent", SCOPE, Host([]))
    assert found.errors == [] and found.note.startswith("not run: ")
    assert quality._code_finding("brownian", [Row("codes", "absent", {}, found.note)]) == []
    monkeypatch.setitem(FAMILIES, "slow", FAMILIES["brownian"])
    settled = replace(SCOPE, quick=False, cap_seconds=0.0)
    slow = quality._misses("slow", "linear", settled, load_host())
    assert len(slow.errors) == 1 and slow.note.startswith("one seed: ")
    assert len(quality._misses("slow", "linear", replace(settled, cap_seconds=60.0), load_host()).errors) == 3


def test_quality_is_compared_in_its_own_sense() -> None:
    def run(psnr: float, missed: float) -> Results:
        rows = [Row("frames", "spline", {"psnr": psnr}), Row("codes", "ode", {"missed": missed})]
        return Results({}, {}, [Section("quality", "Quality", "", (), rows)])

    def judged(before: Results, now: Results) -> list[str]:
        return [change.judgement for change in compare(before, now).changes]

    assert judged(run(30.0, 0.1), run(30.1, 0.2)) == ["better", "worse"]
    assert judged(run(30.1, 0.2), run(30.0, 0.1)) == ["worse", "better"]
    assert judged(run(30.0, 0.1), run(30.04, 0.104)) == ["same", "same"]


def test_one_dynamics_is_measured_with_its_options(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def footage(scope: object, folder: Path) -> list[quality.Footage]:
        return [quality.Footage("long", write_clip(tmp_path / "long.mp4", list(scene((72, 128), 5))), 2)]

    monkeypatch.setattr(quality, "_footage", footage)
    monkeypatch.setattr(quality, "RATES", (2,))

    def missed(kernel: str) -> tuple[list[str], object]:
        section = quality.measure(SCOPE.of_dynamics("gp", {"kernel": kernel}), load_host())
        return [row.name for row in section.rows], section.rows[-1].values["missed"]

    names, smooth = missed("matern52")
    assert names == ["hold", "blend", "minterpolate", "linear", "gp", "linear", "gp"]
    assert missed("matern12")[1] != smooth
