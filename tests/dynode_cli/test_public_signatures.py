"""What public functions take and give can be named by those who call them."""

import ast
import builtins
import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import dynode_cli

FROM_ELSEWHERE = {
    *(
        "AbstractContextManager",
        "Any",
        "Callable",
        "Fraction",
        "InitVar",
        "Iterable",
        "Iterator",
        "Literal",
        "Mapping",
        "Path",
    ),
    *("Sequence", "Tensor", "torch", "typer"),
}
TYPE_VARIABLES = {"Pixels"}
FUNCTIONS = [name for name in dynode_cli.__all__ if inspect.isfunction(getattr(dynode_cli, name))]
"""Every public function."""


def named(annotation: Any) -> set[str]:
    """Names in an annotation, which is text."""
    return {node.id for node in ast.walk(ast.parse(annotation)) if isinstance(node, ast.Name)}


def annotations(function: Any) -> Iterator[str]:
    """Those of its arguments and of what it gives, and of the fields of what a job gives."""
    yield from function.__annotations__.values()
    given = getattr(dynode_cli, function.__annotations__["return"], None)
    if function.__module__ == "dynode_cli.api" and is_dataclass(given):
        yield from (str(field.type) for field in fields(given))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_in_signatures_are_public(name: str) -> None:
    names = set().union(*(named(text) for text in annotations(getattr(dynode_cli, name))))
    missing = (
        {n for n in names if not hasattr(builtins, n)} - FROM_ELSEWHERE - TYPE_VARIABLES - set(dynode_cli.__all__)
    )
    assert not missing


def test_the_functions_were_found() -> None:
    assert {"interpolate", "edit", "evaluate", "load_codes"} <= set(FUNCTIONS)


def test_encoder_settings_from_the_public_package() -> None:
    settings = dynode_cli.EncoderOptions(crf=20)
    assert (settings.crf, settings.codec) == (20, None)
