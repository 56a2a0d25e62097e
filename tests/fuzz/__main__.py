"""Fuzzing: seeded mutants of every kind of file that dynode reads, each in a run with limits; what became of them.

    nox -s fuzz                                 # 2,000 mutants
    nox -s fuzz -- --mutants 200 --seed 7
    nox -s fuzz -- --repeat mkv:7:31            # one mutant again, with all that it says

The exit code is 1 if a run ended with a traceback, did not end, crashed, took more memory than three times what it was
told to, or left an output behind although it failed. Mutants are made anew from their seeds and never kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.fork_server import BAD, Ended, Limits, Run, Verdict, in_child, load_everything, run_all
from tests.fuzz.mutations import mutated
from tests.fuzz.subjects import SUBJECTS, Command, lay_out, make_samples


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s fuzz --", description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=2000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of all of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), help="kinds of files")
    parser.add_argument("--repeat", metavar="KIND:SEED:NUMBER", help="run this one again and show what it says")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dynode-fuzz-") as name:
        samples = Path(name) / "samples"
        samples.mkdir()
        for variable in [variable for variable in os.environ if variable.startswith("DYNODE_")]:
            del os.environ[variable]
        os.environ |= {"DYNODE_OFFLINE": "1", "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}
        load_everything()
        in_child(lambda: make_samples(samples))
        if given.repeat:
            kind, seed, number = given.repeat.split(":")
            (ended,) = run_all([_mutant(kind, int(seed), int(number), samples)], Limits(), 1)
            print(_line(ended), ended.told, (ended.run.folder / "out").read_text(errors="replace"), sep="\n")
            return int(ended.verdict in BAD)
        for ended in run_all(_sound(samples), Limits(), given.jobs):
            if ended.verdict != "ok":
                print(f"the sample itself: {_line(ended)}", ended.told, sep="\n")
                return 1
            shutil.rmtree(ended.run.folder)
        kinds = given.only
        counts = [given.mutants // len(kinds) + (k < given.mutants % len(kinds)) for k in range(len(kinds))]
        mutants = (
            _mutant(kind, given.seed, number, samples)
            for number in range(max(counts))
            for kind, count in zip(kinds, counts, strict=True)
            if number < count
        )
        return _watch(run_all(mutants, Limits(), given.jobs))


def _mutant(kind: str, seed: int, number: int, samples: Path) -> Run:
    """Mutant `number` of `seed`, in a folder of its own, read by one of the commands that read such files."""
    subject = SUBJECTS[kind]
    random = Random(f"{kind}:{seed}:{number}")
    words = random.choice(subject.commands)
    return _run(
        f"{kind}:{seed}:{number}", kind, words, samples, lambda data: mutated(data, random, text=subject.text)
    )


def _sound(samples: Path) -> Iterator[Run]:
    """Every command on every sample as it is."""
    for kind, subject in SUBJECTS.items():
        for words in subject.commands:
            yield _run(f"{kind} as it is", kind, words, samples, lambda data: data)


def _run(name: str, kind: str, words: Command, samples: Path, change: Callable[[bytes], bytes]) -> Run:
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=samples.parent))
    file = lay_out(SUBJECTS[kind], samples, folder, change)
    stands_for = {"FILE": str(file), "SAMPLES": str(samples), "OUT": str(folder / "output")}
    arguments = []
    for word in words:
        for placeholder, value in stands_for.items():
            word = word.replace(placeholder, value) if word.startswith(placeholder) else word
        arguments.append(word)
    output = next((Path(word) for word in arguments if word.startswith(stands_for["OUT"])), folder / "output")
    return Run(name, tuple(arguments), folder, output)


def _watch(ends: Iterator[Ended]) -> int:
    """Tell of each that is bad at once, and of all in the end, or when it is stopped (Ctrl-C)."""
    counted: dict[str, Counter[Verdict]] = {}
    bad = 0
    try:
        for ended in ends:
            counted.setdefault(ended.run.name.split(":")[0], Counter())[ended.verdict] += 1
            if ended.verdict in BAD:
                bad += 1
                print(_line(ended), ended.told, sep="\n", flush=True)
            shutil.rmtree(ended.run.folder)
    except KeyboardInterrupt:
        print("stopped")
    columns: tuple[Verdict, ...] = ("ok", "clean error", "long", *BAD)
    print(f"{'':22}" + "".join(f"{column:>12}" for column in columns))
    for kind, verdicts in counted.items():
        print(f"{kind:22}" + "".join(f"{verdicts[column]:12}" for column in columns))
    total = sum(counted.values(), Counter())
    print(f"{total.total():<22}" + "".join(f"{total[column]:12}" for column in columns))
    return int(bad > 0)


def _line(ended: Ended) -> str:
    return (
        f"{ended.verdict}: {ended.run.name}, {ended.seconds:.1f} s, {ended.memory / 2**20:.0f} MiB: "
        f"dynode {' '.join(ended.run.arguments)}"
    )


if __name__ == "__main__":
    sys.exit(main())
