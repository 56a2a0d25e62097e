import pytest
from hypothesis import given, strategies as st

from dynode_cli.errors import UsageError
from dynode_cli.values.amounts import counted, format_memory, format_seconds, parse_memory


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("6GiB", 6 << 30),
        ("6G", 6 << 30),
        ("512MiB", 512 << 20),
        ("2GB", 2 * 10**9),
        ("1.5 GiB", 3 << 29),
        (1 << 30, 1 << 30),
    ],
)
def test_memory_is_read(text: str | int, amount: int) -> None:
    assert parse_memory(text) == amount


@given(st.integers(1 << 20, 1 << 70))
def test_every_amount_of_memory_reads_back(amount: int) -> None:
    assert parse_memory(str(amount)) == parse_memory(amount) == amount


@pytest.mark.parametrize("text", ["", "lots", "-1GiB", "6XB", "0", "10", "9" * 5000, "9" * 5000 + "GiB"])
def test_what_is_no_sensible_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="memory"):
        parse_memory(text)


def test_amounts_for_people() -> None:
    assert [format_memory(n) for n in (10, 1 << 20, 3 << 29)] == ["10 B", "1.0 MiB", "1.5 GiB"]
    assert [format_seconds(s) for s in (0.84, 125, 4810)] == ["0.8 s", "2 min 05 s", "1 h 20 min"]


def test_one_thing_is_no_plural() -> None:
    assert [counted(count, "frame") for count in (0, 1, 2)] == ["0 frames", "1 frame", "2 frames"]
