"""Which methods a run uses where its user names none."""

from __future__ import annotations

import pytest

from dynode_cli import UsageError
from dynode_cli.pipeline.methods import MethodChoice
from dynode_cli.plugin_host.host import Host, load_host


@pytest.fixture(scope="module")
def host() -> Host:
    return load_host()


def test_what_is_not_named_is_what_the_generator_says(host: Host) -> None:
    choice = MethodChoice().resolved(host)
    assert (choice.inverter, choice.dynamics, choice.framing) == ("flow", "spline", None)
    assert MethodChoice("stylegan2").resolved(host).dynamics == "auto"


def test_a_generator_sets_options_of_the_dynamics_and_the_user_comes_first(host: Host) -> None:
    asked = MethodChoice(dynamics="auto", dynamics_options={"margin": 0.1}).resolved(host)
    assert asked.dynamics_options == {"judged_at": "doubled-spacing", "margin": 0.1}
    assert asked.resolved(host) == asked
    own = MethodChoice(dynamics="auto", dynamics_options={"judged_at": "own-spacing"}).resolved(host)
    assert own.dynamics_options == {"judged_at": "own-spacing"}
    assert MethodChoice(dynamics="linear").resolved(host).dynamics_options == {}
    assert MethodChoice("stylegan2", dynamics="auto").resolved(host).dynamics_options == {}


def test_whole_frames_take_no_framing(host: Host) -> None:
    with pytest.raises(UsageError, match="whole frames"):
        MethodChoice(framing="ffhq").resolved(host)
