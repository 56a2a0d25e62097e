"""What a run may use of the machine: device, threads, memory, network."""

from __future__ import annotations

from dynode_cli.options import option
from dynode_cli.requests.base import Parsed, Request, request
from dynode_cli.values.amounts import parse_memory

RUN = "Run"
GLOBAL = "Global options"


@request
class Networked(Request):
    """Whether anything may be fetched."""

    offline: bool = option(
        default=False,
        flags=("--offline",),
        panel=GLOBAL,
        help="Fetch nothing from the network.",
        decides="nothing",
    )


@request
class Computing(Networked):
    """Device and threads."""

    device: str = option(
        default="cpu",
        flags=("--device",),
        metavar="NAME",
        panel=RUN,
        offers=("cpu", "cuda"),
        help="cpu, cuda or cuda:N.",
        project=True,
    )
    threads: int | None = option(
        default=None,
        flags=("--threads",),
        metavar="N",
        minimum=1,
        panel=RUN,
        help="CPU threads. Default: all.",
        decides="nothing",
        project=True,
    )


@request
class Machine(Computing):
    """Device, seed, memory and threads."""

    seed: int = option(default=0, flags=("--seed",), panel=RUN, help="Seed of everything random.", project=True)
    memory: Parsed[int, str | int] = option(
        default="512MiB",
        flags=("--memory",),
        metavar="SIZE",
        panel=RUN,
        help="Working memory: 1GiB, 512MiB; more is taken where frames are so large that they need it.",
        parse=parse_memory,
        decides="nothing",
        project=True,
    )

    def check(self) -> None:
        """Make the seed what all generators of random numbers take: a negative one is its two's complement."""
        object.__setattr__(self, "seed", self.seed % 2**64)

    @property
    def frame_memory(self) -> int:
        """Bytes for decoded frames and batches of output: a quarter; implementations get the rest."""
        return self.memory // 4
