"""What is mutated: small files of every kind that dynode reads, and the commands that read them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

Command = tuple[str, ...]
"""Words, in which ``FILE`` is the mutant, ``OUT`` an output without its ending and ``SAMPLES`` the folder of samples."""

_WATCH: tuple[Command, ...] = (
    ("probe", "FILE", "--json"),
    ("interpolate", "FILE", "--fps", "2x", "-o", "OUT.mp4"),
    ("interpolate", "FILE", "--slowmo", "2", "-o", "OUT.mkv"),
    ("interpolate", "FILE", "--start", "0.1", "--fps", "60", "-o", "OUT.mov"),
)
_SHOW: tuple[Command, ...] = (("directions", "show", "FILE"),)
_RENDER = ("render", "SAMPLES/codes.safetensors", "-g", "dcgan", "-o", "OUT.mp4", "--weights")


@dataclass(frozen=True)
class Subject:
    """A kind of file."""

    sample: str
    """Its name among the samples; in a folder, the file of it that is mutated."""
    commands: tuple[Command, ...]
    text: bool = False
    place: str = ""
    """Where it has to lie in the folder of a run, if not anywhere: ``dynode.toml``."""


CONTAINERS = ("mp4", "mov", "mkv", "webm", "avi", "ts", "flv", "gif", "apng", "webp")

SUBJECTS: Mapping[str, Subject] = {
    **{ending: Subject(f"clip.{ending}", _WATCH) for ending in CONTAINERS},
    "images": Subject("images/00002.png", _WATCH),
    "codes": Subject(
        "codes.safetensors",
        (
            ("resample", "FILE", "--rate", "2x", "-o", "OUT.safetensors"),
            ("render", "FILE", "-g", "dcgan", "--weights", "SAMPLES/dcgan.pt", "-o", "OUT.mp4"),
        ),
    ),
    "tuned": Subject(
        "codes.tuned.safetensors",
        (("render", "codes.safetensors", "-g", "dcgan", "--weights", "SAMPLES/dcgan.pt", "-o", "OUT.mp4"),),
        place="codes.tuned.safetensors",
    ),
    "direction.pt": Subject("direction.pt", _SHOW),
    "direction.npy": Subject("direction.npy", _SHOW),
    "direction.safetensors": Subject("direction.safetensors", _SHOW),
    "components.pt": Subject("components.pt", (*_SHOW, ("directions", "show", "FILE:1"))),
    "checkpoint": Subject("dcgan.pt", ((*_RENDER, "FILE"), ("weights", "add", "FILE", "--name", "mine"))),
    "dynode.toml": Subject(
        "dynode.toml", (("probe", "SAMPLES/clip.mkv"), ("interpolate", "SAMPLES/clip.mkv", "-o", "OUT.mp4")),
        text=True, place="dynode.toml",
    ),
    "pyproject.toml": Subject(
        "pyproject.toml", (("probe", "SAMPLES/clip.mkv"),), text=True, place="pyproject.toml"
    ),
    "times": Subject(
        "times.txt",
        (
            ("resample", "SAMPLES/codes.safetensors", "--times", "FILE", "-o", "OUT.safetensors"),
            ("interpolate", "SAMPLES/clip.mkv", "--times", "FILE", "-o", "OUT.mkv"),
        ),
        text=True,
    ),
    "config.json": Subject(
        "config.json", (("edit", "--image", "SAMPLES/painted/00001.png", "-o", "OUT.mp4"),), text=True,
        place="home/runs/20260101-000000-000000-clip/config.json",
    ),
}  # fmt: skip
"""By name."""


def make_samples(folder: Path) -> None:
    """Write the sample of every kind into `folder`."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    from dynode_cli.directions.files import save_direction
    from dynode_cli.directions.latent import LatentDirection
    from dynode_cli.files.codes import Codes, save_codes

    _make_clips(folder)
    random = torch.Generator().manual_seed(0)
    state = _dcgan(random)
    torch.save({"netG_state_dict": state}, folder / "dcgan.pt")
    codes = torch.randn(4, 8, generator=random)
    save_codes(folder / "codes.safetensors", Codes(codes, torch.arange(4) / 8, {"generator": "dcgan", "space": "z"}))
    save_file({"main.0.weight": state["main.0.weight"] + 0.01}, folder / "codes.tuned.safetensors")
    vector = torch.randn(1, 16, generator=random)
    torch.save(vector, folder / "direction.pt")
    np.save(folder / "direction.npy", vector.numpy())
    save_direction(
        folder / "direction.safetensors",
        LatentDirection("smile", "w", vector[0], None, {"method": "mean", "seed": 1}),
    )
    torch.save({"comp": torch.randn(3, 1, 16, generator=random), "std": torch.ones(3)}, folder / "components.pt")
    settings = 'fps = 48\nmemory = "256MiB"\n\n[interpolate]\ncrf = 30\n\n[generator.motion]\nmask = 0.5\n'
    (folder / "dynode.toml").write_text(settings, encoding="utf-8")
    nested = settings.replace("[", "[tool.dynode.").replace("fps", "[tool.dynode]\nfps")
    (folder / "pyproject.toml").write_text(nested, encoding="utf-8")
    (folder / "times.txt").write_text("# seconds\n0, 0.1 0.125s\n150ms\n00:00:00.2\n", encoding="utf-8")
    _write_config(folder)


def _make_clips(folder: Path) -> None:
    from dynode_cli.synthetic.clips import Extras, Sound, moving_texture, with_alpha, write_clip, write_images

    frames = moving_texture(8, size=(48, 64))
    kinds = {
        "mp4": "libx264", "mov": "libx264", "mkv": "libx264", "ts": "libx264", "flv": "libx264", "avi": "mpeg4",
        "webm": "libvpx-vp9",
    }  # fmt: skip
    for ending, codec in kinds.items():
        sound = Sound(0.32, codec={"webm": "libopus", "avi": "libmp3lame"}.get(ending, "aac"), rate=48000)
        sound = Sound(0.32, codec=sound.codec, rate=44100) if ending == "flv" else sound
        lines = [(0.0, 0.1, "one"), (0.1, 0.3, "two")] if ending == "mkv" else []
        chapters = [(0.0, 0.2, "first")] if ending in ("mp4", "mov", "mkv") else []
        options = {"g": "4", "preset": "ultrafast"} if codec == "libx264" else {"g": "4"}
        extras = Extras(sound, lines, chapters, {"title": "a clip"})
        write_clip(folder / f"clip.{ending}", frames, codec=codec, options=options, extras=extras)
    write_clip(folder / "clip.gif", frames, codec="gif", pix_fmt="rgb8", options={})
    write_clip(folder / "clip.apng", frames, codec="apng", pix_fmt="rgb24", options={})
    write_clip(folder / "clip.webp", with_alpha(frames), codec="libwebp_anim", pix_fmt="bgra", options={})
    write_images(folder / "images", frames[:4])
    painted = frames[0].copy()
    painted[12:36, 16:48] = (250, 20, 20)
    write_images(folder / "painted", [painted])


def _dcgan(random: object) -> dict[str, object]:
    """Random weights in the layout of a DCGAN of 64 x 64 pixels."""
    import torch

    state: dict[str, object] = {}
    before = 8
    widths = (8, 8, 8, 4, 3)
    for index, width in enumerate(widths):
        weight = torch.randn(before, width, 4, 4, generator=random)  # type: ignore[call-overload]
        state[f"main.{3 * index}.weight"] = 0.3 * weight
        if index < len(widths) - 1:
            norm = f"main.{3 * index + 1}"
            state |= {f"{norm}.weight": torch.ones(width), f"{norm}.bias": torch.zeros(width)}
            state |= {f"{norm}.running_mean": torch.zeros(width), f"{norm}.running_var": torch.ones(width)}
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1)
        before = width
    return state


def _write_config(folder: Path) -> None:
    from dynode_cli.requests.interpolate import Interpolate

    request = Interpolate(source=str(folder / "clip.mkv"), fps=48)
    facts = {"command": "interpolate", "request": request.to_json(), "methods": {}}
    (folder / "config.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")


def lay_out(subject: Subject, samples: Path, folder: Path, change: Callable[[bytes], bytes]) -> Path:
    """The mutant of `subject` in `folder`, the folder of a run; gives what commands are told to read."""
    sample = samples / subject.sample
    target = folder / (subject.place or sample.name)
    told = target
    if sample.parent != samples:
        told = folder / sample.parent.name
        shutil.copytree(sample.parent, told)
        target = told / sample.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(change(sample.read_bytes()))
    if subject.sample.startswith("codes.tuned"):
        shutil.copy(samples / "codes.safetensors", folder)
    return told
