"""`dynode eval` on a real clip."""

from pathlib import Path

from tests.end_to_end.program import Dynode


def test_scores_of_all_methods_and_a_verdict(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("eval", carphone, "--keep-every", "2", "--limit", "12", "--json")
    assert outcome.code == 0, outcome.err
    scores = {score["method"]: score for score in outcome.data["scores"]}
    assert list(scores) == ["hold", "blend", "minterpolate", "linear", "spline"]
    assert scores["hold"]["psnr"] < scores["blend"]["psnr"] < scores["spline"]["psnr"]
    assert scores["spline"]["temporal_error"] < scores["hold"]["temporal_error"]
    assert all(score["milliseconds"] > 0 for score in scores.values())
    assert outcome.data["held_out"] == 12
    assert outcome.data["verdict"].startswith("Worth it: dynode (spline) is ")
    assert outcome.data["gain_over_blend"] > 0.5


def test_a_table_for_people(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("eval", carphone, "--limit", "2", "--methods", "hold,blend")
    assert outcome.code == 0, outcome.err
    assert "PSNR dB" in outcome.out and "blend rebuilds the held-out frames best" in outcome.out


def test_a_dynamics_of_choice_with_its_options(dynode: Dynode, carphone: Path) -> None:
    def scores(*arguments: str) -> dict[str, float]:
        outcome = dynode("eval", carphone, "--limit", "4", "--json", *arguments)
        assert outcome.code == 0, outcome.err
        return {score["method"]: score["psnr"] for score in outcome.data["scores"]}

    assert list(scores("-d", "gp")) == ["hold", "blend", "minterpolate", "linear", "gp"]
    rough = scores("-d", "gp", "-D", "kernel=matern12", "--methods", "blend")
    smooth = scores("-d", "gp", "-D", "kernel=matern52", "--methods", "blend,gp")
    assert list(rough) == list(smooth) == ["blend", "gp"] and rough["gp"] != smooth["gp"]


def test_options_that_nothing_would_take_are_refused(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("eval", carphone, "--methods", "blend,linear", "-D", "tension=1")
    assert outcome.code == 2 and "-D tension=1 is for spline" in outcome.err
    outcome = dynode("eval", carphone, "--methods", "blend", "-d", "gp", "-D", "nothing=1", "--limit", "2")
    assert outcome.code == 2 and "no option 'nothing'" in outcome.err


def test_a_gate_that_is_not_passed(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("eval", carphone, "--limit", "2", "--methods", "blend,linear", "--gate", "60")
    assert outcome.code == 8
    assert "60 dB was asked for" in outcome.err


def test_a_method_that_does_not_exist(dynode: Dynode, carphone: Path) -> None:
    outcome = dynode("eval", carphone, "--methods", "blend,splien")
    assert outcome.code == 2
    assert "splien" in outcome.err and "spline" in outcome.err


def test_a_clip_that_is_too_short(dynode: Dynode, carphone: Path) -> None:
    assert dynode("interpolate", carphone, "--fps", "source", "--end", "2f", "-o", "two.mp4").code == 0
    outcome = dynode("eval", "two.mp4")
    assert outcome.code == 3
    assert "none can be held out" in outcome.err
