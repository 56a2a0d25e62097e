"""The scope of a benchmark: what is to be measured, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dynode_cli.benchmark.measuring.harness import Limits
from dynode_cli.options import format_value

PARTS = ("solvers", "quality", "memory", "render", "startup")


@dataclass(frozen=True)
class Scope:
    """What one run of the benchmarks measures, and where it stops."""

    quick: bool = False
    device: str = "cpu"
    threads: int = 1
    cap_seconds: float = 3.0
    """A row whose single call is estimated to take longer is left out, and says so."""
    cap_bytes: int = 1 << 30
    """The same for the size of what a call returns."""
    dynamics: str | None = None
    """The only dynamics that is measured, beside linear; None: all of them, and the solver paths below them."""
    dynamics_options: Mapping[str, object] = field(default_factory=dict)
    """Its options."""
    metrics: Sequence[str] | None = None
    """Metrics of rebuilt frames beside PSNR, SSIM and flicker; None: the perceptual one, if its weights are there."""
    note: Callable[[str], None] = lambda text: None
    """Told in words what is being measured."""

    def of_dynamics(self, name: str, options: Mapping[str, object]) -> Scope:
        """The same, of one dynamics alone."""
        return replace(self, dynamics=name, dynamics_options=options)

    def options_of(self, dynamics: str) -> Mapping[str, object]:
        """Options that a dynamics is measured with."""
        return self.dynamics_options if dynamics == self.dynamics else {}

    @property
    def dynamics_words(self) -> Sequence[str]:
        """The dynamics as words of a command line."""
        if self.dynamics is None:
            return ()
        pairs = [f"{name}={format_value(value)}" for name, value in self.dynamics_options.items()]
        return ("--dynamics", self.dynamics, *(word for pair in pairs for word in ("-D", pair)))

    def noting(self, note: Callable[[str], None]) -> Scope:
        """The same, told in words what is being measured through `note`."""
        return replace(self, note=note)

    @property
    def limits(self) -> Limits:
        """How often things are measured."""
        cuda = self.device.startswith("cuda")
        warmups = 25 if cuda else 1 if self.quick else 3
        # On a GPU all warm-ups are wanted, until its clocks have settled.
        warm = 5.0 if cuda else None
        return Limits(5, 3, warmups, 0.1, warm) if self.quick else Limits(15, 3, warmups, 0.4, warm)

    def to_json(self) -> dict[str, object]:
        """What matters about the figures."""
        limits = self.limits
        return {
            "quick": self.quick,
            "device": self.device,
            "threads": self.threads,
            "dynamics": self.dynamics or "all",
            "options of the dynamics": {name: str(value) for name, value in self.dynamics_options.items()},
            "metrics": "default" if self.metrics is None else ", ".join(self.metrics),
            "repeats": limits.repeats,
            "warm-ups": limits.warmups,
            "seconds for a row": limits.seconds,
            "cap, seconds": self.cap_seconds,
            "cap, bytes": self.cap_bytes,
        }


def quick_scope(device: str, threads: int) -> Scope:
    """Scope of ``--quick``: small cases, few repeats."""
    return Scope(True, device, threads, cap_seconds=1.0, cap_bytes=96 << 20)
