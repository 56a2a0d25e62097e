"""`dynode invert`, `dynode render`, and `interpolate` with a generator of a fixed size: a small random DCGAN."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from dynode_cli import Codes, load_codes, save_codes
from tests.end_to_end.program import Dynode, frame_times

CODE = 8
WIDTHS = (16, 12, 8, 6, 3)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A DCGAN checkpoint in the layout of the one that pip can fetch, with random weights."""
    torch.manual_seed(0)
    state: dict[str, torch.Tensor] = {}
    before = CODE
    for index, width in enumerate(WIDTHS):
        place = 3 * index
        state[f"main.{place}.weight"] = 0.3 * torch.randn(before, width, 4, 4)
        if index < len(WIDTHS) - 1:
            norm = f"main.{place + 1}"
            state |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": 0.1 * torch.randn(width)}
            state |= {f"{norm}.running_mean": torch.zeros(width), f"{norm}.running_var": torch.ones(width)}
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1)
        before = width
    path = tmp_path / "dcgan.pt"
    torch.save({"netG_state_dict": state}, path)
    return path


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    """Five codes, a tenth of a second apart."""
    torch.manual_seed(1)
    path = tmp_path / "codes.safetensors"
    save_codes(path, Codes(torch.randn(5, CODE), torch.arange(5, dtype=torch.float64) / 10))
    return path


def test_render_gives_one_frame_for_each_code(dynode: Dynode, weights: Path, codes: Path) -> None:
    generator = ("--generator", "dcgan", "--weights", weights)
    assert dynode("render", codes, "-o", "frames.safetensors", *generator).code == 0
    tensor = load_file("frames.safetensors")["frames"]
    assert tensor.shape == (5, 3, 64, 64) and 0 <= float(tensor.min()) < float(tensor.max()) <= 1
    assert dynode("render", codes, "-o", "out.mp4", *generator).code == 0
    assert frame_times(Path("out.mp4")) == [Fraction(k, 10) for k in range(5)]
    assert dynode("render", codes, "-o", "out/", *generator).code == 0
    assert len(list(Path("out").glob("*.png"))) == 5


def test_render_at_a_rate_keeps_the_given_codes(dynode: Dynode, weights: Path, codes: Path) -> None:
    generator = ("--generator", "dcgan", "--weights", weights)
    outcome = dynode(
        "render", codes, "-o", "dense.safetensors", *generator, "--rate", "40", "--dynamics", "spline", "--json"
    )
    assert outcome.code == 0, outcome.err
    assert outcome.data["frames"] == 17 and outcome.data["method"] == "spline"
    assert dynode("render", codes, "-o", "given.safetensors", *generator).code == 0
    dense, given = load_file("dense.safetensors")["frames"], load_file("given.safetensors")["frames"]
    assert torch.allclose(dense[::4], given, atol=1e-5)
    assert not torch.allclose(dense[2], (given[0] + given[1]) / 2, atol=1e-3)


def test_samples_are_rendered_with_the_variance_of_their_pixels(dynode: Dynode, weights: Path, codes: Path) -> None:
    common = (codes, "--generator", "dcgan", "--weights", weights, "--rate", "20", "-d", "sde", "--samples", "3")
    outcome = dynode("render", *common, "-o", "out.safetensors", "--json")
    assert outcome.code == 0, outcome.err
    mean, *drawn = (load_file(f"out{k}.safetensors")["frames"] for k in ("", ".1", ".2", ".3"))
    variance = load_file("out.variance.safetensors")["variance"]
    assert variance.shape == (9, 3, 64, 64)
    assert torch.allclose(variance, sum((sample - mean) ** 2 for sample in drawn) / 3, atol=1e-6)
    assert float(variance[::2].max()) < 1e-6 < float(variance[1::2].amax((1, 2, 3)).min())
    worst = 255 * float(variance.mean((1, 2, 3)).max()) ** 0.5
    assert outcome.data["spread"]["deviation_worst"] == pytest.approx(worst, rel=1e-4)
    assert dynode("render", *common, "-o", "out.mp4").code == 0
    assert all(len(frame_times(Path(f"out{k}.mp4"))) == 9 for k in ("", ".1", ".2", ".3"))
    assert len(frame_times(Path("out.variance.mkv"))) == 9


def test_samples_need_something_to_lie_between(dynode: Dynode, weights: Path, codes: Path) -> None:
    common = (codes, "--generator", "dcgan", "--weights", weights, "--samples", "2", "-o", "out.mp4")
    outcome = dynode("render", *common, "-d", "sde")
    assert outcome.code == 2 and "--rate" in outcome.err
    outcome = dynode("render", *common, "--rate", "20", "-d", "linear")
    assert outcome.code == 2 and "linear' knows no uncertainty" in outcome.err


def test_codes_come_back_from_their_own_frames(dynode: Dynode, weights: Path, codes: Path) -> None:
    generator = ("--generator", "dcgan", "--weights", weights)
    assert dynode("render", codes, "-o", "frames/", *generator).code == 0
    outcome = dynode(
        "invert", "frames", "--input-rate", "10", "-o", "found.safetensors", *generator,
        "--inverter", "optimize", "-I", "steps=150", "--framing", "none", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.data["frames"] == 5 and outcome.data["code_shape"] == [CODE]
    found = load_codes("found.safetensors")
    assert found.times.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert found.metadata["generator"] == "dcgan" and found.metadata["inverter"] == "optimize"
    assert dynode("render", "found.safetensors", "-o", "again.safetensors", *generator).code == 0
    assert dynode("render", codes, "-o", "truth.safetensors", *generator).code == 0
    again, truth = load_file("again.safetensors")["frames"], load_file("truth.safetensors")["frames"]
    assert float((again - truth).square().mean()) < 0.3 * float((truth - truth.mean(0)).square().mean())


def test_another_rate_of_the_same_clip_does_not_invert_again(
    dynode: Dynode, weights: Path, carphone: Path, home: Path
) -> None:
    common = (carphone, "--end", "4f", "-g", "dcgan", "--weights", weights, "--framing", "none", "-d", "linear")
    common = (*common, "-I", "steps=2", "--json")
    first = dynode("interpolate", *common, "--fps", "30", "-o", "a.mp4")
    second = dynode("interpolate", *common, "--fps", "60", "-o", "b.mp4")
    assert (first.code, second.code) == (0, 0), second.err
    assert len(list(home.glob("runs/*/codes-0.safetensors"))) == 1
    kept = load_codes(next(home.glob("runs/*/codes-0.safetensors")))
    for run in home.glob("runs/*"):
        trajectory = load_codes(run / "trajectory-0.safetensors")
        assert trajectory.metadata["dynamics"] == "linear"
        assert trajectory.times[::4].tolist() == pytest.approx(kept.times.tolist())
        assert torch.allclose(trajectory.codes[::4], kept.codes, atol=1e-6)
        assert torch.allclose(trajectory.codes[2::4], (kept.codes[:-1] + kept.codes[1:]) / 2, atol=1e-6)
    third = dynode("interpolate", *common, "--fps", "30", "-o", "c.mp4", "-I", "steps=3")
    assert third.code == 0 and len(list(home.glob("runs/*/codes-0.safetensors"))) == 2


def test_what_was_tuned_lies_beside_the_codes(dynode: Dynode, weights: Path, codes: Path) -> None:
    generator = ("--generator", "dcgan", "--weights", weights)
    assert dynode("render", codes, "-o", "frames/", *generator).code == 0
    outcome = dynode(
        "invert", "frames", "-o", "tuned.safetensors", *generator, "--inverter", "pti", "-I", "steps=2",
        "--refine", "1s", "--framing", "none", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.data["tuned"] == "tuned.tuned.safetensors"
    tuned_for = Path("tuned.tuned.safetensors").read_bytes()
    assert dynode("render", "tuned.safetensors", "-o", "with.safetensors", *generator).code == 0
    Path("tuned.tuned.safetensors").unlink()
    assert dynode("render", "tuned.safetensors", "-o", "without.safetensors", *generator).code == 0
    with_tuning, without = (load_file(f"{name}.safetensors")["frames"] for name in ("with", "without"))
    assert not torch.equal(with_tuning, without)
    # What other codes of that name were tuned for is neither replaced unasked nor taken to be of these.
    Path("tuned.safetensors").unlink()
    Path("tuned.tuned.safetensors").write_bytes(tuned_for)
    again = ("invert", "frames", "-o", "tuned.safetensors", *generator, "-I", "steps=2", "--framing", "none")
    refused = dynode(*again)
    assert refused.code == 2 and "tuned.tuned.safetensors: already exists" in refused.err
    assert dynode(*again, "--force").code == 0 and not Path("tuned.tuned.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("render", "missing.safetensors", "-o", "out.mp4"), 3, "no such file"),
        (("render", "text.safetensors", "-o", "out.mp4"), 3, "not a safetensors file"),
        (("render", "wrong.safetensors", "-o", "out.mp4"), 3, "do not fit DCGANGenerator"),
        (("render", "nan.safetensors", "-o", "out.mp4"), 3, "must be finite"),
        (("render", "good.safetensors", "-o", "out.xyz"), 2, "out.xyz"),
        (("render", "good.safetensors", "-o", "out.mp4", "--rate", "0"), 2, "above 0"),
        (("invert", "missing.mp4", "-o", "out.safetensors"), 3, "missing.mp4"),
    ],
)
def test_bad_input(dynode: Dynode, weights: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    times = torch.arange(3, dtype=torch.float64)
    Path("text.safetensors").write_text("words", encoding="utf-8")
    save_codes("good.safetensors", Codes(torch.zeros(3, CODE), times))
    save_codes("wrong.safetensors", Codes(torch.zeros(3, CODE + 1), times))
    save_codes("nan.safetensors", Codes(torch.full((3, CODE), float("nan")), times))
    outcome = dynode(*arguments, "--generator", "dcgan", "--weights", weights)
    assert outcome.code == code, outcome.err
    assert words in outcome.err
    assert not Path("out.mp4").exists()


def test_a_loop_of_codes_closes_without_a_corner(dynode: Dynode, weights: Path, carphone: Path, home: Path) -> None:
    assert dynode("interpolate", carphone, "--fps", "source", "--end", "6f", "-o", "short.mkv").code == 0
    common = ("short.mkv", "-g", "dcgan", "--weights", weights, "--framing", "none", "-I", "steps=3", "--json")
    outcome = dynode("interpolate", *common, "--loop", "--fps", "4x", "-d", "gp", "-o", "loop.mp4")
    assert outcome.code == 0, outcome.err
    assert outcome.data["observations"] == 6 and outcome.data["frames"] == 24
    (fit,) = outcome.data["fits"].values()
    assert fit["velocity_jump"] < 1e-4
    (kept,) = home.glob("runs/*/codes-0.safetensors")
    assert len(load_codes(kept).times) == 6, "one lap says everything"
    outcome = dynode("interpolate", *common, "--loop", "-d", "gp", "-D", "period=2", "-o", "two.mp4")
    assert outcome.code == 2 and "--loop both say" in outcome.err
