"""How fast is this tree beside another revision: CPU time, wall time and peak memory, run in turn?

    python benchmarks/against.py REV [--case NAME ...] [--pairs 5] [--json OUT]

Both the revision and this working tree (what git tracks of it, as it is on disk) are installed into environments of
their own, which borrow what the running Python has installed and fetch only what is missing there. Every run is a
fresh process of the program. The two take turns, so that whatever else the machine does meets both; what is told is
the median of the ratios of neighbouring runs, and the least and the largest of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import av
import cv2
import numpy as np
from environment import environment, sample_clip

_FROM = 8
"""First frame of Big Buck Bunny that is used; the one before it repeats another."""


@dataclass(frozen=True)
class Case:
    """Something to render."""

    size: tuple[int, int]
    """(width, height)."""
    frames: int
    """Of the source."""
    rate: str
    threads: int = 1
    busy: int = 0
    """Processes beside it that never rest."""
    starts: bool = True
    """The CPU time of the case `start` is taken off."""


CASES = {
    "start": Case((160, 90), 2, "2x", starts=False),
    "360p-2x": Case((640, 360), 9, "2x"),
    "720p-2x": Case((1280, 720), 9, "2x"),
    "720p-10x": Case((1280, 720), 11, "10x"),
    "1080p-2x": Case((1920, 1080), 9, "2x"),
    "2160p-2x": Case((3840, 2160), 5, "2x"),
    "quiet": Case((1280, 720), 6, "10x", threads=2),
    "busy": Case((1280, 720), 6, "10x", threads=2, busy=2),
}


@dataclass(frozen=True)
class Cost:
    """Of one run of the program, the processes that it started included."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    peak: float
    """MB, of the largest of its processes."""
    faults: int
    """Pages that had to be mapped."""


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revision", help="what to compare with: anything that git knows")
    parser.add_argument("--case", nargs="*", choices=list(CASES), default=list(CASES))
    parser.add_argument("--pairs", type=int, default=5, help="runs of each, in turn")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    names = [name for name in CASES if name in {*arguments.case, "start"}]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sides = {
            arguments.revision: _installed(
                _of_revision(root, arguments.revision, folder / "then"), folder / "venv-then"
            ),
            "tree": _installed(_of_tree(root, folder / "now"), folder / "venv-now"),
        }
        costs: dict[str, dict[str, list[Cost]]] = {}
        for name in names:
            clip = _clip(CASES[name], folder / f"{name}.mp4")
            costs[name] = _in_turn(CASES[name], sides, clip, arguments.pairs)
            starts = {side: median(cost.cpu for cost in costs["start"][side]) for side in sides}
            _tell(name, CASES[name], costs[name], starts)
    if arguments.json is not None:
        report = {
            "environment": environment(1),
            "cases": {name: asdict(CASES[name]) for name in names},
            "costs": {
                name: {side: [asdict(cost) for cost in found] for side, found in each.items()}
                for name, each in costs.items()
            },
        }
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _of_revision(root: Path, revision: str, folder: Path) -> Path:
    folder.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=root, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive, check=True)
    return folder


def _of_tree(root: Path, folder: Path) -> Path:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    return folder


def _installed(project: Path, folder: Path) -> Path:
    """The Python of a new environment in `folder` that has `project`, and beside it what this Python has."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    [own] = folder.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (own / "borrowed.pth").write_text("".join(f"{path}\n" for path in borrowed), encoding="utf-8")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", project]
    subprocess.run([str(part) for part in install], check=True, env=_variables(folder))
    return python


def _variables(home: Path) -> dict[str, str]:
    """The environment of runs: nothing of the user's settings, and no path to another copy of the program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DYNODE_", "OMP_"))}
    return {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}


def _clip(case: Case, path: Path) -> Path:
    """A part of Big Buck Bunny at the size of `case`, nearly lossless."""
    size = case.size
    with av.open(str(sample_clip("bigbuckbunny"))) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", 25, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for k, frame in enumerate(source.decode(video=0)):
            if _FROM <= k < _FROM + case.frames:
                rgb = frame.to_ndarray(format="rgb24")
                kernel = cv2.INTER_AREA if size[0] < rgb.shape[1] else cv2.INTER_CUBIC
                scaled = np.ascontiguousarray(cv2.resize(rgb, size, interpolation=kernel))
                target.mux(stream.encode(av.VideoFrame.from_ndarray(scaled, format="rgb24")))
        target.mux(stream.encode())
    return path


def _in_turn(case: Case, sides: dict[str, Path], clip: Path, pairs: int) -> dict[str, list[Cost]]:
    found: dict[str, list[Cost]] = {side: [] for side in sides}
    for python in sides.values():
        # What is only done once after an installation counts nowhere.
        _run(case, python, clip)
    for pair in range(pairs):
        order = list(sides) if pair % 2 == 0 else list(reversed(sides))
        for side in order:
            with _busy(case.busy):
                found[side].append(_run(case, sides[side], clip))
    return found


def _run(case: Case, python: Path, clip: Path) -> Cost:
    output = clip.with_suffix(".out.mp4")
    command = [str(python), "-m", "dynode_cli", "interpolate", str(clip), "--fps", case.rate, "-q"]
    command += ["--threads", str(case.threads), "-o", str(output)]
    started = time.perf_counter()
    process = subprocess.Popen(command, env=_variables(python.parents[1]), cwd=clip.parent)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    output.unlink()
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, usage.ru_minflt)


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """So many processes that never rest, while the block runs."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _tell(name: str, case: Case, costs: dict[str, list[Cost]], starts: dict[str, float]) -> None:
    (then, old), (now, new) = costs.items()
    taken = starts if case.starts else dict.fromkeys(starts, 0.0)
    rows: list[tuple[str, Sequence[float], Sequence[float]]] = [
        ("CPU s", [cost.cpu - taken[then] for cost in old], [cost.cpu - taken[now] for cost in new]),
        ("wall s", [cost.wall for cost in old], [cost.wall for cost in new]),
        ("peak MB", [cost.peak for cost in old], [cost.peak for cost in new]),
        ("faults", [cost.faults for cost in old], [cost.faults for cost in new]),
    ]
    for label, before, after in rows:
        ratios = sorted(b / a for a, b in zip(before, after, strict=True))
        print(
            f"{name:9} {label:8} {then} {median(before):10.2f}   tree {median(after):10.2f}   "
            f"ratio {median(ratios):.3f} ({ratios[0]:.3f}-{ratios[-1]:.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
