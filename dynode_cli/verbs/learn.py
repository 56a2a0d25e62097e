"""Learning of directions from examples: code files, or pictures that are inverted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode_cli.contracts import Progress, silent
from dynode_cli.directions.files import save_direction
from dynode_cli.directions.latent import LatentDirection
from dynode_cli.directions.learning import direction_between
from dynode_cli.errors import InputError, UsageError
from dynode_cli.files.codes import load_codes
from dynode_cli.media.reading.clip import ShotClip
from dynode_cli.media.reading.reader import FrameReader
from dynode_cli.media.reading.scan import scan
from dynode_cli.media.reading.source import open_source
from dynode_cli.media.writing.target import check_target, claimed_targets
from dynode_cli.pipeline.job import opened_job
from dynode_cli.pipeline.methods import Methods, build_methods, context_of, resolve
from dynode_cli.pipeline.threads import threads_at_most
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.directions import LearnDirection


@dataclass(frozen=True)
class Learned:
    """A direction that was learned."""

    output: str
    direction: LatentDirection
    positive: int
    """How many examples show it."""
    negative: int

    def __repr__(self) -> str:
        space, ones, others = self.direction.space, self.positive, self.negative
        return f"<Learned {self.output}: a direction of space {space} from {ones} and {others} examples>"


def learn_direction(request: LearnDirection, host: Host) -> Learned:
    """Learn a direction from two sets of examples, and write it.

    Raises:
        InputError: a place holds nothing, or codes of different shapes.
        UsageError: the output exists, no space is known, or there are pictures that nothing inverts.
    """
    check_target(request.output, None, force=request.force)
    with claimed_targets(request.output):
        return _learned(request, host)


def _learned(request: LearnDirection, host: Host) -> Learned:
    with threads_at_most(request.threads):
        methods: Methods | None = None
        if request.generator:
            context = context_of(request, request.weights, host)
            methods = build_methods(host, resolve(request, host), context)
        space = request.space or (methods.generator.space if methods is not None else "")
        if not space:
            raise UsageError(
                "a direction belongs to a space, and none was named", hint="give --space, or --generator"
            )
        with opened_job(request.show, request.output) as job:
            job.phase("finding codes")
            one, other = (
                load_examples(places, methods, job.share) for places in (request.positive, request.negative)
            )
    provenance = {
        "method": request.method,
        "with": f"{len(one)} examples in {', '.join(path.name for path in request.positive)}",
        "without": f"{len(other)} examples in {', '.join(path.name for path in request.negative)}",
        "generator": request.generator,
        "weights": "" if request.weights is None else Path(request.weights).name,
    }
    vector = direction_between(one, other, request.method)
    direction = LatentDirection(Path(request.output).stem, space, vector, None, provenance)
    save_direction(Path(request.output), direction, replace=request.force)
    return Learned(request.output, direction, len(one), len(other))


def load_examples(places: Sequence[Path], methods: Methods | None, progress: Progress = silent) -> Tensor:
    """Codes (N, *code_shape) of all examples in `places`: code files, pictures, folders of pictures, videos.

    Arguments:
        methods: what inverts pictures; None where there is none.

    Raises:
        InputError: a place holds nothing, or codes of different shapes.
        UsageError: there are pictures, and nothing inverts them.
    """
    found = []
    for place in places:
        if not place.exists():
            raise InputError(f"{place}: no such file or folder")
        if place.suffix == ".safetensors":
            found.append(load_codes(place).codes)
            continue
        if methods is None:
            raise UsageError(
                f"{place}: pictures must be inverted first", hint="name --generator and --weights, or give code files"
            )
        found.append(_inverted(place, methods, progress))
    shapes = {tuple(codes.shape[1:]) for codes in found}
    if len(shapes) > 1:
        raise InputError(f"examples have codes of different shapes: {', '.join(map(str, sorted(shapes)))}")
    return torch.cat(found)


def _inverted(place: Path, methods: Methods, progress: Progress) -> Tensor:
    """Codes of every picture of `place`; each is found for itself, since examples are not frames of one clip."""
    codes = []
    with open_source(str(place)) as source:
        scanned = scan(source)
        with FrameReader(source, scanned) as reader:
            for index in range(len(reader)):
                clip = ShotClip(reader, [index], [0], methods.generator.context.device)
                codes.append(_code(clip, methods))
                progress(index + 1, len(reader))
    return torch.cat(codes)


def _code(clip: ShotClip, methods: Methods) -> Tensor:
    from dynode_cli.pipeline.framed import FramedClip

    if methods.framing is None:
        return methods.inverter.invert(clip, methods.generator).codes.detach().cpu()
    track = methods.framing.estimate(clip, methods.generator.frame_size)
    framed = FramedClip(clip, track.transforms, methods.framing, methods.generator.frame_size)
    return methods.inverter.invert(framed, methods.generator).codes.detach().cpu()
