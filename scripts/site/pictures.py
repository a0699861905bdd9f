"""The size of pictures in WebP."""

from pathlib import Path

_CANNOT = "is no picture in WebP with a size that this module can read; `make pictures` writes such files"


def size(file: Path) -> tuple[int, int]:
    """Return width and height in pixels. Raises `ValueError` if the file is no WebP."""
    head = file.read_bytes()[:30]
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        raise ValueError(f"{file} {_CANNOT}")
    kind, body = head[12:16], head[20:]
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    raise ValueError(f"{file} {_CANNOT}")
