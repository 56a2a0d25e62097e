"""dynode as Python functions: what the commands do, with values instead of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from dynode_cli.media.reading.deinterlace import Deinterlace
from dynode_cli.media.writing.writer import AudioRule, EncoderOptions
from dynode_cli.pipeline.methods import MethodChoice
from dynode_cli.pipeline.plan import Timing
from dynode_cli.pipeline.prepare import DEFAULT_MEMORY, Job, ShowProgress, prepare, run, show_nothing
from dynode_cli.pipeline.renderer import CutPolicy
from dynode_cli.pipeline.to_file import Rendered
from dynode_cli.plugin_host.host import load_host
from dynode_cli.verbs.editing.comparison import Comparison
from dynode_cli.verbs.editing.edit import Edited, edit_source
from dynode_cli.verbs.editing.job import DEFAULT_FEATHER, EditChoice, EditJob, default_timing
from dynode_cli.verbs.editing.latent import Transport
from dynode_cli.verbs.evaluation.evaluate import Evaluation, evaluate_job

Number = str | int | float | Fraction


def interpolate(
    source: str | Path,
    output: str | Path | None = None,
    *,
    fps: Number | None = None,
    slowmo: Number | None = None,
    start: Number | None = None,
    end: Number | None = None,
    times: Path | None = None,
    loop: bool = False,
    samples: int = 0,
    generator: str = "motion",
    inverter: str | None = None,
    dynamics: str | None = None,
    framing: str | None = None,
    generator_options: Mapping[str, Any] | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    dynamics_options: Mapping[str, Any] | None = None,
    framing_options: Mapping[str, Any] | None = None,
    cuts: CutPolicy = "hold",
    encoder: EncoderOptions | None = None,
    audio: AudioRule = "auto",
    device: str = "cpu",
    seed: int = 0,
    memory: str | int = DEFAULT_MEMORY,
    weights: str | Path | None = None,
    input_rate: Number | None = None,
    deinterlace: Deinterlace = "auto",
    force: bool = False,
    show: ShowProgress = show_nothing,
) -> Rendered:
    """Render a video at another frame rate, slower, or at listed times; see ``dynode interpolate -h``.

    Arguments:
        source: file, folder of images, pattern such as ``frames/%05d.png``, or ``-``.
        output: file, pattern, folder ending in ``/``, or ``-``; None: a name beside the source.
        fps: 240, "60000/1001", "2x", "source"; None: 2x, or the source's rate with `slowmo`.
        slowmo: how many times slower.
        start, end: seconds from the first frame, or "300f", "00:00:12.5".
        times: text file of times to render.
        loop: the end of the clip leads back to its start.
        deinterlace: "auto" makes whole frames of those that are flagged as interlaced, "on" of all, "off" of none.
        samples: plausible in-betweens to render beside the output, with a map of their variance (``dynamics="sde"``).
        memory: bytes, or "1GiB".

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    job = Job(
        str(source),
        None if output is None else str(output),
        Timing(_word(fps), _word(slowmo), _word(start), _word(end), times, loop),
        MethodChoice(
            generator,
            inverter,
            dynamics,
            framing,
            generator_options or {},
            inverter_options or {},
            dynamics_options or {},
            framing_options or {},
        ),
        cuts=cuts,
        device=device,
        seed=seed,
        memory=memory,
        weights=None if weights is None else str(weights),
        encoder=encoder or EncoderOptions(),
        audio=audio,
        input_rate=_word(input_rate),
        deinterlace=deinterlace,
        force=force,
        samples=samples,
    )
    with prepare(job, load_host(), show) as prepared:
        return run(prepared, show)


def edit(
    source: str | Path,
    output: str | Path | None = None,
    *,
    directions: Mapping[str, Number] | Sequence[str] = (),
    images: Mapping[str | Path, Number | None] | None = None,
    mask: str | Path | None = None,
    feather: float = DEFAULT_FEATHER,
    transport: Transport = "ode",
    carrier: str = "faces",
    carrier_options: Mapping[str, Any] | None = None,
    compare: Comparison | None = None,
    report: str | Path | None = None,
    fps: Number | None = None,
    slowmo: Number | None = None,
    start: Number | None = None,
    end: Number | None = None,
    generator: str = "motion",
    inverter: str | None = None,
    dynamics: str | None = None,
    framing: str | None = None,
    generator_options: Mapping[str, Any] | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    dynamics_options: Mapping[str, Any] | None = None,
    framing_options: Mapping[str, Any] | None = None,
    encoder: EncoderOptions | None = None,
    audio: AudioRule = "auto",
    device: str = "cpu",
    seed: int = 0,
    memory: str | int = DEFAULT_MEMORY,
    weights: str | Path | None = None,
    input_rate: Number | None = None,
    deinterlace: Deinterlace = "auto",
    force: bool = False,
    show: ShowProgress = show_nothing,
) -> Edited:
    """Change one frame of a video, and every frame follows; see ``dynode edit -h``.

    Arguments:
        directions: names or files with their strengths, ``{"smile": 0.8}``, or words, ``["smile=0:0,1s:1"]``.
        images: frames as they should be, each with its time (None: the first frame).
        fps, slowmo: None: the frames of the source.

    Raises:
        DynodeError: whatever goes wrong; nothing is left at `output` then.
    """
    words = [f"{name}={s}" for name, s in directions.items()] if isinstance(directions, Mapping) else directions
    choice = EditChoice(
        tuple(words),
        images=tuple((Path(path), _word(time)) for path, time in (images or {}).items()),
        mask=None if mask is None else Path(mask),
        feather=feather,
        transport=transport,
        carrier=carrier,
        carrier_options=carrier_options or {},
        compare=compare,
        report=None if report is None else Path(report),
    )
    job = EditJob(
        str(source),
        None if output is None else str(output),
        default_timing(Timing(_word(fps), _word(slowmo), _word(start), _word(end)), generator),
        MethodChoice(
            generator,
            inverter,
            dynamics,
            framing,
            generator_options or {},
            inverter_options or {},
            dynamics_options or {},
            framing_options or {},
        ),
        device=device,
        seed=seed,
        memory=memory,
        weights=None if weights is None else str(weights),
        encoder=encoder or EncoderOptions(),
        audio=audio,
        input_rate=_word(input_rate),
        deinterlace=deinterlace,
        force=force,
        edit=choice,
    )
    host = load_host()
    with prepare(job, host, show) as prepared:
        return edit_source(prepared, host, show)


def evaluate(
    source: str | Path,
    *,
    keep_every: int = 2,
    methods: Sequence[str] | None = None,
    limit: int | None = None,
    deinterlace: Deinterlace = "auto",
    generator: str = "motion",
    dynamics: str | None = None,
    dynamics_options: Mapping[str, Any] | None = None,
    device: str = "cpu",
    seed: int = 0,
    memory: str | int = DEFAULT_MEMORY,
    show: ShowProgress = show_nothing,
) -> Evaluation:
    """Score methods on held-out frames of `source`; see ``dynode eval -h``.

    Raises:
        DynodeError: the source cannot be read or is too short, or a method is not known.
    """
    choice = MethodChoice(generator, dynamics=dynamics, dynamics_options=dynamics_options or {})
    if methods is not None and dynamics is not None:
        methods = [*methods, dynamics]
    job = Job(str(source), methods=choice, device=device, seed=seed, memory=memory, deinterlace=deinterlace)
    return evaluate_job(job, load_host(), keep_every=keep_every, methods=methods, limit=limit, show=show)


def _word(value: Number | None) -> str | None:
    return None if value is None else str(value)
