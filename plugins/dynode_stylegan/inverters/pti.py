"""Inverter `pti`: pivotal tuning. Codes first, then the generator's own weights."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from pathlib import Path

from dynode_cli import Clip, Context, Generator, Inversion, Inverter, Progress, UsageError, option, silent
from dynode_stylegan.generators.gan import save_delta
from dynode_stylegan.inverters.optimize import SearchOptions, picture_loss, search
from dynode_stylegan.inverters.report import Fidelity, as_gan
from dynode_stylegan.inverters.tuning import Tuning

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class PivotalOptions(SearchOptions):
    """Options of inverter `pti`."""

    refine: str = option("60s", help="time to tune the generator, for a shot: 60s, 2m, 1.5h", project=True)
    refine_steps: int | None = option(None, help="stop after so many steps, if the time is not up", minimum=1)
    refine_rate: float = option(3e-4, help="step size of the tuning", minimum=1e-7, maximum=1.0)
    save: str | None = option(None, help="also save the tuning here as safetensors, for -G delta=FILE")


class PivotalInverter(Inverter):
    """Codes by `optimize`, then the generator's weights are tuned until it makes the frames from them.

    The generator that comes back is bound to the clip: the checkpoint plus a change of its weights, which is what
    is saved. Interpolation and editing use the same change. The best state is kept.

    Source: Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images", 2021.
    """

    Options = PivotalOptions

    def __init__(self, options: PivotalOptions, context: Context) -> None:
        super().__init__(options, context)
        self.options: PivotalOptions = options
        self._budget = seconds_of(options.refine)

    def invert(self, clip: Clip, generator: Generator, progress: Progress = silent) -> Inversion:
        """`progress` is told steps of the search and then seconds of the tuning, out of their sum.

        Raises:
            UsageError: the generator is none of this plugin's.
            WeightsError: features or an encoder were asked for that the checkpoint does not have.
            ConvergenceError: a loss stopped being a number.
        """
        started = time.monotonic()
        gan = as_gan(generator, "pti")
        fidelity = Fidelity(self.context)
        steps = self.options.steps
        total = steps + math.ceil(self._budget)
        codes, facts = search(clip, gan, self.options, self.context, lambda done, _: progress(done, total))
        pivot = fidelity.report(clip, gan, codes)
        tuning = Tuning(clip, gan, codes, picture_loss(self.options, gan, self.context))
        tuned = tuning.run(
            self._budget,
            self.options.refine_steps,
            self.options.refine_rate,
            lambda done, _: progress(steps + done, total),
        )
        if self.options.save is not None:
            save_delta(Path(self.options.save), tuned.generator.bound_state())
        report = {
            "inverter": "pti",
            "space": gan.space,
            **facts,
            "pivot_psnr": pivot["psnr"],
            "pivot_ssim": pivot["ssim"],
            "refine_steps": tuned.steps,
            "refine_seconds": round(tuned.seconds, 3),
            "refine_loss": [round(tuned.loss_before, 6), round(tuned.loss_after, 6)],
            **fidelity.report(clip, tuned.generator, codes),
            "seconds": round(time.monotonic() - started, 3),
        }
        return Inversion(clip.times, codes, tuned.generator, report)


def seconds_of(text: str) -> float:
    """Seconds of a duration like ``60``, ``60s``, ``2m``, ``1.5h``.

    Raises:
        UsageError: it is none.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(s|m|min|h)?\s*", text)
    if match is None:
        raise UsageError(f"refine '{text}' is no duration", hint="write 60s, 2m or 1.5h")
    return float(match[1]) * _UNITS[match[2] or ""]
