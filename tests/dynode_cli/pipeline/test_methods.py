"""Which methods a run uses where its user names none."""

from __future__ import annotations

from typing import Any

import pytest

from dynode_cli import Evaluate, Interpolate, UsageError
from dynode_cli.pipeline.methods import ResolvedMethods, resolve
from dynode_cli.plugin_host.host import Host, load_host


@pytest.fixture(scope="module")
def host() -> Host:
    return load_host()


def chosen(host: Host, **asked: Any) -> ResolvedMethods:
    return resolve(Interpolate("in.mp4", **asked), host)


def test_what_is_not_named_is_what_the_generator_says(host: Host) -> None:
    methods = chosen(host)
    assert (methods.generator.name, methods.inverter.name, methods.dynamics.name) == ("motion", "flow", "spline")
    assert methods.framing is None
    gan = chosen(host, generator="stylegan2")
    assert gan.framing is not None
    assert (gan.dynamics.name, gan.framing.name) == ("auto", "ffhq")


def test_a_generator_sets_options_of_the_dynamics_and_the_user_comes_first(host: Host) -> None:
    asked = chosen(host, dynamics="auto", dynamics_options={"margin": 0.1})
    assert asked.dynamics.options == {"judged_at": "doubled-spacing", "margin": 0.1}
    own = chosen(host, dynamics="auto", dynamics_options={"judged_at": "own-spacing"})
    assert own.dynamics.options == {"judged_at": "own-spacing"}
    assert chosen(host, dynamics="linear").dynamics.options == {}
    assert chosen(host, generator="stylegan2", dynamics="auto").dynamics.options == {}


def test_time_to_refine_is_an_option_of_the_inverter(host: Host) -> None:
    methods = chosen(host, generator="stylegan2", inverter="pti", inverter_options={"steps": 2}, refine="60s")
    assert methods.inverter.options == {"steps": 2, "refine": "60s"}


@pytest.mark.parametrize("asked", [{"framing": "ffhq"}, {"framing_options": {"margin": 1}}])
def test_whole_frames_take_no_framing(host: Host, asked: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="whole frames"):
        chosen(host, **asked)


def test_every_verb_resolves_alike(host: Host) -> None:
    assert resolve(Evaluate("in.mp4"), host) == chosen(host)
