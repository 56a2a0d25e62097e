"""What a run of the benchmarks is to measure, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dynode_cli.bench.harness import Limits

PARTS = ("solvers", "quality", "memory", "render", "startup")


@dataclass(frozen=True)
class Settings:
    """One run."""

    quick: bool = False
    device: str = "cpu"
    threads: int = 1
    cap_seconds: float = 3.0
    """A row whose single call is estimated to take longer is left out, and says so."""
    cap_bytes: int = 1 << 30
    """The same for the size of what a call returns."""
    note: Callable[[str], None] = lambda text: None
    """Told in words what is being measured."""

    def noting(self, note: Callable[[str], None]) -> Settings:
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
            "repeats": limits.repeats,
            "warm-ups": limits.warmups,
            "seconds for a row": limits.seconds,
            "cap, seconds": self.cap_seconds,
            "cap, bytes": self.cap_bytes,
        }


def quick_settings(device: str, threads: int) -> Settings:
    """Settings of ``--quick``: small cases, few repeats."""
    return Settings(True, device, threads, cap_seconds=1.0, cap_bytes=96 << 20)
