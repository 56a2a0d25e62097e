"""Requests: built of words, sound once they are built, written down and read back."""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from dynode_cli import Codes, Frames, UsageError, interpolate, load_codes, run, save_codes
from dynode_cli.requests.base import Request, fields_of
from dynode_cli.requests.bench import Bench
from dynode_cli.requests.codes import Invert, Render, Resample
from dynode_cli.requests.directions import LearnDirection
from dynode_cli.requests.edit import Edit
from dynode_cli.requests.encoding import EncoderOptions
from dynode_cli.requests.evaluate import Evaluate
from dynode_cli.requests.frames import RenderFrames
from dynode_cli.requests.interpolate import Interpolate
from dynode_cli.requests.probe import Probe
from dynode_cli.values.times import Position, Rate

VERBS: tuple[type[Request], ...] = (
    Interpolate, Edit, Evaluate, Invert, Render, Resample, LearnDirection, Probe, Bench,
)  # fmt: skip

rates = st.sampled_from(["240", "2x", "source", "ntsc", "59.94", "60000/1001", 25, 0.5, Fraction(7, 3)])
positions = st.sampled_from(["12", "300f", "00:00:12.5", 1.25, Fraction(1, 3), "500ms"])
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False)
options = st.dictionaries(st.sampled_from(["a", "b-c", "d"]), plain | st.lists(plain, max_size=3), max_size=2)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "fps": rates,
            "slowmo": st.sampled_from([2, "4x", "3/2", 1.5]),
            "start": positions,
            "end": positions,
            "cuts": st.sampled_from(["hold", "extrapolate"]),
            "generator_options": options,
            "dynamics_options": st.just(["a=1", "b=x"]),
            "memory": st.sampled_from(["1GiB", 1 << 30, "512M"]),
            "weights": st.sampled_from(["w.pt", Path("w.pt")]),
            "samples": st.integers(0, 64),
            "crf": st.none() | st.integers(0, 51) | st.floats(0, 51),
            "encoder_options": st.just({"qp": 0}),
            "input_rate": rates,
            "offline": st.booleans(),
            "threads": st.none() | st.integers(1, 64),
        },
    )
)
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    request = Interpolate("in.mp4", "out.mp4", **values)
    assert Interpolate.from_json(json.dumps(request.to_json())) == request
    assert Interpolate.from_json(request.to_json()) == request


@pytest.mark.parametrize(
    "request_",
    [
        Edit("in.mp4", directions={"smile": 0.8, "age.pt@0-7": "0:0,1s:1"}, images={"a.png": "3f", "b.png": None}),
        Edit("in.mp4", directions=["sefa:0=2"], strength="0:0,1.5s:1", mask="m.png", report="r.json", compare="side"),
        Interpolate("in.mp4", times=[0, 0.1, "3f"], fps="2x"),
        Evaluate(
            "in.mp4", methods="blend, linear", metrics=["psnr"], dynamics="sde", dynamics_options={"hidden": 16}
        ),
        Invert("in.mp4", "codes.safetensors", generator="stylegan2", framing_options={"margin": 0.5}),
        Render("codes.safetensors", "out.mp4", generator="dcgan", rate="2x", samples=2),
        Resample("codes.safetensors", "dense.safetensors", times="-0.5,0,1"),
        LearnDirection(["a.safetensors"], "b", output="smile.safetensors", method="svm", space="w+"),
        Probe("in.mp4", scan=False),
        Bench("solvers", quick=True, dynamics="gp", output="report.html"),
    ],
    ids=lambda request_: type(request_).__name__,
)
def test_every_verb_is_read_back(request_: Request) -> None:
    written = json.loads(json.dumps(request_.to_json()))
    assert type(request_).from_json(written) == request_
    assert (written["request"], written["version"]) == (type(request_).__name__, 1)


def test_words_become_values_once() -> None:
    request = Interpolate(Path("in.mp4"), fps=59.94, start="3f", memory="1GiB", slowmo=2)
    assert request.source == "in.mp4"
    assert request.fps == Rate(Fraction(60000, 1001))
    assert request.start == Position(Fraction(3), frames=True)
    assert (request.memory, request.slowmo) == (1 << 30, 2)
    again = dataclasses.replace(request, device="cuda")
    assert (again.fps, again.memory, again.device) == (request.fps, request.memory, "cuda")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"fps": "fast"}, "frame rate"),
        ({"cuts": "blend"}, "--cuts blend: must be one of hold, extrapolate"),
        ({"samples": -1}, "--samples -1: must be 0 or more"),
        ({"samples": 65}, "--samples 65: must be 64 or less"),
        ({"threads": 0}, "--threads 0: must be 1 or more"),
        ({"seed": "x"}, "--seed 'x': must be a whole number"),
        ({"seed": True}, "whole number"),
        ({"seed": 2**64}, "--seed 18446744073709551616: must be a number of at most 64 bits"),
        ({"crf": 10**5000}, "--crf int of too many digits: must be a number of at most 64 bits"),
        ({"force": "yes"}, "--force 'yes': must be true or false"),
        ({"seed": 10**400}, r"--seed 1000.*: must be a number of at most 64 bits"),
        ({"crf": 10**400}, "at most 64 bits"),
        ({"out_dir": "a\0b"}, "the character 0"),
        ({"crf": float("nan")}, "number"),
        ({"generator_options": ["tension"]}, "key=value"),
        ({"times": "0,1", "start": 1}, "--times says what to render by itself"),
        ({"times": "nosuch.txt"}, "neither a list of times nor a file"),
        ({"loop": True, "end": 1}, "--loop takes a whole clip"),
        ({"memory": "much"}, "amount of memory"),
    ],
)
def test_what_makes_no_sense_cannot_be_built(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Interpolate("in.mp4", **wrong)


def test_a_negative_seed_is_one_that_everything_takes() -> None:
    assert (Interpolate("in.mp4", seed=-1).seed, Interpolate("in.mp4", seed=7).seed) == (2**64 - 1, 7)


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Interpolate("in.mp4").fps = "2x"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{", "not a written request"),
        ("[" * 100_000, "not a written request"),
        ("9" * 5000, "not a written request"),
        ("[]", r"not a written request of Interpolate, but \[\]"),
        ({"request": "Edit", "version": 1}, "but of Edit"),
        ({"request": "Interpolate", "version": 2, "dynode": "9.0"}, "version 2, written by dynode 9.0"),
        ({"request": "Interpolate", "version": 1, "source": "a", "fsp": 2}, "no option 'fsp'"),
        ({"request": "Interpolate", "version": 1, "source": "a", 5: 2}, "no option '5'"),
        ({"request": "Interpolate", "version": 1}, "wants 'source', which is not there"),
        ({"request": "Interpolate", "version": 1, "source": None}, "must be given"),
        ("[" * 100_000, "not a written request"),
        ("9" * 5000, "not a written request"),
        (None, "but None"),
        ("{}", "but {}"),
    ],
)
def test_what_is_no_request_is_refused(written: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Interpolate.from_json(written)


@pytest.mark.parametrize(
    ("made", "told", "hint"),
    [
        (lambda: Interpolate("in.mp4", fsp=3), "Interpolate has no option 'fsp'", "did you mean 'fps'?"),
        (lambda: interpolate("in.mp4", fsp=3), "Interpolate has no option 'fsp'", "did you mean 'fps'?"),
        (lambda: Interpolate("in.mp4", "out.mp4", 60), "takes source and output alone without a name", "NAME=VALUE"),
        (lambda: interpolate(), "wants 'source', which is not there", ""),
        (lambda: run("in.mp4"), "a str is no request of a verb", "Interpolate.from_json"),
        (lambda: run(Interpolate), "the class Interpolate is no request of a verb", "build one"),
        (lambda: Interpolate.from_json("{}"), "not a written request", "to_json"),
    ],
)
def test_what_python_is_asked_wrongly_is_told_with_the_right_way(made: Any, told: str, hint: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        made()
    assert hint in (caught.value.hint or "")


def test_signatures_are_those_of_the_fields() -> None:
    parameters = inspect.signature(Interpolate).parameters
    assert list(parameters)[:2] == ["source", "output"] and parameters["fps"].kind is inspect.Parameter.KEYWORD_ONLY


def test_the_old_keyword_of_the_encoder_goes_on_working() -> None:
    with pytest.warns(DeprecationWarning, match="codec="):
        request = Interpolate("in.mp4", encoder=EncoderOptions("ffv1", options={"slices": "4"}))
    assert request.encoding == EncoderOptions("ffv1", options={"slices": "4"})


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_says_what_it_is(verb: type[Request]) -> None:
    for field in fields_of(verb):
        assert field.help.endswith("."), field.name
        assert field.decides in ("codes", "frames", "nothing")
        assert field.flags or field.metavar, field.name


def test_requests_are_light() -> None:
    modules = ", ".join(f"dynode_cli.requests.{path.stem}" for path in _folder().glob("*.py") if path.stem[0] != "_")
    code = f"import {modules}, sys; print([m for m in ('torch', 'av', 'cv2', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _folder() -> Path:
    from dynode_cli import requests

    return Path(requests.__path__[0])


def test_a_request_that_was_read_back_runs(tmp_path: Path) -> None:
    codes = tmp_path / "codes.safetensors"
    save_codes(codes, Codes(torch.rand(3, 2), torch.arange(3, dtype=torch.float64)))
    asked = Resample(codes, tmp_path / "dense.safetensors", rate=4, dynamics="linear")
    done = run(Resample.from_json(json.dumps(asked.to_json())))
    assert (done.count, load_codes(tmp_path / "dense.safetensors").codes.shape) == (9, (9, 2))
    with pytest.raises(UsageError, match="no request of a verb"):
        run(Request())


SOUND: dict[type[Request], dict[str, Any]] = {
    Interpolate: {"source": "in.mp4"},
    Edit: {"source": "in.mp4", "directions": "smile"},
    Evaluate: {"source": "in.mp4"},
    Invert: {"source": "in.mp4", "output": "a.safetensors", "generator": "dcgan"},
    Render: {"source": "a.safetensors", "output": "out.mp4", "generator": "dcgan"},
    Resample: {"source": "a.safetensors", "output": "b.safetensors", "rate": 3},
    LearnDirection: {"positive": "a", "negative": "b", "output": "c.safetensors"},
    Probe: {"source": "in.mp4"},
    Bench: {},
    RenderFrames: {"source": Frames(np.zeros((2, 4, 4, 3), np.uint8), rate=10)},
}
ODD: list[Any] = [
    True, 3, -1, 10**5000, 0.5, float("nan"), float("inf"), "", "x", "a\0b", b"x", Path("p"), Decimal(2), 1j,
    np.float32(2), np.bool_(True), np.array([1, 2]), np.array(3), torch.tensor(2), [1], [None], [[1, 2]], ["a=1"], (),
    {1: 2}, {"a-b": np.int64(3)}, {"a": object()}, {"x"}, object(), object,
]  # fmt: skip


@pytest.mark.parametrize("verb", SOUND)
def test_odd_values_are_refused_or_mean_something(verb: type[Request]) -> None:
    """Whatever Python gives: a UsageError, or a request that can be written down and read back."""
    for field in fields_of(verb):
        for value in ODD:
            try:
                request = verb(**{**SOUND[verb], field.name: value})
            except UsageError:
                continue
            if verb is not RenderFrames:
                assert verb.from_json(json.dumps(request.to_json())) == request, f"{field.name}={value!r}"


@pytest.mark.parametrize("verb", SOUND)
def test_none_is_the_default(verb: type[Request]) -> None:
    sound = verb(**SOUND[verb])
    for field in fields_of(verb):
        if field.required:
            with pytest.raises(UsageError, match="must be given"):
                verb(**{**SOUND[verb], field.name: None})
        elif field.name not in SOUND[verb]:
            assert verb(**{field.name: None}, **SOUND[verb]) == sound


def test_numbers_of_numpy_are_numbers() -> None:
    request = Interpolate("in.mp4", seed=np.int64(3), samples=np.uint8(2), crf=np.float32(20.5), fps=np.float32(25))
    assert (type(request.seed), type(request.samples), type(request.crf)) == (int, int, float)
    assert (request.seed, request.samples, request.crf, request.fps) == (3, 2, 20.5, Rate(Fraction(25)))
    given = {"a": np.int64(3), "b": np.float32(0.5), "c": [np.int64(1)]}
    assert Interpolate("in.mp4", generator_options=given).generator_options == {"a": 3, "b": 0.5, "c": [1]}


def test_an_array_that_is_no_clip_is_told_how_to_be_one() -> None:
    with pytest.raises(UsageError, match="takes Frames, not ndarray") as raised:
        RenderFrames(np.zeros((2, 4, 4, 3), np.uint8))
    assert "Frames(array" in str(raised.value.hint)
