"""In the real program."""

from __future__ import annotations


def test_it_interpolates_whole_frames(dynode_run, dynode_moving_clip, tiny) -> None:
    arguments = ("-g", "autoencoder", "-G", f"model={tiny[0]}", "-o", "out.mp4", "--json")
    outcome = dynode_run("interpolate", dynode_moving_clip.path, "--fps", "50", *arguments)
    assert outcome.code == 0, outcome.err


def test_codes_become_frames_of_the_same_size(dynode_run, dynode_moving_clip, kl) -> None:
    model = ("-g", "autoencoder", "-G", f"model={kl[0]}")
    assert dynode_run("invert", dynode_moving_clip.path, *model, "-o", "codes.safetensors").code == 0
    outcome = dynode_run("render", "codes.safetensors", *model, "-o", "out.mp4", "--json")
    assert outcome.code == 0, outcome.err
    facts = dynode_run("probe", "out.mp4", "--json").data
    height, width = dynode_moving_clip.frames[0].shape[:2]
    assert (facts["height"], facts["width"]) == (height, width)


def test_a_missing_model_is_said(dynode_run, dynode_moving_clip) -> None:
    outcome = dynode_run("interpolate", dynode_moving_clip.path, "-g", "autoencoder", "-o", "out.mp4")
    assert outcome.code == 4
    assert "--weights" in outcome.err
