"""Mutants of files: what bad copies, broken disks and unkind people make of them, the same for the same seed."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

Change = Callable[[bytearray, Random], None]

_EDGES = (0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32_766, 32_767, 32_768, 65_535, 65_536, 0x7FFF_FFFF, 0x8000_0000)
"""Numbers at which fields overflow, or mean something else."""
_WORDS = (
    "9" * 5000, "-1", "1e999", "1e-999", "nan", "inf", "0x10", "1/0", "null", "true", "[" * 2000, '"', "''", "{}", "=",
    "\n", "\x00", "\ufeff", "é", "00:99:99", "1:99:99", "2x", "-0", "1_000", "%s%n", "../../x", "#", ",", "f", "ms",
)  # fmt: skip
"""What nobody expects in text."""


def mutated(data: bytes, random: Random, *, text: bool = False) -> bytes:
    """`data` with one to eight changes; those of `text` may be words too."""
    changed = bytearray(data)
    changes = (*_CHANGES, *(_TEXT_CHANGES * 3 if text else ()))
    for _ in range(random.choice((1, 1, 2, 3, 5, 8))):
        random.choice(changes)(changed, random)
    return bytes(changed)


def _place(data: bytearray, random: Random) -> int:
    """Somewhere in `data`; the headers at its beginning are as likely as all the rest."""
    return random.randrange(min(len(data), 512) if random.random() < 0.5 else len(data)) if data else 0


def _block(data: bytearray, random: Random) -> slice:
    begin = _place(data, random)
    return slice(begin, begin + random.choice((1, 4, 16, 188, 1024, max(1, len(data) // 4))))


def _flip_bits(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 4, 32))):
        if data:
            data[_place(data, random)] ^= 1 << random.randrange(8)


def _truncate(data: bytearray, random: Random) -> None:
    del data[_place(data, random) :]


def _remove(data: bytearray, random: Random) -> None:
    del data[_block(data, random)]


def _move(data: bytearray, random: Random) -> None:
    where = _block(data, random)
    moved = data[where]
    del data[where]
    at = _place(data, random)
    data[at:at] = moved


def _repeat(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    data[at:at] = data[_block(data, random)]


def _blot_out(data: bytearray, random: Random) -> None:
    where = _block(data, random)
    length = len(data[where])
    data[where] = random.choice((bytes(length), b"\xff" * length, random.randbytes(length)))


def _overwrite_field(data: bytearray, random: Random) -> None:
    width = random.choice("BHIQ")
    number = random.choice((*_EDGES, random.getrandbits(64))) * random.choice((1, 1, 1, -1))
    field = struct.pack(random.choice("<>") + width, number % (1 << 8 * struct.calcsize(width)))
    at = _place(data, random)
    data[at : at + len(field)] = field


_CHANGES: tuple[Change, ...] = (_flip_bits, _truncate, _remove, _move, _repeat, _blot_out, *[_overwrite_field] * 4)


def _insert_word(data: bytearray, random: Random) -> None:
    at = _place(data, random)
    data[at:at] = random.choice(_WORDS).encode()


def _replace_number(data: bytearray, random: Random) -> None:
    numbers = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
    if numbers:
        at = random.choice(numbers)
        data[at : at + 1] = random.choice(_WORDS).encode()


_TEXT_CHANGES: tuple[Change, ...] = (_insert_word, _replace_number)
