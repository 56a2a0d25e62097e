"""Words of other tools (Flowframes, TheAnimeScripter, RIFE, ffmpeg, Topaz, ...), each answered with ours.

One table. What is in it is told as the hint of an error that comes anyway; nothing here makes a word valid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Place = Literal["option", "command", "generator", "inverter", "input"]
"""Where the word stands: an option, the first word after dynode, the name after -g or -i, the name of an input."""


@dataclass(frozen=True)
class OtherWords:
    """What other tools call one thing, and what it is here."""

    place: Place
    words: tuple[str, ...]
    """In small letters, with ``-`` for ``_``; ``*`` and ``?`` stand for any letters and any one."""
    answer: str
    """A line for the user, which starts with the option to take, if it is one; ``{word}`` is what was written."""
    command: str = "interpolate"
    """Which command has that option."""


_ADDRESSES = ("http://*", "https://*", "ftp://*", "rtsp://*", "rtmp://*", "www.*", "youtu*")
_FILES = (
    "inputs are files: download it first (yt-dlp does it for YouTube and many others), or pipe it: "
    "curl -L ADDRESS | dynode interpolate - -o out.mp4"
)

TABLE = (
    # How many frames, and when.
    OtherWords(
        "option",
        ("--factor", "--interpolate-factor", "--interp-factor", "--multi", "--multiplier", "--interpolate"),
        "--fps 2x doubles the frame rate, --fps 4x makes it four times as high",
    ),
    OtherWords("option", ("--exp",), "--fps 2x for an exp of 1, --fps 4x for 2, --fps 8x for 3"),
    OtherWords(
        "option",
        ("--rate", "--framerate", "--target-fps", "--output-fps", "--out-fps", "-r", "-framerate"),
        "--fps 60 is the new rate",
    ),
    OtherWords(
        "option",
        ("--slow", "--slow-motion", "--slowmotion", "--slomo", "--slowdown"),
        "--slowmo 4 plays it four times slower",
    ),
    OtherWords(
        "option",
        ("--ss", "--inpoint", "--in-point", "--trim-start", "-ss"),
        "--start 12.5s is where to start; 300f counts frames",
    ),
    OtherWords(
        "option",
        ("--to", "--outpoint", "--out-point", "--trim-end", "--duration", "-to", "-t"),
        "--end 20s is where to end; 500f counts frames",
    ),
    OtherWords(
        "option",
        ("--preview",),
        "--start 10s --end 12s -o look.mp4 makes two seconds of it, --dry-run says what it takes",
    ),
    # Repeats and cuts.
    OtherWords(
        "option",
        ("--dedup*", "--duplicate*", "--remove-duplicates", "--mpdecimate", "--skip"),
        "repeated frames are found and treated as missing without an option; dynode probe IN counts them",
    ),
    OtherWords(
        "option",
        ("--scene*", "--scd*", "--scenechange*", "--scene-threshold", "--scdet*", "--cut-threshold"),
        "cuts are found without an option, and nothing is blended across one; dynode probe IN lists them",
    ),
    # What makes the frames.
    OtherWords(
        "option",
        ("--model*", "--interpolate-method", "--network", "--pkl", "--ckpt*", "--checkpoint", "-m"),
        "-g NAME is what makes the frames and --weights FILE its checkpoint; -g motion, the default, needs none",
    ),
    OtherWords(
        "option",
        ("--uhd", "--scale", "--flow-scale", "-u"),
        "frames of any size are made at their own size; --memory 2GiB gives room to large ones",
    ),
    OtherWords(
        "option",
        ("--fast", "--speed-preset", "--ensemble", "--tta", "--half", "--fp16", "-x", "-z"),
        "-I preset=fast is faster and less exact; dynode eval IN says what it costs on your clip",
    ),
    OtherWords(
        "option",
        ("--gpu*", "--cuda*", "--device-id"),
        "--device cuda computes on the first GPU, --device cuda:1 on the second",
    ),
    OtherWords("option", ("--jobs", "--workers", "-j"), "--threads 4 is how many CPU threads work"),
    # Pictures and files.
    OtherWords(
        "option",
        ("--resolution", "--resize*", "--upscale*", "--size", "--width", "--height", "-s"),
        "the output has the size of the source; change it before or after, as with ffmpeg -vf scale=-2:1080",
    ),
    OtherWords(
        "option",
        ("--quality", "--cq", "--cqp", "--qp", "--bitrate", "--output-quality", "-crf", "-b:v", "-q:v"),
        "--crf 17 is the quality, and a lower number is better",
    ),
    OtherWords(
        "option",
        ("--encoder", "--encode-method", "--vcodec", "--video-codec", "--enc", "-c:v", "-vcodec"),
        "--codec libx265 chooses the encoder, as would av1, prores or ffv1",
    ),
    OtherWords("option", ("-pix-fmt",), "--pix-fmt yuv420p, with two dashes"),
    OtherWords("option", ("-preset",), "--preset slow, with two dashes"),
    OtherWords("option", ("--no-audio", "--mute", "--noaudio", "-an"), "--audio drop leaves the sound out"),
    OtherWords(
        "option",
        ("--input", "--in", "--video", "--img", "--source", "--file", "--target"),
        "the input has no option: dynode interpolate in.mp4 -o out.mp4",
    ),
    OtherWords("option", ("--out", "--save", "--dst"), "-o out.mp4 is the output"),
    OtherWords(
        "option",
        ("--outdir", "--output-dir", "--out-folder", "--output-folder", "--output-path"),
        "--out-dir smooth/ takes the outputs of several inputs",
    ),
    OtherWords(
        "option",
        ("--png", "--ext", "--image-format", "--export-frames", "--to-frames"),
        "-o frames/ writes images; -o frames/%05d.exr says which, and how they are numbered",
    ),
    OtherWords("option", ("--gif",), "-o out.gif writes a GIF"),
    OtherWords(
        "option", ("--overwrite", "--yes", "--replace", "-y"), "--force replaces an output that is there already"
    ),
    OtherWords(
        "option",
        ("--resume", "--continue"),
        "--skip-existing goes on with a batch; a clip that was stopped starts again",
    ),
    OtherWords("option", ("--batch", "--recursive"), "name several inputs, with --out-dir smooth/"),
    # Edits, as painters of key frames and projectors call them.
    OtherWords(
        "option",
        ("--style", "--keyframe*", "--key-frame*", "--keys", "--edited"),
        "--image painted.png is a frame as it should be, --at 4f says which",
        "edit",
    ),
    OtherWords(
        "option",
        ("--attribute", "--boundary", "--edit"),
        "--direction smile=0.8 is what to change and how far",
        "edit",
    ),
    OtherWords(
        "option",
        ("--num-steps", "--steps", "--w-lr"),
        "-I steps=200 sets an option of the inverter; dynode plugins info optimize lists all",
        "invert",
    ),
    # The first word.
    OtherWords(
        "command",
        ("gui", "ui", "webui", "web", "app", "start", "window"),
        "there is no window; dynode interpolate IN --fps 60 is all it takes, and dynode interpolate -h shows more",
    ),
    OtherWords(
        "command",
        (
            "interp",
            "smooth",
            "slowmo",
            "slow-motion",
            "convert",
            "run",
            "process",
            "video",
            "inference*",
            "minterpolate",
            "vfi",
        ),
        "dynode interpolate IN --fps 60, or --slowmo 4 for slow motion",
    ),
    OtherWords(
        "command", ("info", "ffprobe", "inspect", "analyze", "analyse"), "dynode probe IN shows what is in a video"
    ),
    OtherWords(
        "command",
        ("project", "projector", "encode", "embed"),
        "dynode invert IN -o codes.safetensors finds the codes of a video",
    ),
    OtherWords(
        "command",
        ("compare", "psnr", "ssim", "vmaf", "score"),
        "dynode eval IN scores methods on frames held out from your clip",
    ),
    OtherWords("command", ("model", "models", "download*", "fetch"), "dynode weights list, dynode plugins list"),
    OtherWords(
        "command",
        ("paint", "style", "stylize", "ebsynth"),
        "dynode edit IN --image painted.png carries a painted frame along",
        "edit",
    ),
    OtherWords("command", ("version",), "dynode --version"),
    OtherWords("command", _ADDRESSES, _FILES),
    OtherWords(
        "command",
        ("*.*", "*/*", "*\\*"),
        "a command comes first: dynode interpolate {word} makes it smoother, dynode probe {word} shows what is in it",
    ),
    # Names after -g and -i.
    OtherWords(
        "generator",
        ("rife*",),
        "RIFE is a plugin for motion: python -m pip install ./plugins/examples/dynode-rife, then -I estimator=rife",
    ),
    OtherWords(
        "generator",
        (
            "film*",
            "dain*",
            "amt*",
            "gmfss*",
            "ifrnet*",
            "ema-vfi*",
            "xvfi*",
            "flavr*",
            "cain*",
            "softsplat*",
            "sepconv*",
            "m2m*",
            "apollo*",
            "chronos*",
            "aion*",
            "apo-*",
            "chr-*",
            "svp",
            "minterpolate",
        ),
        "no plugin brings it; motion, the default, needs no network, and dynode eval IN says how good it is on your clip",
    ),
    OtherWords(
        "generator", ("?", "cuda*", "gpu*"), "-g is what makes the frames; a GPU is chosen by --device cuda:0"
    ),
    OtherWords(
        "inverter",
        ("*.*", "*/*", "*\\*"),
        "-i is the inverter; the input has no option: dynode interpolate {word} -o out.mp4",
    ),
    # Names of inputs.
    OtherWords("input", _ADDRESSES, _FILES),
    OtherWords("input", ("file://*",), "leave out file:// and write the path alone"),
    OtherWords(
        "input",
        ("?:*",),
        "this is a path of Windows: in WSL, C:\\Users is /mnt/c/Users; in other shells on Windows, put it in quotes",
    ),
    OtherWords("input", ("\\\\*",), "this is a path of a Windows network: mount the share, and name its folder here"),
    OtherWords(
        "input",
        ("minterpolate=*", "setpts=*", "fps=*", "scale=*", "tvai*"),
        "filters of ffmpeg have no place here: dynode interpolate IN --fps 60, or --slowmo 4",
    ),
)


def answer(place: Place, word: str) -> str | None:
    """What to say to somebody who wrote another tool's `word` at `place`; None: it is nobody's."""
    found = entry(place, word)
    return None if found is None else found.answer.replace("{word}", word)


def entry(place: Place, word: str) -> OtherWords | None:
    """The line of the table that `word` at `place` is in, if one is."""
    folded = word.lower().replace("_", "-")
    for row in TABLE:
        if row.place == place and any(fnmatchcase(folded, pattern) for pattern in row.words):
            return row
    return None


def option_among(name: str, words: Sequence[str]) -> str:
    """The option that was meant where `name` was not understood: ``-ss``, of which parsers see ``-s``, is in `words`."""
    if name.startswith("--"):
        return name
    long = [word for word in words if word[:1] == "-" and word[:2] != "--" and name[1:] in word[1:]]
    return next((word for word in long if entry("option", word) is not None), name)
