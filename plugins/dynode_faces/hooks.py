"""What this plugin brings; nothing heavy is imported until it is used."""

from __future__ import annotations

from dynode_cli import Register, RegisterWeights, hookimpl


@hookimpl
def dynode_register_framings(register: Register) -> None:
    register("ffhq", "dynode_faces.framing:FFHQFraming", summary="the face, aligned as in FFHQ, steady over time")
    register("none", "dynode_faces.framing:WholeFraming", summary="the whole frame, resized")


@hookimpl
def dynode_register_weights(register: RegisterWeights) -> None:
    from dynode_faces.weights import ENTRIES

    for entry in ENTRIES:
        register(entry)
