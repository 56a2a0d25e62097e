"""Which generator, inverter and dynamics a run uses, and building them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynode_cli.contracts import Context, Dynamics, Generator, Inverter

if TYPE_CHECKING:
    from dynode_cli.plugin_manager import Host

Options = Mapping[str, Any]


@dataclass(frozen=True)
class MethodChoice:
    """Names and options as the user gave them; None: what the generator says is its default."""

    generator: str = "motion"
    inverter: str | None = None
    dynamics: str | None = None
    generator_options: Options = field(default_factory=dict)
    inverter_options: Options = field(default_factory=dict)
    dynamics_options: Options = field(default_factory=dict)

    def resolved(self, host: Host) -> MethodChoice:
        """The choice with every default filled in.

        Raises:
            PluginError: the generator does not exist.
        """
        generator = host.implementation("generator", self.generator)
        return MethodChoice(
            self.generator,
            self.inverter or generator.default_inverter,
            self.dynamics or generator.default_dynamics,
            self.generator_options,
            self.inverter_options,
            self.dynamics_options,
        )


@dataclass(frozen=True)
class Methods:
    """The implementations of one run."""

    generator: Generator
    inverter: Inverter
    dynamics: Dynamics

    @property
    def margin(self) -> int | None:
        """Observations on either side that a rendered frame depends on; None: on the whole shot."""
        support, context = self.dynamics.support, self.inverter.context_frames
        return None if support is None or context is None else support + context


def build_methods(host: Host, choice: MethodChoice, context: Context) -> Methods:
    """Build what `choice` names.

    Raises:
        PluginError: a name is not known, or its plugin is broken.
        UsageError: an option is not known, or its value is wrong.
    """
    choice = choice.resolved(host)
    assert choice.inverter is not None and choice.dynamics is not None
    return Methods(
        host.create("generator", choice.generator, choice.generator_options, context),
        host.create("inverter", choice.inverter, choice.inverter_options, context),
        host.create("dynamics", choice.dynamics, choice.dynamics_options, context),
    )
