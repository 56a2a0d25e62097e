"""Plugins that are known to exist but do not come with dynode."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dynode_cli.plugin_host.kinds import Kind


@dataclass(frozen=True)
class KnownPlugin:
    """A plugin that users can install."""

    distribution: str
    summary: str
    install: str
    """The command line that installs it."""
    provides: Collection[tuple[Kind, str]]
    """(kind, name) of what it registers."""


KNOWN: tuple[KnownPlugin, ...] = (
    KnownPlugin(
        "dynode-autoencoder",
        "Generator and inverter over an image autoencoder of yours (diffusers folder or safetensors)",
        "python -m pip install ./plugins/examples/dynode-autoencoder",
        (("generator", "autoencoder"), ("inverter", "autoencoder")),
    ),
    KnownPlugin(
        "dynode-rife",
        "The optical flow of RIFE for the motion generator",
        "python -m pip install ./plugins/examples/dynode-rife",
        (("estimator", "rife"),),
    ),
)
"""Only plugins whose install line works today belong here: these lie in dynode's own repository."""
