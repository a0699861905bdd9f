"""The names that browsers give to files, made harmless: fit to be shown, and to be part of a path."""

import re
import unicodedata

_LONGEST = 255  # bytes, as file systems count
_LONGEST_PATH = 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


def file_name(raw: str) -> str:
    """The last part of `raw` as the name of a file: no separators, no control or invisible characters, not `.` or
    `..`, at most 255 bytes with its extension kept; "file" when nothing is left."""
    base = re.split(r"[/\\]", raw)[-1]
    return _shortened(_visible(base).strip().rstrip(". ")) or "file"


def relative_path(raw: str) -> str:
    """The path of a file in a chosen folder, each part a `file_name`; empty when there is none."""
    parts = [part for part in re.split(r"[/\\]", raw) if part.strip(". ")]
    path = "/".join(file_name(part) for part in parts)
    return path if len(path.encode()) <= _LONGEST_PATH else ""


def media_type(raw: str) -> str:
    """`type/subtype` in lower case and without parameters; empty for anything else."""
    kind = raw.partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else ""


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    spaced = (" " if unicodedata.category(each) == "Zs" else each for each in composed)
    return "".join(each for each in spaced if each.isprintable())


def _shortened(name: str) -> str:
    if len(name.encode()) <= _LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension) <= 16 else ""
    room = _LONGEST - len(tail.encode())
    return (stem if tail else name).encode()[:room].decode(errors="ignore") + tail
