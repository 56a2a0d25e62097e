"""Directions as they are shown: the space, the size and the origin of what a word names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynode_cli import suggestions
from dynode_cli.directions.files import components_in, load_direction
from dynode_cli.directions.finding import check_named
from dynode_cli.directions.latent import LatentDirection
from dynode_cli.errors import UsageError
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.directions import ShowDirection
from dynode_cli.values.direction_words import parse_word


def show_direction(request: ShowDirection, host: Host) -> dict[str, Any]:
    """Facts about the direction that is named, as JSON.

    Raises:
        UsageError: nothing is called that, or what the word says of layers or components makes no sense.
        InputError: the file holds no direction.
    """
    word = parse_word(request.name)
    if word.is_file:
        path = Path(word.name)
        count = components_in(path) if path.is_file() and word.component is None else None
        if count is not None:
            return {"name": path.name, "space": word.space or "w", "components": count, "use": f"{path}:0"}
        direction = load_direction(path, word.component, word.space)
        return facts_of(direction if word.layers is None else direction.on_layers(*word.layers))
    if word.name == "sefa":
        return {"name": "sefa", "space": "that of the generator", "use": "sefa:0 is the strongest", "source": "SeFa"}
    if word.name not in host.names("direction"):
        hint = suggestions.hint(word.name, host.names("direction"))
        raise UsageError(f"there is no direction '{word.name}'", hint=hint)
    registration = host.registration("direction", word.name)
    implementation: Any = host.implementation("direction", word.name)
    space = getattr(implementation, "space", None)
    check_named(word, space, layered=isinstance(implementation, type) and issubclass(implementation, LatentDirection))
    return {
        "name": word.name,
        "space": space,
        "summary": registration.summary,
        "plugin": registration.plugin,
        "use": f"--direction {word.name}=1",
    }


def facts_of(direction: LatentDirection) -> dict[str, Any]:
    """Facts about a direction of a latent space, as JSON."""
    shape = tuple(direction.vector.shape)
    return {
        "name": direction.name,
        "space": direction.space,
        "shape": list(shape),
        "length": float(direction.vector.norm()),
        "layers": None if direction.layers is None else list(direction.layers),
        **direction.provenance,
    }
