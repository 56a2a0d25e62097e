"""The harness reports what is known beforehand: a sleep, an allocation, an outlier."""

from __future__ import annotations

import gc
import sys
import time
import weakref

import pytest
import torch

from dynode_cli.benchmark.measuring.harness import Limits, quartiles_of, race, settled
from dynode_cli.benchmark.measuring.meter import peak_bytes, run_fresh
from dynode_cli.benchmark.measuring.scope import quick_scope
from dynode_cli.errors import DynodeError


def test_a_known_sleep_is_reported() -> None:
    works = {"short": lambda number: time.sleep(0.010), "long": lambda number: time.sleep(0.030)}
    spreads = race(works, Limits(repeats=5, warmups=1, seconds=5.0))
    # A sleep is never shorter than asked for; a busy machine makes it longer, but not both alike by chance.
    assert 10.0 <= spreads["short"].median < 30.0 <= spreads["long"].median
    assert spreads["short"].count == spreads["long"].count == 5
    assert spreads["short"].low <= spreads["short"].median <= spreads["short"].high


def test_the_first_call_is_cold_and_kept_apart() -> None:
    def work(number: int) -> None:
        time.sleep(0.05 if number == 0 else 0.001)

    spread = race({"work": work}, Limits(repeats=4, warmups=2))["work"]
    assert spread.cold is not None and spread.cold >= 50.0
    assert spread.median < spread.cold


def test_a_slow_first_call_does_not_cost_the_warm_ups() -> None:
    def calls_of(limits: Limits) -> int:
        calls: list[int] = []

        def work(number: int) -> None:
            time.sleep(0.1 if number == 0 else 0.002)
            calls.append(number)

        race({"work": work}, limits)
        return len(calls)

    assert calls_of(Limits(repeats=1, fewest=1, warmups=25, seconds=0.01, warm_seconds=60.0)) == 27
    # Warm-ups end with the one in which their time ran out.
    assert calls_of(Limits(repeats=1, fewest=1, warmups=25, seconds=0.0)) == 3
    on_gpu = quick_scope("cuda", 1).limits
    assert (on_gpu.warmups, on_gpu.warm_seconds) == (25, 5.0)


def test_rivals_take_turns_and_inputs_rotate() -> None:
    calls: list[tuple[str, int]] = []
    works = {name: lambda number, name=name: calls.append((name, number)) for name in ("a", "b")}
    race(works, Limits(repeats=3, warmups=1))
    assert calls[:4] == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert calls[4:] == [(name, number) for number in (2, 3, 4) for name in ("a", "b")]


def test_a_slow_row_is_measured_only_as_often_as_it_must() -> None:
    works = {"slow": lambda number: time.sleep(0.02), "fast": lambda number: None}
    spreads = race(works, Limits(repeats=8, fewest=2, warmups=0, seconds=0.001))
    assert spreads["slow"].count == 2
    assert spreads["fast"].count == 8


def test_median_quartiles_and_outliers() -> None:
    spread = quartiles_of([1.0, 2.0, 3.0, 4.0, 100.0], cold=7.0)
    assert (spread.low, spread.median, spread.high, spread.iqr) == (2.0, 3.0, 4.0, 2.0)
    assert (spread.count, spread.outliers, spread.cold) == (5, 1, 7.0)


def test_a_known_allocation_is_reported() -> None:
    def work() -> torch.Tensor:
        first = torch.ones(1000, 500)  # 2 MB, which live ...
        second = first + 1.0  # ... with 2 MB more ...
        del first
        return second[:, :1] * torch.ones(1, 250)  # ... and then with 1 MB and a thousandth.

    assert peak_bytes(work) == 4_000_000


def test_operations_on_lists_of_tensors_are_counted() -> None:
    parts = [torch.ones(1000, 250) for _ in range(2)]  # Made before: not counted.
    assert peak_bytes(lambda: torch.cat(parts)) == 2_000_000
    assert peak_bytes(lambda: torch._foreach_add(parts, 1.0)) == 2_000_000
    assert peak_bytes(lambda: torch.cat(parts).split(1000)) == 2_000_000


def test_garbage_is_found_in_what_lives_since() -> None:
    there: list[object] = []
    there.append(there)
    with settled():
        assert gc.get_freeze_count() > 0
        assert peak_bytes(_cycle) == 4_000
        made = weakref.ref(_cycle())
        gc.collect()
        assert made() is None
    assert gc.get_freeze_count() == 0


class _Holder:
    def __init__(self) -> None:
        self.itself, self.tensor = self, torch.ones(1000)


def _cycle() -> _Holder:
    return _Holder()


def test_what_was_there_before_is_not_counted() -> None:
    there = torch.ones(1000, 1000)
    assert peak_bytes(lambda: there.add_(1.0)) == 0
    assert peak_bytes(lambda: there[:10]) == 0


def test_a_process_of_known_size_and_length() -> None:
    code = (
        "import time; data = bytearray({size}); data[::4096] = data[::4096]; time.sleep({seconds}); print(len(data))"
    )
    small = run_fresh([sys.executable, "-c", code.format(size=1, seconds=0.0)])
    large = run_fresh([sys.executable, "-c", code.format(size=64_000_000, seconds=0.3)])
    assert large.output.strip() == "64000000"
    assert large.wall >= 0.3
    assert small.peak is not None and large.peak is not None and large.cpu is not None
    assert abs((large.peak - small.peak) - 64_000_000) < 4_000_000


def test_the_parent_is_not_counted() -> None:
    held = torch.ones(60_000_000)  # 240 MB
    small = run_fresh([sys.executable, "-c", "pass"])
    assert len(held) and small.peak is not None and small.peak < 60_000_000


def test_a_process_that_fails_or_hangs_is_an_error() -> None:
    with pytest.raises(DynodeError, match="status 3: no such thing"):
        run_fresh([sys.executable, "-c", "import sys; sys.stderr.write('no such thing'); sys.exit(3)"])
    with pytest.raises(DynodeError, match=r"status 2: no such encoder$"):
        words = "error: no such encoder\\nhint: use another\\n"
        run_fresh([sys.executable, "-c", f"import sys; sys.stderr.write('{words}'); sys.exit(2)"])
    with pytest.raises(DynodeError, match="status 1"):
        run_fresh([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.3)
