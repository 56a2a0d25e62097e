"""What is told of an exception, whatever it is."""

from __future__ import annotations

import io

import pytest

from dynode_cli.cli import failures
from dynode_cli.console import Console
from dynode_cli.errors import InputError


def raised(error: KeyError) -> KeyError:
    try:
        raise error
    except KeyError as caught:
        return caught


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_a_defect_is_one_line_and_all_of_it_with_vv(verbosity: int) -> None:
    err = io.StringIO()
    failure = failures.of(raised(KeyError("a\nb")), "clip.mp4")
    failures.tell(failure, Console(verbosity=verbosity, err=err))
    assert failure.exit_code == 1
    assert failure.message == "clip.mp4: KeyError (test_failures.py, line 16): 'a\\nb'"
    assert "error: clip.mp4: KeyError" in err.getvalue() and "report it" in err.getvalue()
    assert ("Traceback" in err.getvalue()) == (verbosity == 2)


def test_what_is_known_keeps_its_words_and_its_code() -> None:
    known = failures.of(InputError("clip.mp4: no video", hint="look"), "clip.mp4")
    assert (known.message, known.hint, known.exit_code) == ("clip.mp4: no video", "look", 3)
    assert failures.of(MemoryError(), "clip.mp4").exit_code == 5
