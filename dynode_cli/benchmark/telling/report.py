"""The report: one HTML page with tables, curves drawn as SVG, and the environment; it needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dynode_cli.benchmark.results import Results
from dynode_cli.benchmark.telling import text
from dynode_cli.benchmark.telling.charts import NARROW, Chart, chart
from dynode_cli.benchmark.telling.compare import GOOD, Comparison, changed
from dynode_cli.saving.whole import write_text


def write_report(path: Path, results: Results, comparison: Comparison | None = None, *, replace: bool) -> None:
    """Write the page to `path`.

    Arguments:
        replace: whether a file that is there may be replaced.

    Raises:
        DynodeError: it cannot be written.
    """
    write_text(path, render(results, comparison), replace=replace)


def render(results: Results, comparison: Comparison | None = None) -> str:
    """The page."""
    environment = Environment(
        loader=PackageLoader("dynode_cli.benchmark", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = text.number
    charts: dict[str, list[tuple[Chart, Chart]]] = {
        section.name: [(chart(curve), chart(curve, NARROW)) for curve in section.curves if curve.series]
        for section in results.sections
    }
    return environment.get_template("report.html").render(
        results=results,
        charts=charts,
        comparison=comparison,
        changes=[] if comparison is None else changed(comparison),
        tables={section.name: list(text.tables(section)) for section in results.sections},
        glossaries={section.name: text.glossary(section) for section in results.sections},
        heading=text.heading,
        good=GOOD,
        facts=_facts(results),
    )


def _facts(results: Results) -> list[tuple[str, str]]:
    """The environment in words."""
    found: dict[str, Any] = dict(results.environment)
    devices = [str(device.get("model") or device.get("name")) for device in found.get("devices", ())]
    versions = {name: version for name, version in found.get("versions", {}).items() if version}
    memory = found.get("memory")
    facts = [
        ("Measured", found.get("measured")),
        ("Devices", "; ".join(devices)),
        ("Device measured", results.settings.get("device")),
        ("Threads", f"{found.get('threads')} of {found.get('processors')} processors"),
        ("Memory", f"{memory / 1e9:.1f} GB" if memory else None),
        ("Load before the run", found.get("load")),
        ("System", found.get("system")),
        ("Revision", found.get("revision")),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("Settings", ", ".join(f"{name}: {value}" for name, value in results.settings.items())),
    ]
    return [(name, str(value)) for name, value in facts if value not in (None, "")]
