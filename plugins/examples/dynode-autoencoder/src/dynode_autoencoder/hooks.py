"""Registers the generator and the inverter `autoencoder`."""

from __future__ import annotations

from dynode_cli import Register, hookimpl

dynode_api_version = 1


@hookimpl
def dynode_register_generators(register: Register) -> None:
    """The decoder."""
    register(
        "autoencoder",
        "dynode_autoencoder.methods:AutoencoderGenerator",
        summary="Frames from latents of an AutoencoderTiny or AutoencoderKL that you have",
    )


@hookimpl
def dynode_register_inverters(register: Register) -> None:
    """The encoder."""
    register(
        "autoencoder",
        "dynode_autoencoder.methods:AutoencoderInverter",
        summary="Latents of every frame, one at a time",
    )
