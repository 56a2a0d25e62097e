"""CPU threads are bounded while a block runs, and given back."""

from __future__ import annotations

import cv2
import torch

from dynode_cli.machine import processors
from dynode_cli.pipeline.threads import threads_at_most


def test_threads_are_bounded_and_given_back() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    with threads_at_most(1):
        assert torch.get_num_threads() == 1
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_none_leaves_them_alone() -> None:
    before = torch.get_num_threads(), cv2.getNumThreads()
    with threads_at_most(None):
        assert (torch.get_num_threads(), cv2.getNumThreads()) == before


def test_more_threads_than_processors_are_not_made() -> None:
    before = torch.get_num_threads()
    with threads_at_most(10**12):
        assert torch.get_num_threads() == processors()
    assert torch.get_num_threads() == before
