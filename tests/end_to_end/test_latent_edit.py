"""`dynode directions`, and `dynode edit` in the latent space of a small random DCGAN."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from dynode_cli import Codes, load_codes, save_codes
from dynode_cli.directions.files import load_direction
from dynode_cli.synthetic.clips import moving_texture, write_clip
from tests.end_to_end.program import Dynode
from tests.end_to_end.test_codes_commands import CODE, weights  # noqa: F401  # a fixture


@pytest.fixture
def gan(dynode: Dynode, weights: Path) -> tuple[str | Path, ...]:  # noqa: F811
    """Options for the generator; `frames/` has five frames of it, and `codes.safetensors` what inverts them."""
    torch.manual_seed(3)
    save_codes("truth.safetensors", Codes(torch.randn(5, CODE), torch.arange(5, dtype=torch.float64) / 10))
    generator = ("-g", "dcgan", "--weights", weights)
    assert dynode("render", "truth.safetensors", "-o", "frames/", *generator).code == 0
    common = (*generator, "--framing", "none", "-I", "steps=20", "--input-rate", "10")
    assert dynode("invert", "frames", "-o", "codes.safetensors", *common).code == 0
    return common


def rendered(dynode: Dynode, gan: tuple[str | Path, ...], codes: torch.Tensor, name: str) -> torch.Tensor:
    """Frames (N, 3, 64, 64) of codes."""
    save_codes(f"{name}.safetensors", Codes(codes, torch.arange(len(codes), dtype=torch.float64) / 10))
    assert dynode("render", f"{name}.safetensors", "-o", f"{name}-frames.safetensors", *gan[:4]).code == 0
    return load_file(f"{name}-frames.safetensors")["frames"]


def images(folder: str) -> torch.Tensor:
    import cv2

    pictures = [cv2.imread(str(path))[..., ::-1] for path in sorted(Path(folder).glob("*.png"))]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2) / 255


def test_a_learnt_direction_moves_every_frame(dynode: Dynode, gan: tuple[str | Path, ...]) -> None:
    torch.manual_seed(4)
    step = torch.randn(CODE)
    plain = torch.randn(12, CODE)
    times = torch.arange(12, dtype=torch.float64)
    save_codes("without.safetensors", Codes(plain, times))
    save_codes("with.safetensors", Codes(plain + step, times))
    outcome = dynode(
        "directions", "learn", "--with", "with.safetensors", "--without", "without.safetensors", "-o",
        "mood.safetensors", "--space", "z", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    assert outcome.data["space"] == "z" and outcome.data["method"] == "mean" and "12 examples" in outcome.data["with"]
    assert torch.allclose(load_direction(Path("mood.safetensors")).vector, step, atol=1e-5)

    codes = load_codes("codes.safetensors").codes
    expected = rendered(dynode, gan, codes + 0.5 * step, "expected")
    source = rendered(dynode, gan, codes, "source")
    drifts = {}
    for transport in ("constant", "ode"):
        outcome = dynode(
            "edit", "frames", "--direction", "mood.safetensors=0.5", "-o", f"{transport}/", *gan, "--dynamics", "ode",
            "-D", "iterations=60", "--transport", transport, "--report", f"{transport}.json", "--json",
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        assert outcome.data["frames"] == 5
        edited = images(transport)
        rows = json.loads(Path(f"{transport}.json").read_text(encoding="utf-8"))["per_frame"]
        assert [row["time"] for row in rows] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
        drifts[transport] = [row["code_drift"] for row in rows]
        # The first frame is the one that is moved; the others follow exactly, or as the dynamics carry them.
        assert torch.allclose(edited[0], expected[0], atol=0.01)
        assert float((edited - expected).square().mean()) < float((source - expected).square().mean())
        if transport == "constant":
            assert torch.allclose(edited, expected, atol=0.01)
    assert max(drifts["constant"]) == 0
    assert drifts["ode"][0] == pytest.approx(0, abs=1e-4) and max(drifts["ode"]) > 1e-4


def test_an_edit_with_pivotal_tuning_comes_nearer_to_the_frames(dynode: Dynode, gan: tuple[str | Path, ...]) -> None:
    truth = images("frames")
    errors = {}
    for name, tuning in (("plain", ()), ("tuned", ("--inverter", "pti", "--refine", "2s"))):
        outcome = dynode("edit", "frames", "--direction", "sefa:0=0", "-o", f"{name}/", *gan, *tuning)
        assert outcome.code == 0, outcome.err
        errors[name] = float((images(name) - truth).square().mean())
    assert errors["tuned"] < errors["plain"]


def test_strength_over_time_in_a_latent_space(dynode: Dynode, gan: tuple[str | Path, ...]) -> None:
    np.save("mood.npy", np.ones((1, CODE)))
    arguments = ("--direction", "mood.npy@z", "--strength", "0.1s:0,0.3s:-0.4", "-o", "out/", "-d", "linear")
    outcome = dynode("edit", "frames", *arguments, *gan)
    assert outcome.code == 0, outcome.err
    strengths = torch.tensor([0, 0, -0.2, -0.4, -0.4])[:, None]
    expected = rendered(dynode, gan, load_codes("codes.safetensors").codes + strengths, "expected")
    assert torch.allclose(images("out"), expected, atol=0.01)


def test_edit_and_interpolation_in_a_latent_space(dynode: Dynode, gan: tuple[str | Path, ...]) -> None:
    np.save("mood.npy", np.ones((1, CODE)))
    common = ("edit", "frames", "--direction", "mood.npy@z=0.3", *gan, "-d", "linear")
    assert dynode(*common, "-o", "plain/").code == 0
    assert dynode(*common, "-o", "double/", "--fps", "2x").code == 0
    assert len(images("double")) == 10
    assert torch.allclose(images("double")[::2], images("plain"), atol=0.01)


def test_learning_from_pictures_inverts_them(dynode: Dynode, gan: tuple[str | Path, ...]) -> None:
    Path("with").mkdir()
    Path("without").mkdir()
    for index, path in enumerate(sorted(Path("frames").glob("*.png"))):
        path.rename(Path("with" if index < 3 else "without") / path.name)
    outcome = dynode(
        "directions", "learn", "--with", "with", "--without", "without", "-o", "two.safetensors", "--method", "svm",
        *gan[:4], "--framing", "none", "-I", "steps=20", "--json",
    )  # fmt: skip
    assert outcome.code == 0, outcome.err
    direction = load_direction(Path("two.safetensors"))
    assert direction.space == "z" and direction.vector.shape == (CODE,)
    assert direction.provenance["generator"] == "dcgan" and direction.provenance["with"] == "3 examples in with"


def test_list_and_show(dynode: Dynode) -> None:
    names = [row["name"] for row in dynode("directions", "list", "--json").data]
    wanted = {"smile", "frown", "mouth-open", "eyes-open", "eyes-closed", "brows-up", "slim", "nose-narrow"}
    assert wanted <= set(names)
    assert "smile" in dynode("directions", "list").out
    shown = dynode("directions", "show", "smile", "--json").data
    assert shown["space"] == "landmarks" and "mouth" in shown["summary"]
    np.save("age.npy", np.ones((18, 512)))
    shown = dynode("directions", "show", "age.npy@4-8", "--json").data
    assert shown["space"] == "w+" and shown["shape"] == [18, 512] and shown["layers"] == [4, 8]
    torch.save({"comp": torch.ones(3, 1, 8), "std": torch.ones(3), "mean": torch.zeros(1, 8)}, "pca.pt")
    assert dynode("directions", "show", "pca.pt", "--json").data["components"] == 3
    assert "pca:1" in dynode("directions", "show", "pca.pt:1").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("edit", "frames", "--direction", "age.npy"), 2, "not linear"),
        (("edit", "frames", "--direction", "wide.npy@z"), 2, "another size"),
        (("edit", "frames", "--direction", "mood.npy@z@1-2"), 2, "layers"),
        (("edit", "frames", "--direction", "mood.npy@z", "--mask", "mask.png"), 2, "--mask"),
        (("edit", "frames", "--direction", "sefa:0@w+"), 2, "not in space w+"),
        (("edit", "frames", "--direction", "none.npy"), 3, "none.npy: no such file"),
        (("directions", "learn", "--with", "codes.safetensors", "--without", "codes.safetensors"), 3, "same mean"),
        (("directions", "learn", "--with", "frames", "--without", "codes.safetensors"), 2, "inverted first"),
    ],
)
def test_errors(
    dynode: Dynode, gan: tuple[str | Path, ...], arguments: tuple[str, ...], code: int, words: str
) -> None:
    np.save("age.npy", np.ones((1, CODE)))
    np.save("wide.npy", np.ones((1, CODE + 1)))
    np.save("mood.npy", np.ones((1, CODE)))
    Path("mask.png").write_bytes(b"")
    extra = (*gan, "-o", "out/") if arguments[0] == "edit" else ("--space", "z", "-o", "out.safetensors")
    outcome = dynode(*arguments, *extra)
    assert outcome.code == code, outcome.err
    assert words in outcome.err
    assert not Path("out.safetensors").exists() and not Path("out").exists()


def test_the_space_must_be_said(dynode: Dynode) -> None:
    save_codes("codes.safetensors", Codes(torch.randn(3, 4), torch.arange(3, dtype=torch.float64)))
    common = ("directions", "learn", "--with", "codes.safetensors", "--without", "codes.safetensors")
    outcome = dynode(*common, "-o", "out.safetensors")
    assert outcome.code == 2 and "no space" not in outcome.out and "belongs to a space" in outcome.err
    assert dynode(*common, "-o", "out.pt", "--space", "z").code == 2
    assert dynode("directions", "show", "smiel").code == 2


@pytest.mark.parametrize(
    ("word", "problem"),
    [("smile@4-8", "no layers"), ("smile:3", "no components"), ("smile@z", "not in space z")],
)
def test_show_refuses_what_edit_refuses(dynode: Dynode, word: str, problem: str) -> None:
    shown = dynode("directions", "show", word)
    assert shown.code == 2 and not shown.out and problem in shown.err
    write_clip(Path("in.mp4"), moving_texture(3, size=(48, 64)))
    refused = dynode("edit", "in.mp4", "--direction", word, "-o", "out.mp4")
    assert refused.err.removeprefix("out.mp4: starting\n") == shown.err
