#!/usr/bin/env bash
# FFmpeg's minterpolate: the same pictures, at the same times, come out 8 dB worse if the clip counts time in milliseconds.
#
# A frame half-way between two others is the easiest one: of a texture that moves by two pixels, it has moved by one. One
# would think that a clock's unit does not matter as long as a time is off by less than a millionth of a second. Through
# PyAV 18.1.0 (FFmpeg 8.1) the share of the way is cut (not rounded) to 1024ths and motion to whole pixels of what is left:
# a time that was rounded down by half a microsecond is "511 of 1024", and the picture stays one pixel behind. Who scores
# minterpolate on clips of Matroska (milliseconds), or restamps frames in microseconds, scores the clock. Seen (dB of the
# worst frame half-way):
#   clock of 1/12 s        31.3 dB
#   clock of 1/90000 s     31.3 dB
#   clock of 1/1000000 s   22.9 dB
#   clock of 1/1000 s      22.9 dB
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PYTHON'
import av, numpy
from av.filter import Graph
from fractions import Fraction

random = numpy.random.default_rng(0)
wide = numpy.kron(random.integers(40, 216, (24, 64)), numpy.ones((4, 4))).astype(numpy.uint8)
picture = lambda x: numpy.ascontiguousarray(wide[:, x:x + 128])

def worst_half_way(tick):
    """dB of the frames half-way between ones that move by 2 pixels, in a clip of 12 frames a second counted in `tick`s."""
    graph = Graph()
    source = graph.add_buffer(width=128, height=96, format="gray", time_base=tick)
    nodes = [source, graph.add("format", "yuv420p"), graph.add("minterpolate", "fps=24:scd=none"), graph.add("buffersink")]
    graph.link_nodes(*nodes).configure()
    made = []
    for k in range(12):
        frame = av.VideoFrame.from_ndarray(picture(20 + 2 * k), format="gray")
        frame.pts, frame.time_base = round(Fraction(k, 12) / tick), tick
        graph.vpush(frame)
        while True:
            try:
                made.append(graph.vpull())
            except (av.BlockingIOError, av.EOFError):
                break
    errors = []
    for frame in made:
        place = frame.pts * frame.time_base * 24
        k = round(place)
        if k % 2 and 4 < k < 16:
            apart = frame.to_ndarray()[24:72, 24:104].astype(float) - picture(20 + k)[24:72, 24:104]
            errors.append(10 * numpy.log10(255**2 / max(1e-3, (apart**2).mean())))
    return round(float(min(errors)), 1)

seen = {}
for unit in (12, 90_000, 1_000_000, 1000):
    seen[unit] = worst_half_way(Fraction(1, unit))
    print(f"clock of 1/{unit} s".ljust(22), seen[unit], "dB")
assert seen[12] > 30 and seen[90_000] > 30 and seen[1_000_000] < 24 and seen[1000] < 24
PYTHON
