"""``dynode directions``: the directions in which edits go."""

from __future__ import annotations

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session
from dynode_cli.requests.directions import LearnDirection, ShowDirection

app = command_app("List, show and learn the directions in which edits go.", group=True)


@command(app, "list", examples=["dynode directions list", "dynode directions list --json"])
def list_directions(session: Session, given: Given) -> None:
    """List the directions that have names; files and sefa:N can be used as well."""
    rows = [
        {"name": r.name, "summary": r.summary, "plugin": r.plugin} for r in session.plugins.registrations("direction")
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
    takes=(ShowDirection,),
    examples=[
        "dynode directions show smile",
        "dynode directions show age.pt",
        "dynode directions show ffhq_pca.pt:3@2-5 --json",
    ],
)
def show(session: Session, given: Given) -> None:
    request = given.to(ShowDirection)
    from dynode_cli.verbs.directions import show_direction

    facts = show_direction(request, session.plugins)
    if session.json:
        session.console.print_json(facts)
    else:
        session.console.table(("what", "value"), [(key, value) for key, value in facts.items() if value is not None])


@command(
    app,
    "learn",
    takes=(LearnDirection,),
    examples=[
        "dynode directions learn --with happy.safetensors --without sad.safetensors --space w+ -o smile.safetensors",
        "dynode directions learn --with smiling/ --without plain/ -g dcgan --method svm -o smile.safetensors",
    ],
)
def learn(session: Session, given: Given) -> None:
    request = given.to(LearnDirection)
    with session.working(request):
        from dynode_cli.verbs.directions import facts_of
        from dynode_cli.verbs.learn import learn_direction

        learned = learn_direction(request, session.host)
    if session.json:
        session.console.print_json({"output": learned.output, **facts_of(learned.direction)})
    session.console.message(
        f"{learned.output}: a direction of space {learned.direction.space} from {learned.positive} and "
        f"{learned.negative} examples; use it as --direction {learned.output}=1"
    )
