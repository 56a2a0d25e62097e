"""Random access (seeking): frames by index, in any order, cheapest in ascending order."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from numpy.typing import NDArray

from dynode_cli.errors import InputError
from dynode_cli.media.reading.closing import Closing
from dynode_cli.media.reading.decode import Decoded, Decoder, open_decoder
from dynode_cli.media.reading.deinterlace import deinterlaced
from dynode_cli.media.reading.raw_frame import RawFrame
from dynode_cli.media.reading.sameness import fingerprint_of
from dynode_cli.media.reading.scan import Scan
from dynode_cli.media.reading.source import Source

_LOG = logging.getLogger(__name__)


class FrameReader(Closing):
    """Reads the frames that a scan found, as full-range RGB in the orientation in which they are coded.

    The frames that were read last are kept, up to `cache_bytes`. Going forwards decodes on; a jump decodes from the
    key frame before it, or from the file's start where the time stamps do not tell frames apart.

    Frames are the ones that the scan saw. Where a jump leads to others, as in files with a wrong index and with decoders
    that need more than a key frame to start at, everything is decoded from the start from then on; where the file itself
    has changed, reading ends.

    Interlaced frames are deinterlaced as the scan says. Such a frame depends on the two beside it in the scan, so that
    it is the same in whatever order frames are read.
    """

    def __init__(
        self,
        source: Source,
        scan: Scan,
        *,
        cache_bytes: int = 256 << 20,
        threads: int = 0,
        alpha: bool | None = None,
    ) -> None:
        self.source = source
        self.scan = scan
        self.pictures = scan.pictures
        self.times: tuple[Fraction, ...] = self.pictures.times(scan.times, 1 / scan.info.average_rate)
        """Seconds from the source's zero, exact."""
        self.alpha = scan.info.alpha if alpha is None else alpha
        """Whether frames have a fourth channel."""
        self._cache: OrderedDict[int, NDArray[Any]] = OrderedDict()
        self._cache_bytes, self._cached = cache_bytes, 0
        self._threads = threads
        self._seekable = scan.seekable and source.kind != "webp"
        self._wanted = 0
        """Frame that is looked for."""
        self._before = 1 if scan.deinterlaced or scan.woven else 0
        """How many frames before one that is wanted have to be decoded for it."""
        self._decoder: Decoder | None = None
        self._frames: Iterator[tuple[int, Decoded]] = iter(())
        """Numbers of pictures, and these."""
        self._next = 0
        """Number of the picture that decoding on would give, if any."""

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) of every frame."""
        return self.scan.info.size

    def __len__(self) -> int:
        return len(self.pictures)

    def frame(self, index: int) -> NDArray[Any]:
        """Picture `index` as (H, W, 3) or, with alpha, (H, W, 4): uint8, or uint16 for video of more than 8 bits.

        It is a frame, or one of the two that a deinterlaced frame gives. Not to be written to.

        Raises:
            IndexError: there is no such frame.
            InputError: the file has changed since it was first seen.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        if index in self._cache:
            self._cache.move_to_end(index)
            return self._cache[index]
        image = self._decode(index).rgb(self.scan.info, alpha=self.alpha)
        image.flags.writeable = False
        self._keep(index, image)
        return image

    def close(self) -> None:
        """Let go of the file and of what is cached."""
        self._shut()
        self._cache.clear()
        self._cached = 0

    def _decode(self, index: int) -> RawFrame:
        self._wanted = self.pictures.frames[index]
        if self._decoder is None or not self._worth_decoding_on(index):
            self._start(self._wanted)
        frame = self._advance(index)
        if frame is None:
            # The jump led to other frames, or landed too late, as it may in a transport stream: decode from the start.
            self._start(0, seek=False)
            frame = self._advance(index)
        if frame is None:
            self.source.check_same()
            raise InputError(f"{self.source.name}: frame {index} is gone: the file changed while it was read")
        return frame

    def _worth_decoding_on(self, index: int) -> bool:
        if index < self._next:
            return False
        keys, at = self.scan.keys, self.pictures.frames[self._next]
        first = max(self._wanted - self._before, at)
        # Decode on unless a key frame lies between here and there.
        return not self._seekable or bisect_right(keys, first) == bisect_right(keys, at)

    def _start(self, index: int, *, seek: bool = True) -> None:
        self._shut()
        self._decoder = open_decoder(self.source, threads=self._threads)
        keys = self.scan.keys
        place = bisect_right(keys, max(0, index - self._before)) - 1
        tick = self.scan.raw[keys[place]] if seek and self._seekable and place >= 0 else None
        if tick is not None and (keys[place] > 0 or self.scan.skipped):
            first = keys[place]
            frames = self._by_stamp(self._decoder.frames(tick))
        else:
            first = 0
            frames = self._by_count(self._decoder.frames())
        self._next = self.pictures.first_of(first)
        self._frames = self._deinterlaced(frames) if self._before else frames

    def _deinterlaced(self, frames: Iterator[tuple[int, Decoded]]) -> Iterator[tuple[int, Decoded]]:
        scan, first = self.scan, None
        made = deinterlaced(
            frames,
            last=len(scan) - 1,
            every=scan.deinterlace == "on",
            wholes=scan.wholes,
            fields=self.pictures.doubled,
            filters=scan.deinterlaced > 0,
        )
        for index, second, decoded in made:
            first = index if first is None else first
            # The first one after a seek lacks the frame before it.
            if index != first or index == 0:
                yield self.pictures.first_of(index) + second, decoded

    def _by_count(self, frames: Iterator[Decoded]) -> Iterator[tuple[int, Decoded]]:
        for count, decoded in enumerate(frames):
            index = count - self.scan.skipped
            if index >= 0:
                # A damaged frame may be patched up in another way each time; in a file that has changed all are others.
                if self._is_other(index, decoded):
                    self.source.check_same()
                yield index, decoded

    def _by_stamp(self, frames: Iterator[Decoded]) -> Iterator[tuple[int, Decoded]]:
        raw: Any = self.scan.raw
        for decoded in frames:
            if decoded.pts is None:
                continue
            index = bisect_left(raw, decoded.pts)
            if index < len(raw) and raw[index] == decoded.pts:
                if self._is_other(index, decoded):
                    self.source.check_same()
                    self._seekable = False
                    _LOG.info(
                        "%s: a jump to frame %d leads to another one; from now on it is decoded from its start instead",
                        self.source.name,
                        index,
                    )
                    return
                yield index, decoded

    def _is_other(self, index: int, decoded: Decoded) -> bool:
        """Whether a frame that is wanted, or needed for it, is not the one that the scan saw."""
        if not self._wanted - self._before <= index < len(self.scan.fingerprints):
            return False
        return fingerprint_of(decoded.frame.coded) != self.scan.fingerprints[index]

    def _advance(self, index: int) -> RawFrame | None:
        for found, decoded in self._frames:
            self._next = found + 1
            if found == index:
                return decoded.frame
            if found > index:
                return None
        return None

    def _keep(self, index: int, image: NDArray[Any]) -> None:
        self._cache[index] = image
        self._cached += image.nbytes
        while self._cached > self._cache_bytes and len(self._cache) > 1:
            self._cached -= self._cache.popitem(last=False)[1].nbytes

    def _shut(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = None
        self._frames = iter(())
