"""CPU threads are bounded for a while, and given back."""

from __future__ import annotations

import cv2
import torch

from dynode_cli.pipeline.threads import threads_at_most


def test_threads_are_fixed_and_given_back() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    with threads_at_most(before[0] + 1):
        assert torch.get_num_threads() == before[0] + 1
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_none_leaves_them_alone() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    with threads_at_most(None):
        assert (torch.get_num_threads(), cv2.getNumThreads()) == before
