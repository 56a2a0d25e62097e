"""The changes that an edit asks for: found, checked, and put into a renderer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from torch import Tensor

from dynode_cli.contracts import Carrier, Direction, Picture, Push
from dynode_cli.directions.finding import find_direction
from dynode_cli.directions.latent import require_fit
from dynode_cli.errors import InputError, UsageError
from dynode_cli.media.pixels import layout_of
from dynode_cli.pipeline.job import Job
from dynode_cli.pipeline.plan import Plan
from dynode_cli.pipeline.prepare import Prepared
from dynode_cli.pipeline.renderer import FrameSource, on_curve
from dynode_cli.pipeline.schedule import source_times
from dynode_cli.pipeline.shots import picture_time, shot_at
from dynode_cli.pipeline.stopwatch import Stopwatch
from dynode_cli.plugin_host.host import Host
from dynode_cli.requests.edit import Edit
from dynode_cli.values.direction_words import Word
from dynode_cli.values.strengths import StrengthCurve
from dynode_cli.values.times import Position
from dynode_cli.verbs.editing.carry import CarriedRenderer
from dynode_cli.verbs.editing.differences import in_matrix_of
from dynode_cli.verbs.editing.frames import BaseFrames, at_source_times, keeps_frames
from dynode_cli.verbs.editing.latent import DRIFT_LIMIT, Move, TransportedDynamics, drift_note
from dynode_cli.verbs.editing.painting import changed, load_mask, load_picture
from dynode_cli.verbs.editing.upright import Orientation

MOSTLY = 0.6
"""A picture that differs on more of it than this may have been made from another frame."""


class Changes:
    """One edit: which directions and pictures, and what was found on the way."""

    def __init__(self, prepared: Prepared, request: Edit, host: Host) -> None:
        self._request, self.host = request, host
        plan = prepared.plan
        self._origin = plan.info.start
        context, generator = prepared.methods.generator.context, prepared.methods.generator
        self._carrier: Carrier = host.create("carrier", request.carrier, request.carrier_options, context)
        self._pushes: list[tuple[Direction, StrengthCurve]] = []
        moves: list[Move] = []
        for word in request.directions:
            direction = find_direction(word, host, context, generator)
            strength = self._strength(word, plan)
            if direction.space in self._carrier.spaces:
                self._pushes.append((direction, strength))
            else:
                require_fit(direction, generator, request.generator)
                moves.append(Move(direction, strength))
        self._moved: TransportedDynamics | None = None
        if moves:
            self._moved = TransportedDynamics(prepared.methods.dynamics, moves, request.transport)
            prepared = replace(prepared, methods=replace(prepared.methods, dynamics=self._moved))
        self.keeps_frames = keeps_frames(request, generator)
        self.prepared = replace(prepared, plan=at_source_times(plan)) if self.keeps_frames else prepared
        self._carried: CarriedRenderer | None = None
        self._pictures: list[str] = []
        self._rows: dict[Fraction, dict[str, float]] = {}
        self._orientation = Orientation(plan.info.display_matrix)

    def renderer(self, frames: BaseFrames, job: Job, watch: Stopwatch) -> tuple[FrameSource, float | None]:
        """What renders the result, and the time of the reference frame."""
        edit = self._request
        if not self._pushes and not edit.images:
            if edit.mask is not None:
                raise UsageError("--mask limits changes of the picture, and these directions change codes")
            return frames.base, None
        if frames.size != self.prepared.plan.info.size:
            raise UsageError(
                f"generator '{self._request.generator}' makes the whole frame by itself, so nothing can be "
                "carried in it from frame to frame",
                hint="leave out --generator and --framing none",
            )
        shown = self._orientation.size(frames.size)
        if edit.feather > max(shown):
            raise UsageError(
                f"--feather {edit.feather:g} is wider than the frames, which are {shown[1]} x {shown[0]}",
                hint="some pixels are enough",
            )
        mask = None if edit.mask is None else load_mask(edit.mask, shown, edit.feather)
        pushes = [Push(direction, curve, mask) for direction, curve in self._pushes]
        pictures: dict[int, list[Picture]] = {}
        for path, at in edit.images:
            shot, picture = self._picture(path, at, frames, mask)
            if any(other.time == picture.time for other in pictures.get(shot, [])):
                raise UsageError(
                    f"--image {path}: another one is for the same frame, at {picture.time - float(self._origin):.3f} s",
                    hint="give each its own --at",
                )
            pictures.setdefault(shot, []).append(picture)

        def edits(shot: int) -> list[Push | Picture]:
            return [*pushes, *pictures.get(shot, [])]

        self._carried = CarriedRenderer(
            frames.base,
            self.prepared.plan.shots,
            frames.open_clip,
            self._carrier,
            edits,
            self._orientation,
            between=not self.keeps_frames,
            told=self._note,
            stopwatch=watch,
        )
        job.phase("looking for what to change")
        _, carried = self._carried.find(job.share)
        return self._carried, carried.reference - float(self._origin)

    def notes(self, reference: float | None) -> list[str]:
        """What the user should know."""
        notes = list(self._pictures)
        first = float(self.prepared.plan.shots[0].times[0] - self._origin)
        if self._pushes and reference is not None and reference > first + 1e-6:
            notes.append(
                f"the first frame shows no face: the change is made on the frame at {reference:.3f} s, the first "
                "that does, and carried both ways"
            )
        if self._carried is not None:
            notes += [f"shot {index} is left as it is: {why}" for index, why in self._carried.untouched.items()]
        if self._moved is not None:
            worst = max(self._moved.drifts.values(), default=0.0)
            notes += [drift_note(worst)] if worst > DRIFT_LIMIT else []
        return notes

    def rows(self) -> list[dict[str, float]]:
        """Figures of every frame, in the order of its time in the source."""
        rows = {time: {"time": float(time - self._origin), **facts} for time, facts in self._rows.items()}
        rendered = self._rendered()
        for seconds, drift in {} if self._moved is None else self._moved.drifts.items():
            # The curve is also read for the run directory.
            if seconds not in rendered:
                continue
            row = rows.setdefault(Fraction(seconds), {"time": seconds - float(self._origin)})
            row["code_drift"] = drift
        return [rows[time] for time in sorted(rows)]

    def summary(self) -> dict[str, float]:
        """Mean and worst of each figure."""
        rows = self.rows()
        summary: dict[str, float] = {}
        for name in sorted({name for row in rows for name in row} - {"time"}):
            values = [row[name] for row in rows if name in row]
            worst = min(values) if name == "identity" else max(values)
            summary |= {f"{name}_mean": sum(values) / len(values), f"{name}_worst": worst}
        return summary

    def _rendered(self) -> set[float]:
        """Where on their curves the rendered frames lie, seconds."""
        plan, cuts = self.prepared.plan, self._request.cuts
        times = source_times(plan.schedule)
        return {float(on_curve(plan.shots[shot_at(plan.shots, time)], time, cuts)) for time in times}

    def _note(self, time: Fraction, facts: Mapping[str, float]) -> None:
        self._rows[time] = dict(facts)

    def _strength(self, word: Word, plan: Plan) -> StrengthCurve:
        return self._request.strength_of(word).curve(plan.info.average_rate).shifted(float(self._origin))

    def _picture(
        self, path: Path, at: Position | None, frames: BaseFrames, mask: Tensor | None
    ) -> tuple[int, Picture]:
        """The shot that a picture belongs to, and the picture."""
        plan, edit = self.prepared.plan, self._request
        # Shots begin some frames before --start, to be followed from there.
        time = plan.shots[0].times[0] if plan.start is None else plan.start
        if at is not None:
            time = self._origin + at.at(plan.info.average_rate)
            begin, end = (float(edge - self._origin) for edge in (plan.shots[0].times[0], plan.shots[-1].end))
            if time >= plan.shots[-1].end:
                raise UsageError(f"--at {at} lies beyond the end of what is edited, {end:.3f} s")
            if time < plan.shots[0].times[0]:
                raise UsageError(f"--at {at} lies before what is edited, which begins at {begin:.3f} s")
        index = shot_at(plan.shots, time)
        shot = plan.shots[index]
        seen = picture_time(shot, time, between=False)
        frame = self._orientation.upright(next(iter(frames.source.frames([seen])))[:3]).cpu()
        picture, opacity = load_picture(path, (int(frame.shape[1]), int(frame.shape[2])))
        matrix, layout = plan.info.colour.matrix, layout_of(plan.info.pix_fmt)
        picture = in_matrix_of(frame, picture, matrix)
        if mask is None:
            subsampled = layout.across * layout.down > 1
            where = changed(frame, picture, opacity, edit.feather, matrix=matrix, subsampled=subsampled)
        else:
            where = mask * opacity
        if not bool((where > 0).any()):
            raise InputError(
                f"{path} is the frame at {float(seen - self._origin):.3f} s itself: nothing in it was changed",
                hint="name the frame that was painted on with --at TIME",
            )
        share = float((where > 0).float().mean())
        if mask is None and share > MOSTLY:
            self._pictures.append(
                f"{path} differs from the frame at {float(seen - self._origin):.3f} s on {share:.0%} of it, and all of "
                "that is carried: if it was made from another frame, name that with --at"
            )
        return index, Picture(float(seen), picture, where)
