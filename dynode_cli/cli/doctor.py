"""``dynode doctor``: is this installation sound?"""

from __future__ import annotations

from dataclasses import asdict

import typer

from dynode_cli.cli.command import command, command_app
from dynode_cli.cli.declared import Given
from dynode_cli.cli.session import Session

app = command_app()


@command(app, examples=["dynode doctor", "dynode doctor --json   # for a bug report"])
def doctor(session: Session, given: Given) -> None:
    """Check this installation: versions, devices, codecs, plugins, and how fast it is.

    Warnings leave the exit code 0; it is another one only if dynode cannot render here.
    """
    from dynode_cli.cli.plugin_reports import listing
    from dynode_cli.verbs.doctor import examine

    console = session.console
    report = examine(session.plugins, [layer.source for layer in session.settings.layers])
    if session.json:
        checks = [asdict(check) for check in report.checks]
        console.print_json({**report.facts, "plugins": listing(session.plugins), "checks": checks})
    else:
        installed = ", ".join(f"{name} {found or 'missing'}" for name, found in report.facts["versions"].items())
        console.write(installed)
        console.table(["check", "result", "detail"], [(c.name, c.status, c.detail) for c in report.checks])
        for check in report.checks:
            if check.hint:
                console.write(f"{check.name}: {check.hint}")
    if report.exit_code:
        raise typer.Exit(report.exit_code)
