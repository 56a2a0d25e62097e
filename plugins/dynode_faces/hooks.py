"""What this plugin brings; nothing heavy is imported until it is used."""

from __future__ import annotations

from dynode_cli import Register, RegisterWeights, hookimpl
from dynode_faces.editing.recipes import RECIPES
from dynode_faces.weights import ENTRIES


@hookimpl
def dynode_register_framings(register: Register) -> None:
    register(
        "ffhq", "dynode_faces.framing.framing:FFHQFraming", summary="the face, aligned as in FFHQ, steady over time"
    )
    register("none", "dynode_faces.framing.framing:WholeFraming", summary="the whole frame, resized")


@hookimpl
def dynode_register_directions(register: Register) -> None:
    for name, recipe in RECIPES.items():
        register(name, "dynode_faces.editing.directions:FaceDirection", summary=recipe.summary)


@hookimpl
def dynode_register_carriers(register: Register) -> None:
    register(
        "faces",
        "dynode_faces.editing.carrier:FaceCarrier",
        summary="face directions by landmarks, and painted frames by motion; no weights but the landmark networks",
    )


@hookimpl
def dynode_register_weights(register: RegisterWeights) -> None:
    for entry in ENTRIES:
        register(entry)
