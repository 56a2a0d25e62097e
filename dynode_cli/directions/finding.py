"""Finding the direction that a word names.

``smile`` a plugin's; ``path/to/age.pt`` a file; ``pca.pt:3`` a component of a file; ``sefa:3`` the fourth strongest
direction of the generator itself; each with ``@4-8`` for some layers, ``@z`` for the space of a bare vector, and
``=1.5`` for the strength.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode_cli import suggestions
from dynode_cli.contracts import Context, Direction, Generator
from dynode_cli.errors import UsageError
from dynode_cli.values.direction_words import Word

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host


def find_direction(word: Word, host: Host, context: Context, generator: Generator) -> Direction:
    """The direction that `word` names.

    Raises:
        UsageError: nothing is called that, or what it says of layers or components makes no sense.
        InputError: the file holds no direction.
    """
    from dynode_cli.directions.files import load_direction
    from dynode_cli.directions.latent import LatentDirection
    from dynode_cli.directions.sefa import sefa_direction

    direction: Direction
    if word.name == "sefa":
        if word.component is None:
            raise UsageError("sefa has many directions; say which", hint="sefa:0 is the strongest")
        direction = sefa_direction(generator, word.component)
        check_space(word, direction.space)
    elif word.is_file:
        direction = load_direction(Path(word.name), word.component, word.space)
    else:
        if word.name not in host.names("direction"):
            hint = suggestions.hint(word.name, [*host.names("direction"), "sefa:0"])
            raise UsageError(
                f"there is no direction '{word.name}'", hint=f"{hint}; files are named with their ending"
            )
        direction = host.create("direction", word.name, {}, context)
        check_named(word, direction.space, layered=isinstance(direction, LatentDirection))
    if word.layers is None:
        return direction
    assert isinstance(direction, LatentDirection), "check_named refuses layers of others"
    return direction.on_layers(*word.layers)


def check_named(word: Word, space: str | None, *, layered: bool) -> None:
    """Refuse what a word says of a plugin's direction and what that has not.

    Arguments:
        space: of the direction.
        layered: whether it can be limited to some layers.

    Raises:
        UsageError: components, layers, or another space.
    """
    if word.component is not None:
        raise UsageError(f"direction '{word.name}' has no components", hint=f"leave out :{word.component}")
    if word.layers is not None and not layered:
        raise UsageError(
            f"direction '{word.name}' is defined on {space}, which have no layers",
            hint="layers are for codes of StyleGAN in space w+",
        )
    check_space(word, space)


def check_space(word: Word, space: str | None) -> None:
    """Refuse a word that names another space than the direction's own.

    Raises:
        UsageError: it does.
    """
    if word.space is not None and word.space != space:
        raise UsageError(
            f"direction '{word.name}' is defined on {space}, not in space {word.space}",
            hint=f"leave out @{word.space}",
        )
