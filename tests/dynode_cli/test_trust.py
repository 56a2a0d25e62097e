from __future__ import annotations

import stat

import pytest

from dynode_cli import paths, trust
from dynode_cli.errors import DynodeError

SAID = {"output": "x", "interpolate": {"crf": 4}}


def test_trust_is_in_a_folder_and_in_what_its_settings_say(clean, tmp_path):
    assert not trust.is_trusted(clean, SAID)
    trust.add(clean, SAID)
    assert trust.is_trusted(clean, {"interpolate": {"crf": 4}, "output": "x"})
    assert not trust.is_trusted(clean, {**SAID, "force": True})
    other = tmp_path / "other"
    other.mkdir()
    assert not trust.is_trusted(other, SAID)
    assert trust.remove(clean) and not trust.remove(clean)
    assert not trust.is_trusted(clean, SAID)


def test_a_link_to_a_folder_is_that_folder(clean, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(clean)
    trust.add(link, SAID)
    assert list(trust.trusted()) == [str(clean.resolve())]
    assert trust.is_trusted(clean, SAID)


def test_only_its_user_can_read_the_record(clean):
    trust.add(clean, SAID)
    record = paths.config_dir() / trust.FILE
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert [entry.name for entry in record.parent.iterdir()] == [trust.FILE]


@pytest.mark.parametrize("content", ["", "{", "[1]", '"x"'])
def test_a_damaged_record_trusts_nothing(clean, content):
    trust.add(clean, SAID)
    (paths.config_dir() / trust.FILE).write_text(content)
    assert not trust.is_trusted(clean, SAID)
    trust.add(clean, SAID)
    assert trust.is_trusted(clean, SAID)


def test_a_home_that_cannot_be_written_is_told(clean, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DYNODE_HOME", str(tmp_path / "file"))
    with pytest.raises(DynodeError, match=r"trusted.json: "):
        trust.add(clean, SAID)
