from pathlib import Path

from dynode_cli.media.reading.track_headers import track_headers

HEAD = b"\x1a\x45\xdf\xa3\x80"
SEGMENT = b"\x18\x53\x80\x67\x01" + b"\xff" * 7
VOID = b"\xec"


def test_an_element_longer_than_the_file_ends_what_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    path.write_bytes(HEAD + SEGMENT + VOID + b"\x01" + b"\xfe" * 7)
    assert track_headers(path, "matroska,webm") == []
