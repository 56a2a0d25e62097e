#!/usr/bin/env bash
# H.264 with B-frames in AVI: decoded frames come in the order of display, but their time stamps fall back.
#
# AVI holds no presentation times. One would think that its demuxer either makes them up rightly or gives none. Through
# PyAV 18.1.0 each frame has the stamp that its packet got by its place in the file, which is the order of decoding: the
# pictures are in order, `frame.pts` steps back and forth, and `frame.dts` is what rises. A reader that takes a step back for
# a clock that began again adds them up: 4 seconds become 6. Seen (pictures are numbered by their brightness):
#   pictures [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
#   pts      [1, 3, 4, 2, 6, 7, 5, 9, 10, 8, 12, 13]
#   dts      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PYTHON'
import av, numpy

with av.open("b.avi", "w") as container:
    stream = container.add_stream("libx264", rate=25, options={"crf": "10", "bf": "2", "x264-params": "b-adapt=0"})
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    for k in range(24):
        frame = av.VideoFrame.from_ndarray(numpy.full((64, 64, 3), 20 + 8 * k, numpy.uint8), format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
with av.open("b.avi") as container:
    frames = list(container.decode(video=0))
pictures = [round((float(frame.to_ndarray(format="rgb24").mean()) - 20) / 8) for frame in frames]
print("pictures", pictures[:12])
print("pts     ", [frame.pts for frame in frames[:12]])
print("dts     ", [frame.dts for frame in frames[:12]])
assert pictures == list(range(24))
assert [frame.pts for frame in frames[:12]] == [1, 3, 4, 2, 6, 7, 5, 9, 10, 8, 12, 13]
assert [frame.dts for frame in frames[:12]] == list(range(2, 14))
PYTHON
