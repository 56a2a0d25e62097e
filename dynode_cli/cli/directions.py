"""``dynode directions``: the directions in which edits go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from dynode_cli.cli import job_options as opt
from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.session import Session, session_of
from dynode_cli.errors import UsageError

if TYPE_CHECKING:
    from dynode_cli.directions.latent import LatentDirection
    from dynode_cli.pipeline.methods import Methods

app = command_app("List, show and learn the directions in which edits go.", group=True)


@command(app, "list", examples=["dynode directions list", "dynode directions list --json"])
def list_directions(ctx: typer.Context) -> None:
    """List the directions that have names; files and sefa:N can be used as well."""
    session = session_of(ctx)
    rows = [
        {"name": r.name, "summary": r.summary, "plugin": r.plugin} for r in session.host.registrations("direction")
    ]
    if session.json:
        session.console.print_json(rows)
        return
    session.console.table(("name", "what it does"), [(row["name"], row["summary"]) for row in rows])
    session.console.message(
        "also: FILE.pt, .npy or .safetensors, FILE.pt:3 of principal components, sefa:3 of the generator itself; "
        "each with @4-8 for some layers"
    )


@command(
    app,
    "show",
    examples=[
        "dynode directions show smile",
        "dynode directions show age.pt",
        "dynode directions show ffhq_pca.pt:3@2-5 --json",
    ],
)
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As for dynode edit --direction.")],
) -> None:
    """Show what a direction is: its space, its size, where it comes from."""
    session = session_of(ctx)
    facts = _facts(session, name)
    if session.json:
        session.console.print_json(facts)
    else:
        session.console.table(("what", "value"), [(key, value) for key, value in facts.items() if value is not None])


@command(
    app,
    "learn",
    examples=[
        "dynode directions learn --with happy.safetensors --without sad.safetensors --space w+ -o smile.safetensors",
        "dynode directions learn --with smiling/ --without plain/ -g dcgan --method svm -o smile.safetensors",
    ],
)
def learn(
    ctx: typer.Context,
    positive: Annotated[
        list[Path], typer.Option("--with", metavar="PATH", help="Examples that show it: codes, pictures or a folder.")
    ],
    negative: Annotated[list[Path], typer.Option("--without", metavar="PATH", help="Examples that do not.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Direction file to write, .safetensors.")
    ],
    method: Annotated[
        Literal["mean", "svm"],
        typer.Option("--method", help="Difference of the means, or normal of the separating plane."),
    ] = "mean",
    space: Annotated[
        Literal["z", "w", "w+"] | None,
        typer.Option("--space", help="Space of the codes. Default: that of --generator."),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option("--generator", "-g", metavar="NAME", rich_help_panel=opt.METHOD, help="What made the codes."),
    ] = None,
    inverter: opt.Inverter = None,
    generator_option: opt.GeneratorOptions = None,
    inverter_option: opt.InverterOptions = None,
    framing: opt.Framing = None,
    framing_option: opt.FramingOptions = None,
    weights: opt.Weights = None,
    force: opt.Force = False,
    device: opt.Device = "cpu",
    seed: opt.Seed = 0,
    memory: opt.Memory = "512MiB",
    threads: opt.Threads = None,
) -> None:
    """Learn a direction from two sets of examples: codes of `dynode invert`, or pictures, which are inverted."""
    from dynode_cli.directions.files import save_direction
    from dynode_cli.directions.latent import LatentDirection
    from dynode_cli.directions.learning import learn_direction
    from dynode_cli.media.writing.target import check_target
    from dynode_cli.pipeline.methods import build_methods
    from dynode_cli.pipeline.prepare import Job
    from dynode_cli.verbs.learn import load_examples

    session = session_of(ctx)
    opt.use_threads(threads)
    if output.suffix != ".safetensors":
        raise UsageError(f"{output}: directions are written as .safetensors")
    check_target(str(output), None, force=force)
    methods: Methods | None = None
    if generator is not None:
        choice = opt.method_choice(
            session,
            generator=generator,
            inverter=inverter,
            framing=framing,
            generator_options=generator_option,
            inverter_options=inverter_option,
            framing_options=framing_option,
        )
        job = Job(str(output), device=device, seed=seed, memory=memory, weights=weights, offline=session.offline)
        job.check()
        methods = build_methods(session.host, choice, job.context(opt.weights_store(session)))
    where = space or (methods.generator.space if methods is not None else "")
    if not where:
        raise UsageError("a direction belongs to a space, and none was named", hint="give --space, or --generator")
    with session.console.progress("inverting", 0) as progress:
        one, other = (load_examples(places, methods, progress) for places in (positive, negative))
    vector = learn_direction(one, other, method)
    provenance = {
        "method": method,
        "with": f"{len(one)} examples in {', '.join(path.name for path in positive)}",
        "without": f"{len(other)} examples in {', '.join(path.name for path in negative)}",
        "generator": generator or "",
        "weights": "" if weights is None else Path(weights).name,
    }
    direction = LatentDirection(output.stem, where, vector, None, provenance)
    save_direction(output, direction)
    facts = _described(direction)
    if session.json:
        session.console.print_json({"output": str(output), **facts})
    session.console.message(
        f"{output}: a direction of space {where} from {len(one)} and {len(other)} examples; "
        f"use it as --direction {output}=1"
    )


def _facts(session: Session, name: str) -> dict[str, Any]:
    from dynode_cli import suggestions
    from dynode_cli.directions.files import components_in, load_direction
    from dynode_cli.directions.finding import check_named
    from dynode_cli.directions.latent import LatentDirection
    from dynode_cli.values.direction_words import parse_word

    word = parse_word(name)
    if word.is_file:
        path = Path(word.name)
        count = components_in(path) if path.is_file() and word.component is None else None
        if count is not None:
            return {"name": path.name, "space": word.space or "w", "components": count, "use": f"{path}:0"}
        direction = load_direction(path, word.component, word.space)
        return _described(direction if word.layers is None else direction.on_layers(*word.layers))
    if word.name == "sefa":
        return {"name": "sefa", "space": "that of the generator", "use": "sefa:0 is the strongest", "source": "SeFa"}
    if word.name not in session.host.names("direction"):
        hint = suggestions.hint(word.name, session.host.names("direction"))
        raise UsageError(f"there is no direction '{word.name}'", hint=hint)
    registration = session.host.registration("direction", word.name)
    implementation: Any = session.host.implementation("direction", word.name)
    space = getattr(implementation, "space", None)
    check_named(word, space, layered=isinstance(implementation, type) and issubclass(implementation, LatentDirection))
    return {
        "name": word.name,
        "space": space,
        "summary": registration.summary,
        "plugin": registration.plugin,
        "use": f"--direction {word.name}=1",
    }


def _described(direction: LatentDirection) -> dict[str, Any]:
    shape = tuple(direction.vector.shape)
    return {
        "name": direction.name,
        "space": direction.space,
        "shape": list(shape),
        "length": float(direction.vector.norm()),
        "layers": None if direction.layers is None else list(direction.layers),
        **direction.provenance,
    }
