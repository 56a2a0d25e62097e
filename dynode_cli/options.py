"""Options of an implementation: declared once, used by the CLI, the config file, Python and the docs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any


def option(
    default: Any,
    *,
    help: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """A field of an ``Options`` dataclass.

    Arguments:
        default: value when the user gives none; its annotation (bool, int, float, str, or one of them | None)
            is the type.
        help: one sentence.
        unit: unit of the value: ``s``, ``px``, ``frames``, ...
        minimum, maximum: inclusive range of a number.
        choices: the words that a string may be.
    """
    return dataclasses.field(
        default=default,
        metadata={"help": help, "unit": unit, "minimum": minimum, "maximum": maximum, "choices": choices},
    )
