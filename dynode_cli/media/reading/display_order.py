"""Display order: time stamps that a container gave to packets in the order of decoding, in that of display."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush

from dynode_cli.media.reading.decode import Decoded

_DEPTH = 16
"""How many frames later than in the order of decoding one may be shown (ITU-T H.264, A.3; H.265, A.4)."""


def in_display_order(
    frames: Iterable[Decoded], stamps_may_be_of_decoding: Callable[[], bool]
) -> Iterator[tuple[Decoded, int | None]]:
    """Frames as they are shown, each with the stamp that it is shown at.

    AVI and ASF, and MP4 files that lack their table of offsets, know only when a packet is decoded. Frames that are
    decoded before others that are shown earlier then come with stamps that go back and forth; the same stamps in
    ascending order are right. Only where that may be are frames held back.

    Arguments:
        stamps_may_be_of_decoding: whether that is so as far as the packets that were read tell.
    """
    held: deque[Decoded] = deque()
    stamps: list[int] = []
    for frame in frames:
        held.append(frame)
        if frame.pts is not None:
            heappush(stamps, frame.pts)
        if not stamps_may_be_of_decoding():
            yield from ((each, each.pts) for each in held)
            held.clear()
            stamps.clear()
        elif len(held) > _DEPTH:
            yield _first(held, stamps)
    while held:
        yield _first(held, stamps)


def _first(held: deque[Decoded], stamps: list[int]) -> tuple[Decoded, int | None]:
    frame = held.popleft()
    return frame, None if frame.pts is None else heappop(stamps)
