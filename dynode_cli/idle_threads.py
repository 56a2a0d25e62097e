"""Idle threads: those of OpenMP, OpenCV and BLAS sleep while they have nothing to do, instead of spinning.

A thread that spins waits for its next piece of work at full speed. On a machine that has other things to do it takes
the time of those who would work: beside two busy processes a run took 3.4 times the CPU time of a run alone.
"""

from __future__ import annotations

import os

_ASLEEP = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "GOMP_SPINCOUNT": "0",
    "KMP_BLOCKTIME": "0",
    "OPENBLAS_THREAD_TIMEOUT": "4",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "0",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER": "0",
}
"""OpenMP's own, that of GNU and that of Intel (MKL waits as its OpenMP does); 2 to the power of 4 ticks is the least
that OpenBLAS takes."""


def let_sleep() -> None:
    """Set what these libraries read when they are loaded, whatever the user has set: call it before all of them."""
    os.environ.update(_ASLEEP)
