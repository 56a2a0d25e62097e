"""Reading a file asks nobody else for anything, whatever addresses the file names."""

from __future__ import annotations

import select
import socket
from pathlib import Path

import pytest

from dynode_cli.errors import InputError
from dynode_cli.media.reading.probe import probe
from dynode_cli.media.reading.source import open_source

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{address}/a.ts\n#EXT-X-ENDLIST\n"
SESSION = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.m3u8", PLAYLIST),
        ("list.mp4", PLAYLIST),
        ("list.ffconcat", "ffconcat version 1.0\nfile {address}/a.ts\n"),
        ("session.sdp", SESSION),
    ],
)
def test_an_address_in_a_file_is_not_followed(tmp_path: Path, name: str, text: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        file = tmp_path / name
        file.write_text(text.format(address=f"http://127.0.0.1:{port}", port=port))
        with pytest.raises(InputError), open_source(str(file)) as source:
            probe(source)
        assert not select.select([server], [], [], 0)[0]


def test_an_address_is_no_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with (
            pytest.raises(InputError, match="no such file"),
            open_source(f"http://127.0.0.1:{server.getsockname()[1]}/a"),
        ):
            pass
        assert not select.select([server], [], [], 0)[0]
