"""Makes the pictures of the pages with dynode itself: python docs/pictures.py"""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from dynode_cli import Context
from dynode_cli.plugin_host.host import load_host
from dynode_cli.synthetic.memory_clip import MemoryClip

IMAGES = Path(__file__).parent / "images"
SAMPLE = Path(__file__).parent.parent / "examples" / "big_buck_bunny.mp4"
TIMES = (0.0, 0.04, 0.08, 0.12, 0.24, 0.28, 0.32, 0.36, 0.4)
FIRST, PART = 39, (slice(20, 220), slice(120, 360))
"""Frame of the sample, and the part of it that is shown."""


def curves() -> str:
    """SVG of one number of the codes of a swinging object: observations, line and spline."""
    host, context = load_host(), Context()
    times = torch.tensor(TIMES, dtype=torch.float64)
    codes = torch.sin(13 * times)[:, None].float()
    dense = torch.linspace(TIMES[0], TIMES[-1], 241, dtype=torch.float64)
    drawn = {
        name: host.create("dynamics", name, {}, context).fit(times, codes).evaluate(dense)[:, 0].tolist()
        for name in ("linear", "spline")
    }

    def place(t: float, z: float) -> str:
        return f"{30 + 640 * t / TIMES[-1]:.1f},{130 - 90 * z:.1f}"

    def path(name: str) -> str:
        return " ".join(place(t, z) for t, z in zip(dense.tolist(), drawn[name], strict=True))

    dots = "".join(
        '<circle cx="{}" cy="{}" r="5" fill="#d9480f"/>'.format(*place(t, z).split(","))
        for t, z in zip(TIMES, codes[:, 0].tolist(), strict=True)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 260" role="img" font-family="sans-serif">\n'
        '<rect width="700" height="260" fill="#ffffff"/>\n'
        f'<polyline points="{path("linear")}" fill="none" stroke="#868e96" stroke-dasharray="6 5"/>\n'
        f'<polyline points="{path("spline")}" fill="none" stroke="#1971c2" stroke-width="3"/>\n{dots}\n'
        '<text x="30" y="250" font-size="14" fill="#495057">time</text>\n'
        '<text x="300" y="30" font-size="14" fill="#495057">dots: codes of frames; some are missing</text>\n'
        "</svg>\n"
    )


def between() -> dict[str, torch.Tensor]:
    """A frame, the blend of it and the next but one, what dynode makes of the two, and the one really there."""
    frames = _frames(SAMPLE, FIRST + 7)[FIRST - 4 :]
    clip = MemoryClip(torch.stack(frames[::2]), [0.08 * k for k in range(len(frames[::2]))])
    host, context = load_host(), Context()
    generator = host.create("generator", "motion", {}, context)
    inversion = host.create("inverter", "flow", {}, context).invert(clip, generator)
    time = torch.tensor([0.2], dtype=torch.float64)
    code = host.create("dynamics", "spline", {}, context).fit(inversion.times, inversion.codes).evaluate(time)
    made = inversion.generator.synthesize(code, time)[0]
    return {
        "between-before": frames[4],
        "between-blend": torch.lerp(frames[4], frames[6], 0.5),
        "between-dynode": made,
        "between-real": frames[5],
    }


def _frames(path: Path, count: int) -> list[torch.Tensor]:
    with av.open(str(path)) as container:
        images = []
        for frame in container.decode(video=0):
            images.append(torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1) / 255)
            if len(images) == count:
                break
    return images


def _part(frame: torch.Tensor) -> NDArray[np.uint8]:
    """The part that is shown, twice as large."""
    part = (255 * frame.permute(1, 2, 0)).round().byte().numpy()[PART]
    return np.asarray(cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def main() -> None:
    """Write the pictures."""
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "curve.svg").write_text(curves(), encoding="utf-8")
    for name, frame in between().items():
        cv2.imwrite(str(IMAGES / f"{name}.jpg"), _part(frame)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
