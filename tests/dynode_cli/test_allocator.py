import gc
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dynode_cli import allocator


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_free_pieces_between_pieces_in_use_are_given_back() -> None:
    # Small enough for the heap, and every other one stays, so that nothing lies free at its top.
    pieces = [torch.ones(16_000) for _ in range(2_000)]
    del pieces[::2]
    gc.collect()
    before = resident()
    allocator.give_back()
    assert before - resident() > 30 << 20
    assert all(bool((piece == 1).all()) for piece in pieces)


TOUCHED = """
import resource
import numpy as np
from dynode_cli import allocator
{keep}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(1 << 23)
before = faults()
for _ in range(4):
    np.ones(1 << 23)
print(faults() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts pages as Linux does")
def test_large_pieces_are_kept_and_used_again() -> None:
    def faults(keep: str) -> int:
        done = subprocess.run(
            [sys.executable, "-P", "-c", TOUCHED.format(keep=keep)], capture_output=True, text=True, check=True
        )
        return int(done.stdout)

    assert faults("allocator.keep()") < faults("") / 10
