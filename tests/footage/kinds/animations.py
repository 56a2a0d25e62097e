"""GIF, WebP and APNG: delays that are rounded, a last frame whose end is made up, loops."""

from __future__ import annotations

from fractions import Fraction

from tests.footage.made import written
from tests.footage.table import Input, Row

F = Fraction
WEBP = {"lossless": "1", "loop": "0"}

ROWS = (
    Row(
        kind="animations: GIF, WebP, APNG",
        awkward="delays are rounded to hundredths or thousandths, and FFmpeg makes up how long the last frame stays",
        does="finds the even rate behind the delays, shows the last frame for as long as it lasts",
        inputs=(
            Input(
                name="25.gif",
                write=written("in.gif", codec="gif", pix_fmt="rgb8", options={}, loss=40, count=12),
                target="out.mp4",
            ),
            Input(
                name="25.webp",
                write=written("in.webp", codec="libwebp_anim", pix_fmt="bgra", options=WEBP, count=12),
                target="out.mp4",
            ),
            Input(
                name="25.apng",
                write=written("in.apng", codec="apng", pix_fmt="rgb24", options={}, count=12),
                target="out.mp4",
            ),
            Input(
                name="30.webp",
                write=written("in.webp", rate=F(30), codec="libwebp_anim", pix_fmt="bgra", options=WEBP, count=12),
                target="out.mp4",
                rate=F(60),
            ),
            Input(
                name="to.webp",
                write=written("in.mkv", codec="ffv1", pix_fmt="bgr0", count=12),
                target="out.webp",
                more=["--pix-fmt", "bgra", "--codec", "libwebp_anim", "--encoder-opt", "lossless=1"],
            ),
            Input(
                name="to.apng",
                write=written("in.mkv", codec="ffv1", pix_fmt="bgr0", count=12),
                target="out.apng",
                more=["--codec", "apng"],
            ),
        ),
    ),
)
