#!/usr/bin/env bash
# OpenCV's remap with INTER_CUBIC: a picture that is to be moved by a quarter of a pixel is moved by .30.
#
# One would think that an interpolating kernel puts a smooth picture where it is told to, and that bicubic is blurred
# at worst. It is cubic convolution with a = -0.75 (not the -0.5 of Keys, who chose that because only it gives a straight
# ramp back as it was): even a ramp is moved too far at fractions below a half and not far enough above, by up to
# .047 px. Whoever warps by optical flow and judges motion at sub-pixel steps measures the kernel: a pan that is
# rendered at even steps goes unevenly. Linear does not do so. Seen on a ramp, px moved
# (opencv-python-headless 4.12.0.88):
#   asked  cubic  linear
#    0.00  0.000   0.000
#    0.12  0.166   0.125
#    0.25  0.297   0.250
#    0.50  0.500   0.500
#    0.75  0.703   0.750
#    0.88  0.834   0.875
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q opencv-python-headless==4.12.0.88 "numpy==2.2.6"
cd "$work"
venv/bin/python - <<'PYTHON'
import cv2, numpy

ramp = numpy.tile(numpy.arange(64, dtype=numpy.float32), (64, 1))
grid_y, grid_x = numpy.mgrid[:64, :64].astype(numpy.float32)

def moved(by, kernel):
    """By how far the ramp (whose value is its x) is really moved when it is read `by` px further."""
    read = cv2.remap(ramp, grid_x + numpy.float32(by), grid_y, kernel)
    return round(float((read - ramp)[32, 32]), 3)

print("asked  cubic  linear")
for by in (0.0, 0.125, 0.25, 0.5, 0.75, 0.875):
    cubic, linear = moved(by, cv2.INTER_CUBIC), moved(by, cv2.INTER_LINEAR)
    print(f"{by:5.2f}  {cubic:.3f}   {linear:.3f}")
    assert abs(linear - by) < 0.002
    expected = by + 0.5 * by * (1 - by) * (1 - 2 * by)
    assert abs(cubic - expected) < 0.002
    assert (by in (0.0, 0.5)) == (abs(cubic - by) < 0.02)
PYTHON
