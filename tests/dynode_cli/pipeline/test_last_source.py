from __future__ import annotations

import json
from pathlib import Path

import pytest

from dynode_cli.errors import InputError, UsageError
from dynode_cli.pipeline.run_directory import last_source


def left_behind(home: Path, config: str) -> None:
    run = home / "runs" / "20260101-000000-000000-clip"
    run.mkdir(parents=True)
    (run / "config.json").write_text(config, encoding="utf-8")


@pytest.mark.parametrize("config", ["{", "[1]", "3", "[" * 100_000, '{"request": 3}', '{"request": {"source": [1]}}'])
def test_damaged_notes_of_the_last_run_are_named(clean: Path, tmp_path: Path, config: str) -> None:
    left_behind(tmp_path / "home", config)
    with pytest.raises(InputError, match=r"config\.json"):
        last_source()


@pytest.mark.parametrize("name", ["gone.mp4", "x" * 5000, "a\0b"])
def test_a_source_that_is_gone_or_can_never_have_been_is_told(clean: Path, tmp_path: Path, name: str) -> None:
    left_behind(tmp_path / "home", json.dumps({"request": {"source": name}}))
    with pytest.raises(UsageError, match="is not there any more"):
        last_source()
