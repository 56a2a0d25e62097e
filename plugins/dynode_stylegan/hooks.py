"""Registers the GAN generators, their inverters and the weights that can be fetched for them."""

from __future__ import annotations

from dynode_cli import Register, RegisterWeights, hookimpl
from dynode_stylegan.weights import DCGAN_FACES, FACE_FEATURES

dynode_api_version = 1


@hookimpl
def dynode_register_generators(register: Register) -> None:
    """GANs of fixed frame size."""
    register(
        "stylegan2",
        "dynode_stylegan.generators.stylegan2:StyleGAN2Generator",
        summary="StyleGAN2 from your checkpoint: rosinality .pt, NVIDIA .pkl, or the decoder of pSp, e4e, ReStyle",
    )
    register(
        "stylegan3",
        "dynode_stylegan.generators.stylegan3:StyleGAN3Generator",
        summary="StyleGAN3-T or -R from your NVIDIA .pkl",
    )
    register(
        "dcgan",
        "dynode_stylegan.generators.dcgan:DCGANGenerator",
        summary="64 x 64 faces from a small GAN that pip can fetch; for trying things out",
    )


@hookimpl
def dynode_register_inverters(register: Register) -> None:
    """Ways to find latent codes."""
    register(
        "encoder",
        "dynode_stylegan.inverters.encoder:EncoderInverter",
        summary="Codes in W+ from the encoder of a pSp, e4e or ReStyle checkpoint",
    )
    register(
        "optimize",
        "dynode_stylegan.inverters.optimize:OptimizeInverter",
        summary="Codes by gradient descent, all frames of a shot together, smooth over time",
    )
    register(
        "pti",
        "dynode_stylegan.inverters.pti:PivotalInverter",
        summary="Pivotal tuning: codes by descent, then the generator's weights for this clip",
    )


@hookimpl
def dynode_register_weights(register: RegisterWeights) -> None:
    """The small face GAN, and features for checkpoints that bring none."""
    register(DCGAN_FACES)
    register(FACE_FEATURES)
