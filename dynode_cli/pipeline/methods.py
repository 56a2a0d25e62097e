"""Which generator, inverter, dynamics and framing a run uses, and building them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dynode_cli.contracts import Context, Dynamics, Framing, Generator, Inverter
from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.plugin_host.host import Host

Options = Mapping[str, Any]


@dataclass(frozen=True)
class MethodChoice:
    """Names and options as the user gave them; None: what the generator says is its default."""

    generator: str = "motion"
    inverter: str | None = None
    dynamics: str | None = None
    framing: str | None = None
    generator_options: Options = field(default_factory=dict)
    inverter_options: Options = field(default_factory=dict)
    dynamics_options: Options = field(default_factory=dict)
    framing_options: Options = field(default_factory=dict)

    def resolved(self, host: Host) -> MethodChoice:
        """The choice with every default filled in; generators that make whole frames have no framing.

        Raises:
            PluginError: the generator does not exist.
            UsageError: a framing was asked for that the generator has no use for.
        """
        generator: type[Generator] = host.implementation("generator", self.generator)
        if generator.full_frame and self.framing not in (None, "none"):
            raise UsageError(f"--framing {self.framing}: generator '{self.generator}' makes whole frames by itself")
        dynamics = self.dynamics or generator.default_dynamics
        return replace(
            self,
            inverter=self.inverter or generator.default_inverter,
            dynamics=dynamics,
            dynamics_options={**generator.dynamics_options.get(dynamics, {}), **self.dynamics_options},
            framing=None if generator.full_frame else self.framing or generator.default_framing,
        )


@dataclass(frozen=True)
class Methods:
    """The implementations of one run."""

    generator: Generator
    inverter: Inverter
    dynamics: Dynamics
    framing: Framing | None = None
    """None for generators that make whole frames."""
    closes: bool = False
    """Curves of the dynamics come back: of a loop, one lap says everything."""

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
        None if choice.framing is None else host.create("framing", choice.framing, choice.framing_options, context),
    )
