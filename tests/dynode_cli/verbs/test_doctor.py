from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

import dynode_cli
from dynode_cli import machine
from dynode_cli.plugin_host.host import Host, Problem, load_host
from dynode_cli.verbs import doctor
from dynode_cli.weights.opening import open_store


def statuses(report):
    return {check.name: check.status for check in report.checks}


def checked(report, name):
    (check,) = (check for check in report.checks if check.name == name)
    return check


def test_a_sound_installation(dynode):
    outcome = dynode("doctor", "--json")
    report = json.loads(outcome.out)
    assert outcome.code == 0
    assert report["versions"]["dynode-cli"] == dynode_cli.__version__
    assert report["versions"]["torch"]
    assert report["devices"][0]["name"] == "cpu"
    assert {"libx264", "ffv1", "png"} <= set(report["codecs"]["encoders"])
    assert report["threads"]["machine"] >= report["threads"]["usable"] >= 1
    assert report["memory"]["total"] >= report["memory"]["available"] > 0
    assert set(report["paths"]) == {"config", "cache", "weights", "runs", "current"}
    assert {plugin["name"] for plugin in report["plugins"]["plugins"]} >= {"motion", "dynamics"}
    assert all(check["status"] in ("ok", "warning") for check in report["checks"])


def test_it_can_be_read_by_people(dynode, clean):
    (clean / "dynode.toml").write_text("verbose = 1")
    outcome = dynode("doctor")
    assert outcome.code == 0
    assert outcome.out.startswith(f"dynode-cli {dynode_cli.__version__}, python 3.")
    assert "default methods" in outcome.out
    assert "libx264, libx265" in outcome.out


def test_it_names_settings_files_and_variables(dynode, clean, monkeypatch):
    (clean / "dynode.toml").write_text("verbose = 1")
    monkeypatch.setenv("DYNODE_SEED", "3")
    report = json.loads(dynode("doctor", "--json").out)
    assert report["settings_files"] == ["dynode.toml"]
    assert report["environment"]["DYNODE_SEED"] == "3"


def test_without_the_default_generator_nothing_can_be_rendered(dynode, monkeypatch):
    monkeypatch.setenv("DYNODE_LOAD_PLUGINS", "")
    outcome = dynode("doctor")
    assert outcome.code == 4
    assert "there is no generator 'motion'" in outcome.out


def test_a_package_that_does_not_import_is_an_error(monkeypatch):
    def broken(name):
        if name in ("av", "torch"):
            raise ImportError(f"lib{name}.so: cannot open shared object file")
        return __import__(name)

    monkeypatch.setattr(doctor, "import_module", broken)
    report = doctor.examine(load_host(), [])
    assert statuses(report)["import av"] == "error"
    assert report.exit_code == 1
    assert (report.facts["codecs"], report.facts["devices"]) == ({}, [])
    check = next(check for check in report.checks if check.name == "import av")
    assert "libav.so" in check.detail
    assert check.hint == "reinstall it: python -m pip install --force-reinstall av"


def test_broken_plugins_are_warnings():
    host = Host([], problems=[Problem("bad", "dynode-bad", "cannot be imported")])
    assert statuses(doctor.examine(host, []))["plugin bad"] == "warning"


@pytest.mark.parametrize(
    ("target", "value", "check"),
    [
        ("verbs.doctor.os.access", lambda path, mode: False, "folder cache"),
        ("verbs.doctor.shutil.disk_usage", lambda path: SimpleNamespace(free=1000), "folder cache"),
        ("machine.available_memory", lambda: 1 << 20, "memory"),
    ],
)
def test_what_may_become_a_problem_is_a_warning(monkeypatch, target, value, check):
    monkeypatch.setattr(f"dynode_cli.{target}", value)
    report = doctor.examine(load_host(), [])
    assert statuses(report)[check] == "warning"
    assert report.exit_code == 0


def test_a_build_without_the_default_encoder(monkeypatch):
    monkeypatch.setattr("dynode_cli.media.writing.encoders.available_encoders", lambda: ("ffv1", "png"))
    monkeypatch.setattr("dynode_cli.media.writing.hardware.hardware_encoders", lambda: ("h264_nvenc",))
    report = doctor.examine(load_host(), [])
    check = next(check for check in report.checks if check.name == "video encoders")
    assert check.status == "warning"
    assert check.detail == "ffv1, png and 0 more"
    assert checked(report, "hardware encoders").detail == "h264_nvenc"


def test_where_the_system_tells_nothing(monkeypatch):
    monkeypatch.setattr(machine, "available_memory", lambda: None)
    monkeypatch.setattr(machine, "physical_memory", lambda: None)
    assert "memory" not in statuses(doctor.examine(load_host(), []))


def test_it_says_how_long_a_minute_takes_here(dynode, monkeypatch):
    monkeypatch.setattr("dynode_cli.verbs.speed.seconds_for_a_minute", lambda host: 1234.5)
    assert json.loads(dynode("doctor", "--json").out)["seconds_for_a_minute_of_720p"] == 1234.5
    outcome = dynode("doctor")
    assert "a minute of 720p, from 30 to 60 frames a second: about 20 min 34 s" in outcome.out
    assert "speed: an estimate, from one pair of frames on the CPU" in outcome.out
    assert "-I preset=fast is faster" in outcome.out


def test_nothing_is_measured_where_nothing_can_be_rendered(monkeypatch):
    def fail(host):
        raise AssertionError("measured")

    monkeypatch.setattr("dynode_cli.verbs.speed.seconds_for_a_minute", fail)
    report = doctor.examine(Host([]), [])
    assert report.facts["seconds_for_a_minute_of_720p"] is None
    assert "speed" not in statuses(report)


@pytest.mark.parametrize(
    ("build", "status"),
    [
        ({"cuda": "13.0", "gpu": False}, "warning"),
        ({"cuda": "13.0", "gpu": True}, None),
        ({"cuda": None, "gpu": False}, None),
    ],
)
def test_torch_for_a_gpu_that_is_not_there(monkeypatch, build, status):
    monkeypatch.setattr(doctor, "torch_build", lambda: build)
    report = doctor.examine(Host([]), [])
    assert statuses(report).get("torch") == status
    if status:
        assert "3.7 GB less" in checked(report, "torch").hint
        assert report.facts["torch"] == build


def test_what_edit_will_fetch(dynode, clean):
    def weights():
        return next(
            c for c in json.loads(dynode("doctor", "--json").out)["checks"] if c["name"] == "weights for edits"
        )

    assert weights()["detail"] == "not here yet: 3.4 MiB, fetched at the first dynode edit"
    names = re.findall(r"dynode weights pull (\S+)", weights()["hint"])
    assert len(names) == 2
    store = open_store(load_host())
    for name in names:
        store.path(name).parent.mkdir(parents=True)
        store.path(name).write_bytes(b"weights")
    assert (weights()["detail"], weights()["hint"]) == ("here", None)
