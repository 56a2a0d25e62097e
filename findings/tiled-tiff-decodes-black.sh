#!/usr/bin/env bash
# A TIFF in tiles decodes to a black picture, and no error is raised.
#
# TIFF keeps its pixels in strips or in tiles (tags 322 to 325); tiles are what scanners of slides and makers of maps write.
# FFmpeg's decoder, which PyAV 18.1.0 brings, knows the size and the pixel format of such a file and gives a frame, whose
# pixels are all 0. The same picture in strips is right. Seen:
#   strips: mean 127.5; tiles: mean 0.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q av==18.1.0 numpy==2.4.6 tifffile==2025.5.10
cd "$work"
venv/bin/python - <<'PYTHON'
import av, numpy, tifffile

picture = numpy.broadcast_to(numpy.arange(256, dtype=numpy.uint8)[None, :, None], (64, 256, 3)).copy()
tifffile.imwrite("strips.tif", picture, photometric="rgb")
tifffile.imwrite("tiles.tif", picture, photometric="rgb", tile=(32, 32))
means = {}
for name in ("strips", "tiles"):
    assert (tifffile.imread(f"{name}.tif") == picture).all()
    with av.open(f"{name}.tif") as container:
        (frame,) = container.decode(video=0)
        assert (frame.width, frame.height) == (256, 64)
        means[name] = float(frame.to_ndarray(format="rgb24").mean())
print("; ".join(f"{name}: mean {mean:.1f}" for name, mean in means.items()))
assert means == {"strips": 127.5, "tiles": 0.0}
PYTHON
