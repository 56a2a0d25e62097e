"""Directions by the words that name them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dynode_cli.contracts import Context
from dynode_cli.directions.files import save_direction
from dynode_cli.directions.finding import find_direction
from dynode_cli.directions.latent import LatentDirection
from dynode_cli.errors import UsageError
from dynode_cli.plugin_host.host import Host, load_host
from dynode_cli.values.direction_words import parse_word


@pytest.fixture(scope="module")
def host() -> Host:
    return load_host()


class Matrices:
    """As much of a generator as ``sefa`` asks of one."""

    space = "w"

    def code_matrices(self) -> list[torch.Tensor]:
        return [torch.diag(torch.tensor([1.0, 2.0, 3.0]))]


def found(text: str, host: Host) -> object:
    return find_direction(parse_word(text), host, Context(), Matrices())  # type: ignore[arg-type]


def test_a_file_a_plugin_and_the_generator_itself_bring_directions(tmp_path: Path, host: Host) -> None:
    path = tmp_path / "age.safetensors"
    save_direction(path, LatentDirection("age", "w+", torch.ones(4, 3)))
    age = found(f"{path}@1-2=0.5", host)
    assert isinstance(age, LatentDirection) and age.layers == (1, 2) and age.name == "age@1-2"
    assert not isinstance(found("smile", host), LatentDirection)
    sefa = found("sefa:0", host)
    assert isinstance(sefa, LatentDirection) and sefa.name == "sefa:0" and sefa.space == "w"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("smil", "there is no direction 'smil'"),
        ("sefa", "say which"),
        ("sefa:0@z", "defined on w, not in space z"),
        ("smile:1", "has no components"),
        ("smile@2", "no layers"),
        ("smile@w", "not in space w"),
    ],
)
def test_what_no_direction_is_called_is_refused(text: str, words: str, host: Host) -> None:
    with pytest.raises(UsageError, match=words):
        found(text, host)
