"""`dynode bench quality`: what the ways to move codes are worth, on frames and codes that were held out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from dynode_cli.benchmark.measuring.scope import Scope
from dynode_cli.benchmark.problems.families import FAMILIES, Truth
from dynode_cli.benchmark.results import Column, Curve, Row, Section, Value
from dynode_cli.contracts import Context
from dynode_cli.errors import DynodeError
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.evaluate import Evaluate
from dynode_cli.saving.scratch import scratch_folder
from dynode_cli.synthetic.clips import write_clip
from dynode_cli.synthetic.scene import scene
from dynode_cli.verbs.evaluation.evaluate import Evaluation, evaluate
from dynode_cli.verbs.evaluation.metrics import STANDARD

RATES = (2, 4)
"""Every so many-th frame is kept."""
SAMPLE = Path(__file__).parents[3] / "examples" / "big_buck_bunny.mp4"
"""The clip of the repository; an installed program does not have it."""
SEEDS = (0, 1, 2)
TELLING = 0.01
"""Share by which a dynamics has to be better to be named."""
PATIENCE = 4
"""A fit may take so many times what a call of the other parts may, before it is left at one seed."""
FIRST = "linear"
"""The dynamics that the others are measured against."""
QUICK_FAMILIES = ("limit cycle",)
QUICK_DYNAMICS = (FIRST, "spline", "gp", "ode", "cde", "sde")
FIGURES = (
    Column("psnr", "PSNR", "dB", 4, "how near the rebuilt frames are to the real ones; 1 dB is just seen", "high"),
    Column("ssim", "SSIM", "", 4, "likeness of structure, 1 for equal frames", "high"),
    Column("flicker", "flicker", "levels", 3, "how far changes from frame to frame are off: trembling", "low"),
)
"""Those of the standard metrics, by their names; others get theirs when they are measured."""
COLUMNS = (
    Column("each", "a frame", "ms", 3, "time to rebuild one frame"),
    Column("missed", "held-out error", "", 3, "distance to the codes that were left out, over their spread", "low"),
    Column("worst", "worst seed", "", 3, "the same for the curve on which it was largest"),
    Column("ratio", "of linear", "x", 3, "that error over the one of straight lines, the baseline"),
    Column("seeds", "seeds", "", 3, "how many curves were tried"),
    Column("fit", "fit", "s", 2, "time to fit the curve, once"),
    Column("chosen", "the curve is", "", 3, "which kind of curve fitted best"),
)


@dataclass(frozen=True)
class Footage:
    """A clip whose frames are held out."""

    name: str
    path: Path
    limit: int
    """At most so many frames are rebuilt."""


@dataclass
class Misses:
    """What one dynamics makes of one family."""

    errors: list[float] = field(default_factory=list)
    """Of each seed."""
    seconds: list[float] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    note: str = ""


def measure(scope: Scope, host: Host) -> Section:
    """Hold out frames of clips, then codes of known curves."""
    rows: list[Row] = []
    findings: list[str] = []
    further: dict[str, Column] = {}
    drawn: dict[str, dict[str, list[tuple[float, float]]]] = {}
    with scratch_folder() as folder:
        for footage in _footage(scope, folder):
            for rate in RATES:
                group = f"frames: {footage.name}, {rate}x"
                scope.note(f"quality: {group}")
                request = Evaluate(
                    footage.path,
                    keep_every=rate,
                    limit=footage.limit,
                    metrics=scope.metrics,
                    dynamics=scope.dynamics,
                    dynamics_options=scope.dynamics_options,
                    device=scope.device,
                )
                try:
                    found = evaluate(request, host)
                except DynodeError as error:
                    rows.append(Row(group, "all methods", {}, f"not run: {error}"))
                    continue
                rows += _frame_rows(group, found)
                further |= {
                    m.name: Column(m.name, m.name, m.unit, better="high" if m.higher_is_better else "low")
                    for m in found.metrics
                    if m.name not in STANDARD
                }
                findings.append(f"{footage.name}, {rate}x, {found.held_out} frames: {found.verdict}")
                for score in found.scores:
                    levels = 255 * 10 ** (-score.psnr / 20)
                    drawn.setdefault(footage.name, {}).setdefault(score.method, []).append((rate, levels))
    for name in QUICK_FAMILIES if scope.quick else ("limit cycle", "multi-tone", "brownian"):
        scope.note(f"quality: codes, {name}")
        family = list(_family_rows(name, scope, host))
        rows += family
        findings += _code_finding(name, family)
    return Section(
        "quality",
        "What it is worth: held-out quality",
        "Frames: of every shot each 2nd (4th) frame is kept, and the others are rebuilt from them and compared with the "
        "real ones (as dynode eval does): PSNR and SSIM are means over the rebuilt frames on the 8-bit scale, flicker is "
        "the error of the changes from frame to frame, other metrics are as `dynode plugins info` says, a frame is the "
        "wall time to rebuild one. linear and the dynamics below it are ours, with the generator motion. Codes: each 2nd "
        "code of a known curve is kept; the error is the mean of |made - true| / |true - mean| over the others, against "
        "the clean curve, and the mean over the seeds. Limit cycle: motion that recurs, with noise; multi-tone: smooth "
        "motion that does not; brownian: a random walk, of which nothing can know more than the straight line.",
        (*FIGURES, *further.values(), *COLUMNS),
        rows,
        [
            Curve(
                f"Root-mean-square error of rebuilt frames: {name}", "one frame in so many is kept", "levels", series
            )
            for name, series in drawn.items()
        ],
        findings,
    )


def _footage(scope: Scope, folder: Path) -> Iterator[Footage]:
    height, width, count = (90, 160, 13) if scope.quick else (270, 480, 49)
    made = write_clip(folder / "scene.mp4", list(scene((height, width), count)))
    yield Footage(f"made scene, {width} x {height}", made, 6 if scope.quick else 24)
    if not scope.quick and SAMPLE.is_file():
        yield Footage("Big Buck Bunny, 640 x 360", SAMPLE, 24)


def _frame_rows(group: str, found: Evaluation) -> Iterator[Row]:
    for score in found.scores:
        yield Row(group, score.method, {**score.figures, "each": score.milliseconds})


def _family_rows(name: str, scope: Scope, host: Host) -> Iterator[Row]:
    known = host.names("dynamics")
    names = [FIRST, *(other for other in known if other != FIRST)] if FIRST in known else list(known)
    base: list[float] = []
    for dynamics in names:
        if scope.dynamics is None and scope.quick and dynamics not in QUICK_DYNAMICS:
            continue
        if scope.dynamics is not None and dynamics not in (FIRST, scope.dynamics):
            continue
        found = _misses(name, dynamics, scope, host)
        if not found.errors:
            yield Row(f"codes: {name}, 2x", dynamics, {}, found.note)
            continue
        base = found.errors if dynamics == FIRST else base
        values: dict[str, Value] = {
            "missed": fmean(found.errors),
            "worst": max(found.errors),
            # Seeds differ more than dynamics do: both means are over the same ones.
            "ratio": fmean(found.errors) / fmean(base[: len(found.errors)]) if base else "no linear",
            "seeds": len(found.errors),
            "fit": fmean(found.seconds),
            "chosen": ", ".join(dict.fromkeys(found.chosen)),
        }
        yield Row(f"codes: {name}, 2x", dynamics, values, found.note)


def _misses(family: str, dynamics: str, scope: Scope, host: Host) -> Misses:
    """Errors on every seed; on the first alone where a fit takes much longer than a call may."""
    found = Misses()
    for seed in SEEDS[:1] if scope.quick else SEEDS:
        if found.seconds and found.seconds[0] > PATIENCE * scope.cap_seconds:
            found.note = f"one seed: a fit takes {found.seconds[0]:.0f} s"
            break
        truth = FAMILIES[family](seed)
        started = time.perf_counter()
        try:
            options = scope.options_of(dynamics)
            error, chosen = held_out_error(truth, dynamics, scope.device, host, options)
        except DynodeError as problem:
            found.note = f"not run: {problem}"
            break
        found.seconds.append(time.perf_counter() - started)
        found.errors.append(error)
        found.chosen.append(chosen)
    return found


def held_out_error(
    truth: Truth, dynamics: str, device: str, host: Host, options: Mapping[str, object] | None = None
) -> tuple[float, str]:
    """Error of the odd codes of `truth` from the even ones, and what the dynamics took for them."""
    codes, clean = truth.codes.to(device), truth.clean.flatten(1)
    left = list(range(1, len(codes) - 1, 2))
    fitted = host.create("dynamics", dynamics, options or {}, Context(device=device)).fit(
        truth.times[::2], codes[::2]
    )
    with warnings.catch_warnings():
        # What a dynamics has to say about the curve is no matter of its score.
        warnings.simplefilter("ignore")
        made = fitted.evaluate(truth.times[left]).flatten(1).cpu()
    radius = (clean[left] - clean.mean(dim=0)).norm(dim=1)
    error = ((made - clean[left]).norm(dim=1) / radius).mean()
    report = fitted.report()
    return float(error), str(report.details.get("field") or report.method)


def _code_finding(name: str, rows: Sequence[Row]) -> list[str]:
    ratios = {row.name: value for row in rows if isinstance(value := row.values.get("ratio"), float)}
    if FIRST not in ratios:
        return []
    best = min(ratios, key=ratios.__getitem__)
    if ratios[best] > 1.0 - TELLING:
        return [f"Codes of {name}: nothing is better than the straight line by {100 * TELLING:.0f} %."]
    return [f"Codes of {name}: {best} misses held-out codes by {ratios[best]:.2f} of what {FIRST} misses them by."]
