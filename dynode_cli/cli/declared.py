"""Options of a command, made of the requests that declare them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from dynode_cli.requests.base import Field, Request, fields_of
from dynode_cli.requests.machine import GLOBAL, Networked
from dynode_cli.values.wildcards import the_one

if TYPE_CHECKING:
    from dynode_cli.cli.session import Session

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Given:
    """What stands on a command line, in the environment and in the settings files, by the names of fields."""

    values: Mapping[str, Any]
    session: Session

    def to(self, request: type[R], **more: Any) -> R:
        """The request that is asked for.

        Arguments:
            more: values that the words do not say, or say in another way.

        Raises:
            UsageError: a word means nothing, or two exclude each other.
        """
        known = {field.name for field in fields_of(request)}
        values = {name: value for name, value in self.values.items() if name in known} | more
        if "source" in values and "source" not in more:
            values["source"] = the_one(values["source"])
        if issubclass(request, Networked):
            values.setdefault("offline", self.session.offline)
        return request(**{"show": self.session.console.progress, **values})


def parameters(requests: Sequence[type[Request]], hidden: Sequence[str] = ()) -> Iterator[inspect.Parameter]:
    """Parameters of a typer command for the fields of `requests`, but for those that are `hidden` or global."""
    for request in requests:
        for field in fields_of(request):
            if field.panel != GLOBAL and field.name not in hidden:
                yield parameter(field)


def parameter(field: Field, **more: Any) -> inspect.Parameter:
    """A parameter of a typer command; `more` is for the option of typer."""
    default = inspect.Parameter.empty if field.required else None if field.many else field.default
    return inspect.Parameter(
        field.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[_kind(field), _declaration(field, **more)],
    )


def _kind(field: Field) -> Any:
    """The type that typer reads: text where dynode's own parser is to read it."""
    kind: Any = list[str] if field.many else str if field.parse is not None else field.annotation
    return kind | None if field.default is None or (field.many and not field.required) else kind


def _declaration(field: Field, **more: Any) -> Any:
    shared: dict[str, Any] = {
        "metavar": field.metavar,
        "help": field.help,
        "min": field.minimum,
        "max": field.maximum,
        "autocompletion": _completion(field.offers) if field.offers else None,
        **more,
    }
    if not field.flags:
        return typer.Argument(**shared)
    if any("/" in flag for flag in field.flags):
        shared["show_default"] = False
    return typer.Option(*field.flags, rich_help_panel=field.panel or None, **shared)


def _completion(offers: str | Sequence[str]) -> Callable[[str], list[str]]:
    """What a shell is told for a value of which some letters are written."""

    def complete(incomplete: str) -> list[str]:
        words = _names(offers) if isinstance(offers, str) else offers
        return sorted({word for word in words if word.startswith(incomplete)})

    return complete


def _names(kind: str) -> Iterator[str]:
    """Names of what plugins bring of a kind; of everything, and of the plugins, for ``plugin``."""
    from dynode_cli.plugin_host.host import load_host

    host = load_host()
    yield from (found.name for found in host.registrations() if kind in ("plugin", found.kind))
    if kind == "plugin":
        yield from (plugin.name for plugin in host.plugins)


def given_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `values` that were given, in a command whose defaults are those of the fields."""
    return {name: value for name, value in values.items() if value is not None}
