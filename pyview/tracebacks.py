"""The part of a traceback that is the application's own code."""

import traceback
from pathlib import Path
from types import TracebackType

_PACKAGE = str(Path(__file__).resolve().parent)
_TEMPLATES = (".html", ".jinja", ".j2", ".jinja2")


def is_template(file: str) -> bool:
    return file.endswith(_TEMPLATES)


def is_own(file: str) -> bool:
    """Return whether a file is the application's, code or template: neither a library's nor PyView's."""
    if is_template(file):
        return True
    library = "site-packages" in file or "dist-packages" in file or file.startswith(_PACKAGE)
    return not library and not file.startswith("<") and "/lib/python" not in file


def own_part(trace: TracebackType | None) -> TracebackType | None:
    """Return the traceback from the first frame of the application's own code on; all of it if there is none."""
    part = trace
    while part is not None and not is_own(part.tb_frame.f_code.co_filename):
        part = part.tb_next
    return part or trace


def own_place(error: BaseException) -> str:
    """Return file and line of the innermost frame of the application's own code; "" if there is none."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in places if is_own(file)]
    return f"{own[-1][0]}, line {own[-1][1]}" if own else ""
