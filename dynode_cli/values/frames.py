"""A clip as an array of frames in memory, with the time of each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Any, Generic, TypeGuard, TypeVar

from dynode_cli.errors import InputError, UsageError
from dynode_cli.values.exact_times import ExactTimes, exact_times
from dynode_cli.values.times import Number, parse_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

Pixels = TypeVar("Pixels", bound="NDArray[Any] | Tensor")
"""A numpy array or a torch tensor: what comes back is what was given."""

DTYPES = ("uint8", "uint16", "float32")
ONE_FRAME = Fraction(1, 25)
"""Seconds that a frame lasts that is alone, with a time and no rate."""


@dataclass(frozen=True, eq=False, repr=False)
class Frames(Generic[Pixels]):
    """A video in memory: frames and when each of them is shown. Functions that read a file take it instead.

    The array is neither copied nor written to. Colours are RGB as they are to be shown (nothing is linearised), and
    come back as they are: no matrix is guessed and nothing is rounded.

    Arguments:
        array: (T, H, W, 3) RGB or (T, H, W, 4) with straight alpha: uint8, uint16 (white is 65535), or float32 in
            [0, 1]; a numpy array or a torch tensor.
        times: T seconds, strictly increasing. Fractions and whole numbers are exact; floating-point numbers count to
            the flick (1/705600000 s), in which all usual rates are whole.
        rate: instead of `times`: frames a second, from 0 s on; a number, or a word such as ``"30000/1001"``.
        name: what messages call the clip.

    Raises:
        InputError: the array is not that, is empty, or holds NaN or numbers outside [0, 1].
        UsageError: neither `times` nor `rate` is given, or both; the times do not increase or are not T.
    """

    array: Pixels
    times: Iterable[float | Fraction] | None = None
    _: KW_ONLY
    rate: Number | None = None
    name: str = "frames"

    def __post_init__(self) -> None:
        self._check_array()
        if (self.times is None) == (self.rate is None):
            raise UsageError(f"{self.name}: give either times or a rate")
        if len(self.seconds) != len(self):
            raise UsageError(f"{self.name}: {len(self.seconds)} times for {len(self)} frames")
        for k, (before, after) in enumerate(pairwise(self.seconds)):
            if after <= before:
                raise UsageError(
                    f"{self.name}: times must increase, but time {k + 1} ({float(after):g} s) "
                    f"does not come after {float(before):g} s"
                )
            if float(after) == float(before):
                raise UsageError(
                    f"{self.name}: times {k} and {k + 1} are the same but for {float(after - before):g} s, too little "
                    f"at {float(after):g} s for floating-point numbers",
                    hint="count the times from the first frame",
                )

    def __len__(self) -> int:
        return len(self.array)

    def __repr__(self) -> str:
        kind = f"{type(self.array).__module__.partition('.')[0]} {self.dtype}"
        duration = float(self.end - self.seconds[0])
        spaced = "at times of their own" if self.rate is None else f"at {self.rate} a second"
        return f"Frames({self.name}: {kind} {tuple(self.array.shape)}, {spaced}, {duration:g} s)"

    @property
    def dtype(self) -> str:
        """``uint8``, ``uint16`` or ``float32``."""
        return str(self.array.dtype).removeprefix("torch.")

    @property
    def seconds(self) -> tuple[Fraction, ...]:
        """T exact times."""
        return self._clock.values

    @property
    def rounding(self) -> Fraction:
        """Seconds by which a time may be off what was meant: 0 for a rate, and for fractions and whole numbers."""
        return self._clock.rounding

    @property
    def usual_step(self) -> Fraction:
        """Seconds from a frame to the next: the median."""
        if self.rate is not None:
            return 1 / self._frames_a_second
        steps = [after - before for before, after in pairwise(self.seconds)]
        return median_low(steps) if steps else ONE_FRAME

    @property
    def end(self) -> Fraction:
        """Time at which the last frame's display ends: it lasts one usual step."""
        return self.seconds[-1] + self.usual_step

    def frame(self, index: int) -> NDArray[Any]:
        """Frame `index` (H, W, 3 or 4): a view, where the array is in the memory of the processor."""
        pixels: Any = self.array[index]
        return pixels.detach().cpu().numpy() if is_tensor(pixels) else pixels

    @cached_property
    def _clock(self) -> ExactTimes:
        if self.times is not None:
            return exact_times(self.times, f"times of {self.name}")
        return ExactTimes(tuple(k / self._frames_a_second for k in range(len(self))), Fraction(0))

    @cached_property
    def _frames_a_second(self) -> Fraction:
        assert self.rate is not None
        rate = parse_rate(self.rate)
        if rate.relative:
            raise UsageError(f"{self.name}: a rate of {self.rate} says nothing of frames that have no other")
        return rate.value

    def _check_array(self) -> None:
        import numpy as np

        array: Any = self.array
        if not (isinstance(array, np.ndarray) or is_tensor(array)):
            raise InputError(f"{self.name}: a numpy array or a torch tensor is wanted, not {type(array).__name__}")
        if is_tensor(array) and (array.layout != sys.modules["torch"].strided or array.is_meta):
            raise InputError(f"{self.name}: a dense tensor that holds its samples is wanted", hint="use to_dense()")
        shape = tuple(array.shape)
        if len(shape) != 4 or shape[3] not in (3, 4) or 0 in shape[1:3]:
            channels_first = len(shape) == 4 and shape[1] in (3, 4)
            raise InputError(
                f"{self.name}: an array of shape (T, H, W, 3) or (T, H, W, 4) is wanted, not {shape}",
                hint="put the channels last: permute(0, 2, 3, 1) or transpose(0, 2, 3, 1)"
                if channels_first
                else None,
            )
        if self.dtype not in DTYPES:
            raise InputError(
                f"{self.name}: samples must be {', '.join(DTYPES[:-1])} or {DTYPES[-1]}, not {self.dtype}",
                hint="float32 is to lie in [0, 1]",
            )
        if shape[0] == 0:
            raise InputError(f"{self.name}: there is no frame in it")
        if self.dtype == "float32":
            least, most = float(array.min()), float(array.max())
            if least != least:
                raise InputError(f"{self.name}: there is NaN in it")
            if least < 0 or most > 1:
                raise InputError(
                    f"{self.name}: numbers from {least:g} to {most:g}, not from 0 to 1",
                    hint="divide by the value of white, and cut off what is beyond: array.clip(0, 1)",
                )


def is_tensor(array: object) -> TypeGuard[Tensor]:
    """Whether this is a torch tensor; torch is not loaded for it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(array, torch.Tensor)
