"""In the real program."""

from __future__ import annotations


def test_it_interpolates(dynode_run, dynode_moving_clip, network) -> None:
    given = ("-I", "estimator=rife", "-I", f"estimator_options=model={network}")
    outcome = dynode_run("interpolate", dynode_moving_clip.path, "--fps", "50", *given, "-o", "out.mp4", "--json")
    assert outcome.code == 0, outcome.err
    assert dynode_run("probe", "out.mp4", "--json").code == 0


def test_missing_weights_are_said(dynode_run, dynode_moving_clip, monkeypatch) -> None:
    monkeypatch.setenv("DYNODE_OFFLINE", "1")
    outcome = dynode_run("interpolate", dynode_moving_clip.path, "-I", "estimator=rife", "-o", "out.mp4")
    assert outcome.code == 4
    assert "rife-ifnet" in outcome.err


def test_options_are_checked(dynode_run, dynode_moving_clip) -> None:
    given = ("-I", "estimator=rife", "-I", "estimator_options=size=3")
    outcome = dynode_run("interpolate", dynode_moving_clip.path, *given, "-o", "out.mp4")
    assert outcome.code == 2
    assert "'size'" in outcome.err


def test_it_is_listed(dynode_run) -> None:
    facts = dynode_run("plugins", "info", "rife", "--json")
    assert facts.code == 0
    assert "estimator" in facts.out and "scale" in facts.out
