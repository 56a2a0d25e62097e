"""``dynode interpolate``: any frame rate, slow motion, or a list of times."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.fit_reports import tell_fits
from dynode_cli.cli.session import Session, session_of
from dynode_cli.errors import BatchError, DynodeError, UsageError

if TYPE_CHECKING:
    from dynode_cli.pipeline.prepare import Job, Prepared
    from dynode_cli.pipeline.to_file import Rendered

app = command_app()


@command(
    app,
    "interpolate",
    examples=[
        "dynode interpolate clip.mp4 --fps 240",
        "dynode interpolate clip.mp4 --slowmo 4 -o slow.mp4",
        "dynode interpolate clip.mp4 --fps 60 --start 2s --end 00:00:05 -o part.mkv",
        "dynode interpolate clip.mp4 --fps 120 --dry-run         # frames, memory and time it would take",
        "dynode interpolate frames/%05d.png --input-rate 24 --fps 48 -o out/%05d.png",
        "dynode interpolate *.mp4 --fps 60 --out-dir smooth/",
        "dynode interpolate clip.mp4 --fps 100 -d sde --samples 4 # how sure are the in-betweens?",
    ],
)
def interpolate(
    ctx: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(metavar="IN", help="Videos, folders of images, patterns such as frames/%05d.png, or -."),
    ],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            rich_help_panel=opt.ENCODER,
            help="File, pattern, folder/ or -. Default: beside the input, IN-240fps.mp4.",
        ),
    ] = None,
    out_dir: Annotated[
        Path | None,
        typer.Option(
            "--out-dir", metavar="DIR", rich_help_panel=opt.ENCODER, help="Folder for the outputs of several inputs."
        ),
    ] = None,
    fps: opt.Fps = None,
    slowmo: opt.Slowmo = None,
    start: opt.Start = None,
    end: opt.End = None,
    times: opt.Times = None,
    loop: Annotated[
        bool,
        typer.Option("--loop", rich_help_panel=opt.TIME, help="Let the end of the clip lead back to its start."),
    ] = False,
    input_rate: opt.InputRate = None,
    deinterlace: opt.Deinterlace = "auto",
    cuts: opt.Cuts = "hold",
    generator: opt.Generator = "motion",
    inverter: opt.Inverter = None,
    dynamics: opt.Dynamics = None,
    generator_option: opt.GeneratorOptions = None,
    inverter_option: opt.InverterOptions = None,
    dynamics_option: opt.DynamicsOptions = None,
    samples: opt.Samples = 0,
    refine: opt.Refine = None,
    framing: opt.Framing = None,
    framing_option: opt.FramingOptions = None,
    weights: opt.Weights = None,
    codec: opt.Codec = None,
    crf: opt.Crf = None,
    preset: opt.Preset = None,
    pix_fmt: opt.PixFmt = None,
    encoder_opt: opt.EncoderOption = None,
    audio: opt.Audio = "auto",
    force: opt.Force = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            "-n",
            rich_help_panel=opt.RUN,
            help="Show what would be made, with memory and time, and stop.",
        ),
    ] = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Render a video at another frame rate, slower, or at any times.

    Source frames are kept exactly, nothing is blended across a cut, and sound, subtitles, chapters and metadata
    come along.
    """
    from dynode_cli.media.writing.writer import EncoderOptions
    from dynode_cli.options import parse_pairs
    from dynode_cli.pipeline.plan import Timing
    from dynode_cli.pipeline.prepare import Job

    session = session_of(ctx)
    opt.use_threads(threads)
    if not dry_run:
        opt.check_stdout(session, output)
    if len(sources) > 1 and output is not None:
        raise UsageError("-o names one output, but there are several inputs", hint="use --out-dir DIR")
    if out_dir is not None and not out_dir.is_dir():
        raise UsageError(
            f"--out-dir {out_dir}: no such folder", hint=f"make it first: mkdir -p {quote(str(out_dir))}"
        )
    methods = opt.method_choice(
        session,
        generator=generator,
        inverter=inverter,
        dynamics=dynamics,
        framing=framing,
        generator_options=generator_option,
        inverter_options=inverter_option,
        dynamics_options=dynamics_option,
        framing_options=framing_option,
        refine=refine,
    )
    jobs = [
        Job(
            source,
            output,
            Timing(fps, slowmo, start, end, times, loop),
            methods,
            cuts=cuts,
            device=device,
            seed=seed,
            memory=memory,
            weights=weights,
            offline=session.offline,
            encoder=EncoderOptions(codec, crf, preset, pix_fmt, parse_pairs(encoder_opt or ())),
            audio=audio,
            input_rate=input_rate,
            deinterlace=deinterlace,
            out_dir=out_dir,
            force=force,
            samples=samples,
        )
        for source in sources
    ]
    if len(jobs) == 1:
        result = _one(session, jobs[0], dry_run, {})
        if session.json:
            session.console.print_json(result)
    else:
        _batch(session, jobs, dry_run)


def _one(session: Session, job: Job, dry_run: bool, made: dict[str, str]) -> dict[str, Any]:
    """Render one source; `made` says of the outputs of this run which source they are from."""
    from dynode_cli.pipeline.prepare import prepare, run

    with prepare(job, session.host, session.console.progress, opt.weights_store(session)) as prepared:
        if prepared.output in made:
            raise UsageError(
                f"{prepared.output} was just made from {made[prepared.output]}",
                hint="inputs of the same name need folders of their own",
            )
        made[prepared.output] = job.source
        if dry_run:
            return _show_plan(session, prepared)
        opt.tell_deinterlacing(session, job.source, prepared.plan.scan.deinterlaced)
        for line in _notes(prepared):
            session.console.message(line)
        rendered = run(prepared, session.console.progress)
    for warning in rendered.warnings:
        session.console.warn(warning)
    tell_fits(session.console, rendered.fits)
    session.console.message(_summary(prepared, rendered))
    if rendered.spread is not None:
        session.console.message(rendered.spread.told())
    return {**prepared.plan.to_json(), **opt.as_jsonable(rendered)}


def _batch(session: Session, jobs: Sequence[Job], dry_run: bool) -> None:
    console = session.console
    results: list[dict[str, Any]] = []
    made: dict[str, str] = {}
    failed = 0
    for number, job in enumerate(jobs, 1):
        console.message(f"[{number}/{len(jobs)}] {job.source}")
        try:
            results.append({"source": job.source, **_one(session, job, dry_run, made)})
        except DynodeError as error:
            failed += 1
            console.error(str(error), hint=error.hint)
            results.append({"source": job.source, "error": str(error), "exit_code": error.exit_code})
    if session.json:
        console.print_json(results)
    console.message(f"{len(jobs) - failed} of {len(jobs)} done" + (f", {failed} failed" if failed else ""))
    if failed:
        names = ", ".join(result["source"] for result in results if "error" in result)
        raise BatchError(f"{failed} of {len(jobs)} inputs failed: {names}")


def _notes(prepared: Prepared) -> list[str]:
    from dynode_cli.values.amounts import counted

    scan = prepared.plan.scan
    facts = (
        (scan.lost, "could not be decoded", "left out"),
        (scan.resized, "of another size than the first", "scaled to it"),
        (scan.missing_pts, "without a time stamp", "spaced evenly"),
        (scan.disordered_pts, "with a time stamp that does not increase", "moved"),
        (len(scan.duplicates), "like the one before", "motion is followed across them"),
        (len(scan.rests), "that stand for long", "held until just before the next"),
    )
    name = prepared.plan.info.name
    return [f"{name}: {counted(count, 'frame')} {what}; {done}" for count, what, done in facts if count]


def _show_plan(session: Session, prepared: Prepared) -> dict[str, Any]:
    from dynode_cli.pipeline.cost import estimate
    from dynode_cli.values.amounts import format_memory, format_seconds

    cost = estimate(prepared)
    facts = {
        "source": prepared.job.source,
        "output": prepared.output,
        **prepared.plan.to_json(),
        "memory_bytes": cost.memory,
        "seconds": cost.seconds,
    }
    if not session.json:
        told = {
            **facts,
            "memory_bytes": format_memory(cost.memory),
            "seconds": "depends on the fit" if cost.seconds is None else f"about {format_seconds(cost.seconds)}",
        }
        session.console.table(("what", "value"), [(key.replace("_", " "), value) for key, value in told.items()])
    return facts


def _summary(prepared: Prepared, rendered: Rendered) -> str:
    from dynode_cli.values.amounts import counted, format_seconds

    total = sum(rendered.seconds.values())
    plan = prepared.plan
    return (
        f"{rendered.output}: {counted(rendered.frames, 'frame')}, {rendered.duration:.3f} s, from "
        f"{counted(len(plan.scan.pts), 'frame')} in {counted(len(plan.shots), 'shot')}; {format_seconds(total)} "
        f"({1000 * total / rendered.frames:.0f} ms a frame)"
    )
