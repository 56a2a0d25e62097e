"""The generators that map z to w: spaces, truncation and classes are the same for StyleGAN2 and StyleGAN3."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dynode_cli import Context, UsageError, WeightsError, option
from dynode_stylegan.generators.gan import GanGenerator, load_delta, one_hot, required_weights
from dynode_stylegan.networks.mapping import StyledNetwork


@dataclass(frozen=True)
class StyledOptions:
    """Options that StyleGAN2 and StyleGAN3 share."""

    space: str = option("w+", help="space of the codes", choices=("z", "w", "w+"))
    truncation: float = option(
        1.0, help="psi: w moves to its mean; 1 leaves it, 0 is the mean", minimum=-2.0, maximum=2.0
    )
    truncation_cutoff: int | None = option(None, help="truncate the first N layers only", unit="layers", minimum=0)
    class_index: int | None = option(None, help="class, for conditional checkpoints in space z", minimum=0)
    precision: str = option(
        "float32",
        help="type of the numbers in the four highest resolutions; the shorter ones are for GPUs, and wrong by up to "
        "0.1 % (float16) and 0.8 % (bfloat16) of the largest value",
        choices=("float32", "bfloat16", "float16"),
    )
    delta: str | None = option(None, help="safetensors file that pivotal tuning saved for this checkpoint")


class StyledGenerator(GanGenerator):
    """A generator whose network has a mapping from z to w."""

    Options = StyledOptions
    network: StyledNetwork
    options: StyledOptions

    def __init__(self, options: StyledOptions, context: Context) -> None:
        super().__init__(options, context)
        path = required_weights(context, self.name)
        self.network = self.load(path).to(self.device)
        config = self.network.mapping.config
        self.space = options.space
        self.num_ws = self.layers()
        self.code_shape = {
            "z": (config.z_dim,),
            "w": (config.w_dim,),
            "w+": (self.num_ws, config.w_dim),
        }[options.space]
        self._classes = None
        if options.space == "z" or options.class_index is not None:
            classes = one_hot(options.class_index, config.c_dim, path)
            self._classes = None if classes is None else classes.to(self.device)
        if options.delta is not None:
            tuned = self.bound(load_delta(options.delta))
            self.network, self._delta = tuned.network, tuned.bound_state()
        colours = self.colours()
        if colours not in (1, 3):
            raise WeightsError(f"{path} makes pictures of {colours} channels, expected 3 (RGB) or 1 (grey)")

    @abstractmethod
    def load(self, path: Path) -> StyledNetwork:
        """The network of a checkpoint, on the CPU; also sets `frame_size`."""

    @abstractmethod
    def layers(self) -> int:
        """How many w a picture takes."""

    @abstractmethod
    def style_matrices(self) -> list[Tensor]:
        """Matrices (inputs, w_dim) that turn w into the styles of each convolution."""

    @abstractmethod
    def colours(self) -> int:
        """How many channels the pictures of the network have."""

    @abstractmethod
    def paint(self, ws: Tensor) -> Tensor:
        """Pictures (N, colours, H, W) of `ws` (N, num_ws, w_dim)."""

    @property
    def half(self) -> torch.dtype | None:
        """The short type to work with, if one was asked for."""
        return None if self.options.precision == "float32" else getattr(torch, self.options.precision)

    def to_ws(self, codes: Tensor) -> Tensor:
        """(N, num_ws, w_dim) of `codes`, truncated."""
        if self.space == "z":
            classes = None if self._classes is None else self._classes.expand(len(codes), -1)
            codes = self.network.mapping(codes, classes)
        ws = codes if codes.ndim == 3 else codes[:, None].expand(-1, self.num_ws, -1)
        psi, cutoff = self.options.truncation, self.options.truncation_cutoff
        if psi == 1.0:
            return ws
        truncated = self.network.mapping.w_avg.lerp(ws, psi)
        if cutoff is None or cutoff >= self.num_ws:
            return truncated
        return torch.cat([truncated[:, :cutoff], ws[:, cutoff:]], 1)

    def draw(self, codes: Tensor) -> Tensor:
        images = self.paint(self.to_ws(codes)).float()
        return images if images.shape[1] == 3 else images.expand(-1, 3, -1, -1)

    def mean_code(self) -> Tensor:
        if self.space == "z":
            return torch.zeros(self.code_shape, device=self.device)
        return self.network.mapping.w_avg.expand(self.code_shape).clone()

    def random_codes(self, count: int, seed: int) -> Tensor:
        mapping = self.network.mapping
        z = torch.randn(count, mapping.config.z_dim, generator=torch.Generator().manual_seed(seed)).to(self.device)
        if self.space == "z":
            return z
        classes = self._classes
        if classes is not None:
            classes = classes.expand(count, -1)
        elif mapping.config.c_dim:
            numbers = torch.arange(count, device=self.device) % mapping.config.c_dim
            classes = nn.functional.one_hot(numbers, mapping.config.c_dim).float()
        with torch.no_grad():
            w: Tensor = mapping(z, classes)
        return w if self.space == "w" else w[:, None].expand(-1, self.num_ws, -1)

    def code_matrices(self) -> list[Tensor]:
        if self.space == "z":
            # What follows z in the first layer of the mapping is the class.
            mapping = self.network.mapping
            return [mapping.get_parameter("fc0.weight")[:, : mapping.config.z_dim]]
        return self.style_matrices()

    def tunable(self) -> list[nn.Parameter]:
        return list(self.network.synthesis.parameters())


def reject_half_on_cpu(options: StyledOptions, device: torch.device) -> None:
    """Short numbers gain nothing on a processor.

    Raises:
        UsageError: they were asked for there.
    """
    if options.precision == "float16" and device.type == "cpu":
        raise UsageError("-G precision=float16 needs a GPU", hint="use --device cuda, or precision=float32")
