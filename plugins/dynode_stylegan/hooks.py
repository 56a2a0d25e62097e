"""Registers the GAN generators, their inverters and the weights that can be fetched for them."""

from __future__ import annotations

from dynode_cli import Register, hookimpl

dynode_api_version = 1


@hookimpl
def dynode_register_generators(register: Register) -> None:
    """StyleGAN2."""
    register(
        "stylegan2",
        "dynode_stylegan.stylegan2:StyleGAN2Generator",
        summary="StyleGAN2 from your checkpoint: rosinality .pt, NVIDIA .pkl, or the decoder of pSp, e4e, ReStyle",
    )
