"""`dynode bench` on a GPU machine that has torch and no network.

    python benchmarks/gpu_kit.py pack kit --python 3.12      # here: dynode and what it needs, as wheels
    python kit/gpu_kit.py run -o results                     # there, with the Python that has torch

`pack` leaves torch out: the one that is there is used, and never replaced. `--has numpy,opencv-python-headless` leaves
out more that is there. `run` unpacks the wheels into a folder of its own, measures part by part on the CUDA device (on
the CPU where there is none), and writes `bench.json` and `bench.html`; a part that fails is named, the others stand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from email.parser import Parser
from pathlib import Path

PARTS = ("solvers", "quality", "memory", "render", "startup")
GLIBC = range(5, 40)
"""Second numbers of the versions of the C library that wheels may be made for."""


def pack(folder: Path, python: str, machine: str, there: set[str]) -> None:
    """Write the kit to `folder`: wheels for `python`, this file, and the revision."""
    root = Path(__file__).resolve().parents[1]
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    tags = [f"manylinux_2_{number}_{machine}" for number in GLIBC] + [f"manylinux2014_{machine}", f"linux_{machine}"]
    where = [word for tag in tags for word in ("--platform", tag)]
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--only-binary=:all:", "--python-version", python, *where]
    fetch += ["--implementation", "cp", "-d", str(folder)]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(root)], check=True
    )
    wanted = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    done: set[str] = set(there)
    while wanted:
        # One level after the other without their dependencies, so that none of them brings torch along.
        new = {name_of(each): each for each in wanted if name_of(each) not in done}
        if new:
            subprocess.run([*fetch, "--no-deps", *new.values()], check=True)
        done |= new.keys()
        wanted = [need for wheel in folder.glob("*.whl") for need in needs(wheel) if name_of(need) not in done]
    shutil.copy(__file__, folder)
    revision = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    )
    (folder / "REVISION").write_text(revision.stdout.strip(), encoding="utf-8")
    size = sum(wheel.stat().st_size for wheel in folder.glob("*.whl"))
    print(f"{folder}: {len(list(folder.glob('*.whl')))} wheels, {size / 1e6:.0f} MB, for Python {python}")


def name_of(requirement: str) -> str:
    """Normalised name of the distribution that `requirement` asks for."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=!~;(]", requirement.strip(), maxsplit=1)[0]).lower()


def needs(wheel: Path) -> Iterable[str]:
    """What the wheel requires on Linux, extras left out."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
        fields = Parser().parsestr(archive.read(metadata).decode("utf-8"))
    for requirement in fields.get_all("Requires-Dist") or ():
        wanted, _, marker = requirement.partition(";")
        if not re.search(r"extra|win32|Windows|Darwin|python_version\s*<|python_full_version\s*<", marker):
            yield wanted


def run(results: Path, parts: Iterable[str], extra: list[str]) -> int:
    """Measure `parts` with the wheels beside this file."""
    kit = Path(__file__).resolve().parent
    results = results.resolve()
    site = results / "site"
    wheels = [str(wheel) for wheel in sorted(kit.glob("*.whl"))]
    if not wheels:
        raise SystemExit(f"{kit} holds no wheels: make a kit with `gpu_kit.py pack FOLDER` and run the copy in it")
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*install, "--no-cache-dir", "--upgrade", "--target", str(site), *wheels], check=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), os.environ.get("PYTHONPATH", "")))}
    asked = "import torch; print(torch.__version__, 'cuda' if torch.cuda.is_available() else 'cpu')"
    told = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    version, device = told.stdout.split()
    print(f"torch {version}, device {device}", flush=True)
    failed = []
    for part in parts:
        command = [sys.executable, "-m", "dynode_cli", "bench", part, "--json", "--device", device, *extra]
        with (results / f"{part}.json").open("w", encoding="utf-8") as target:
            status = subprocess.run(command, env=environment, stdout=target, check=False, cwd=results).returncode
        print(f"{part}: {'done' if status == 0 else f'failed with status {status}'}", flush=True)
        if status:
            failed.append(part)
            (results / f"{part}.json").unlink()
        # After every part, so that a time limit loses no more than the part that it cuts off.
        merge(results, kit, environment)
    return 1 if failed else 0


def merge(results: Path, kit: Path, environment: dict[str, str]) -> None:
    """Put the parts that are there into `bench.json`, and make the page of it."""
    found = [
        json.loads(path.read_text(encoding="utf-8")) for part in PARTS if (path := results / f"{part}.json").is_file()
    ]
    if not found:
        return
    whole = {**found[0], "sections": [section for each in found for section in each["sections"]]}
    whole["environment"]["revision"] = (kit / "REVISION").read_text(encoding="utf-8")
    (results / "bench.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    page = (
        "from pathlib import Path; from dynode_cli.benchmark.telling.report import write_report; "
        "from dynode_cli.benchmark.results import load; write_report(Path('bench.html'), load(Path('bench.json')))"
    )
    subprocess.run([sys.executable, "-c", page], env=environment, check=True, cwd=results)


def main() -> int:
    """Pack or run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    packing = commands.add_parser("pack", help="write the kit; needs the package index")
    packing.add_argument("folder", type=Path)
    packing.add_argument("--python", default=f"{sys.version_info.major}.{sys.version_info.minor}")
    packing.add_argument("--machine", default="x86_64")
    packing.add_argument("--has", default="", help="comma list of distributions that are there, beside torch")
    running = commands.add_parser("run", help="measure; needs torch, and no network")
    running.add_argument("--output", "-o", type=Path, default=Path("results"))
    running.add_argument("--parts", default=",".join(PARTS))
    arguments, extra = parser.parse_known_args()
    if arguments.command == "pack":
        there = {"torch"} | {name_of(name) for name in arguments.has.split(",") if name}
        pack(arguments.folder, arguments.python, arguments.machine, there)
        return 0
    return run(arguments.output, arguments.parts.split(","), extra)


if __name__ == "__main__":
    raise SystemExit(main())
