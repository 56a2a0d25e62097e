"""What went wrong while options, clocks and defaults were said in several places, each seen to fail then."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from dynode_cli import Codes, load_codes, save_codes
from dynode_cli.plugin_host.host import load_host
from tests.end_to_end.program import Dynode, frame_times
from tests.end_to_end.test_codes_commands import CODE, weights  # noqa: F401  # a fixture

KEEPING = '''
from dynode_cli.testing.fakes import FakeGenerator, FakeInverter
from dynode_cli import Inversion, hookimpl

dynode_api_version = 1

class Keeper(FakeGenerator):
    """Gives the frames of the clip back, as the generator motion does."""

    keeps_frames = True
    full_frame = True
    default_inverter = "keeper"
    default_dynamics = "linear"

class Finder(FakeInverter):
    """Average colours, bound to the size of the clip."""

    def invert(self, clip, generator, progress=lambda done, total: None):
        found = super().invert(clip, generator, progress)
        generator.frame_size = clip.size
        return found

@hookimpl
def dynode_register_generators(register):
    register("keeper", Keeper, summary="keeps frames")

@hookimpl
def dynode_register_inverters(register):
    register("keeper", Finder, summary="finds colours")
'''


@pytest.fixture
def gan(weights: Path) -> tuple[str | Path, ...]:  # noqa: F811
    """Options for a small random generator, and an inverter that looks at whole shots."""
    return ("-g", "dcgan", "--weights", weights, "--framing", "none", "-i", "optimize", "-I", "steps=3")


@pytest.fixture
def frames(dynode: Dynode, gan: tuple[Any, ...]) -> str:
    """A folder with five frames of that generator."""
    torch.manual_seed(3)
    save_codes("truth.safetensors", Codes(torch.randn(5, CODE), torch.arange(5, dtype=torch.float64) / 10))
    assert dynode("render", "truth.safetensors", "-o", "frames/", *gan[:4]).code == 0
    return "frames"


def test_a_kept_inversion_is_that_of_the_same_clock(dynode: Dynode, gan: tuple[Any, ...], frames: str) -> None:
    """With another --input-rate the kept codes came back with their old times: a wrong video, exit code 0."""
    assert dynode("invert", frames, "-o", "fast.safetensors", "--input-rate", 8, *gan).code == 0
    assert dynode("invert", frames, "-o", "slow.safetensors", "--input-rate", 4, *gan).code == 0
    assert load_codes("fast.safetensors").times.tolist() == pytest.approx([0, 0.125, 0.25, 0.375, 0.5])
    assert load_codes("slow.safetensors").times.tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize(("rate", "count", "fps"), [("2x", 9, 20), ("source", 5, 10), ("20", 9, 20)])
def test_render_and_resample_have_one_clock(
    dynode: Dynode, gan: tuple[Any, ...], rate: str, count: int, fps: int
) -> None:
    """`render --rate 2x` wrote two frames a second, and --rate source one."""
    save_codes("codes.safetensors", Codes(torch.randn(5, CODE), torch.arange(5, dtype=torch.float64) / 10))
    out = dynode("render", "codes.safetensors", "-o", "out.mp4", "--rate", rate, "-d", "linear", *gan[:4])
    assert out.code == 0, out.err
    assert frame_times(Path("out.mp4")) == [Fraction(k, fps) for k in range(count)]
    out = dynode("resample", "codes.safetensors", "-o", "dense.safetensors", "--rate", rate, "-d", "linear")
    assert out.code == 0, out.err
    assert load_codes("dense.safetensors").times.tolist() == pytest.approx([k / fps for k in range(count)])


@pytest.mark.parametrize("command", ["eval", "interpolate", "edit", "invert"])
def test_offline_holds_in_every_command(
    dynode: Dynode, frames: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """`eval` went to the network for weights all the same."""

    def fetched(*arguments: object, **more: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.delenv("DYNODE_OFFLINE")
    monkeypatch.setattr("dynode_cli.weights.store.fetch", fetched)
    more = {"edit": ("--direction", "sefa:0"), "invert": ("-o", "codes.safetensors")}.get(command, ())
    out = dynode(command, frames, "-g", "dcgan", "--weights", "dcgan-faces", "--framing", "none", "--offline", *more)
    assert out.code == 4
    assert "offline" in out.err


def test_eval_takes_what_others_take(dynode: Dynode, gan: tuple[Any, ...], frames: str) -> None:
    """It had --framing but no -F, and no --refine."""
    out = dynode("eval", frames, *gan[:4], "--framing", "none", "-F", "nonsense=1")
    assert (out.code, "framing 'none' has no option 'nonsense'" in out.err) == (2, True), out.err
    out = dynode("eval", frames, *gan, "--refine", "1s")
    assert (out.code, "'refine'" in out.err) == (2, True), out.err


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A generator of a third party's."""
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "keeper.py").write_text(KEEPING, encoding="utf-8")
    monkeypatch.setenv("DYNODE_PLUGINS_DIR", str(plugins))
    load_host.cache_clear()
    yield "keeper"
    load_host.cache_clear()


@pytest.mark.filterwarnings("ignore:paint on a face")
def test_a_third_partys_generator_keeps_frames_too(dynode: Dynode, carphone: Path, keeper: str) -> None:
    """`edit` asked for the name motion, although the contract has keeps_frames: others got a wrong clock."""
    told = []
    for generator in ("motion", keeper):
        out = dynode(
            "edit", carphone, "--image", painted(dynode, carphone), "-o", f"{generator}.mp4", "-g", generator,
            "--end", "8f", "--json",
        )  # fmt: skip
        assert out.code == 0, out.err
        told.append((out.data["frames"], out.data["rate"], frame_times(Path(f"{generator}.mp4"))))
    assert told[0] == told[1]
    assert told[0][0] == 8


def painted(dynode: Dynode, clip: Path) -> Path:
    """The first frame of a clip with a square painted on it."""
    import cv2

    path = Path("painted.png")
    if not path.exists():
        assert dynode("interpolate", clip, "--fps", "source", "--end", "1f", "-o", path).code == 0
        picture = cv2.imread(str(path))
        picture[60:80, 60:80] = (0, 0, 255)
        cv2.imwrite(str(path), picture)
    return path


@pytest.mark.filterwarnings("default:-D transport")
def test_there_is_one_transport(dynode: Dynode, gan: tuple[Any, ...], frames: str) -> None:
    """`edit` had --transport, and the dynamics an option of their own beside it, with another warning."""
    common = ("edit", frames, "--direction", "sefa:0=0.1", *gan, "--dynamics", "ode", "-D", "iterations=5", "--json")
    one = dynode(*common, "-o", "one/", "--transport", "constant")
    other = dynode(*common, "-o", "other/", "-D", "transport=constant")
    assert (one.code, other.code) == (0, 0), other.err
    assert "--transport constant" in other.err and "--transport" not in one.err
    assert one.data["figures"]["code_drift_worst"] == other.data["figures"]["code_drift_worst"] == 0
    assert "transport" not in dynode("plugins", "info", "ode").out
