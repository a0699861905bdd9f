"""Convert the templates of a folder, file by file."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyview.convert.pieces import Unclosed
from pyview.convert.report import ConvertedTemplate, Remark
from pyview.convert.template import Converter

SUFFIXES: Final = frozenset({".htm", ".html", ".svg", ".txt", ".xml"})
LARGEST: Final = 1_000_000
_NOT_OURS: Final = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """A template file. `refusal` is the reason why it was not converted, otherwise ""."""

    path: Path
    conversion: ConvertedTemplate
    refusal: str = ""

    @property
    def is_changed(self) -> bool:
        return bool(self.conversion.changes)

    @property
    def needs_work(self) -> bool:
        """True if the developer has to change something before the file works."""
        return bool(self.refusal or self.conversion.problems)


def convert_folder(folder: Path, *, write: bool = False) -> Iterator[ConvertedFile]:
    """Convert the template files in `folder` and below, or that one file; with `write`, replace them by the result.

    Symbolic links, hidden folders, `node_modules` and virtual environments are not entered.
    """
    converter = Converter()
    for path in _templates(folder):
        yield _converted(path, converter, write)


def _templates(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    # `os.walk` enters the folders that remain in this list, in its order.
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if _is_entered(Path(directory, name)))
        yield from (Path(directory, file) for file in sorted(files) if Path(file).suffix.lower() in SUFFIXES)


def _is_entered(folder: Path) -> bool:
    # A link may lead out of the folder, or back into it without an end.
    if folder.name.startswith(".") or folder.name in _NOT_OURS or folder.is_symlink():
        return False
    # Every virtual environment has this file (PEP 405), whatever its folder is called.
    return not (folder / "pyvenv.cfg").exists()


def _converted(path: Path, converter: Converter, write: bool) -> ConvertedFile:
    try:
        source = _read(path)
        conversion = converter.convert(source)
        if write and conversion.text != source:
            _replace(path, conversion.text)
    except Unclosed as error:
        return ConvertedFile(
            path, ConvertedTemplate("", remarks=(Remark(error.line, str(error), problem=True),))
        )
    except RecursionError:
        return ConvertedFile(path, ConvertedTemplate(""), "its tags or brackets are nested too deeply")
    except (OSError, _NotRead) as error:
        return ConvertedFile(path, ConvertedTemplate(""), str(error))
    return ConvertedFile(path, conversion)


class _NotRead(Exception):
    """The file is no template, or cannot be read."""


def _read(path: Path) -> str:
    """Return the text of a file with its line endings unchanged."""
    if path.is_symlink():
        raise _NotRead("it is a symbolic link; convert the file that it points to")
    if not path.is_file():
        raise _NotRead("it is not a regular file")
    if path.stat().st_size > LARGEST:
        raise _NotRead(f"it has more than {LARGEST:,} bytes, too many for a template")
    content = path.read_bytes()
    if b"\0" in content:
        raise _NotRead("it is not text: it contains a NUL byte")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise _NotRead(
            f"it is not UTF-8, at byte {error.start}; save it as UTF-8, which Jinja2 needs"
        ) from None


def _replace(path: Path, text: str) -> None:
    """Replace the content of a file atomically, so that no process reads half of it; keep the mode."""
    # In the same folder, because a rename is atomic only within one file system.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            # Without this, a power failure after the rename could leave an empty file.
            os.fsync(file.fileno())
        # `mkstemp` makes files that only their owner can read.
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
