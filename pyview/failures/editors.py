"""Links that open a line of a file in the developer's editor."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

VARIABLE: Final = "PYVIEW_EDITOR"
DEFAULT: Final = "vscode"
EDITORS: Final = {
    "vscode": "vscode://file/{file}:{line}",
    "cursor": "cursor://file/{file}:{line}",
    "windsurf": "windsurf://file/{file}:{line}",
    "zed": "zed://file/{file}:{line}",
    "idea": "idea://open?file={file}&line={line}",
    "pycharm": "pycharm://open?file={file}&line={line}",
    "sublime": "subl://open?url=file://{file}&line={line}",
}
"""Patterns of links, by the value of `PYVIEW_EDITOR`."""

_LINK = re.compile(r"(?!(?:javascript|data|vbscript):)[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def editor_pattern(environ: Mapping[str, str]) -> str:
    """Return the pattern of links, with `{file}` and `{line}`. Raises `ValueError` for an unknown editor."""
    wished = environ.get(VARIABLE, "").strip() or DEFAULT
    pattern = EDITORS.get(wished.lower(), wished)
    if "{file}" not in pattern or not _LINK.match(pattern):
        raise ValueError(
            f"{VARIABLE}={wished!r} is no editor that is known: expected one of {', '.join(EDITORS)}, or a link"
            f" such as {EDITORS[DEFAULT]!r}"
        )
    return pattern


def pattern_or_default(environ: Mapping[str, str]) -> str:
    """Return the pattern of links, for an unknown editor that of the default one."""
    try:
        return editor_pattern(environ)
    except ValueError:
        return EDITORS[DEFAULT]


def editor_link(pattern: str, file: str, line: int) -> str:
    """Return the link to a line; "" for a file without a path, such as a template from a string."""
    path = file.replace("\\", "/")
    if not path.startswith("/") and not re.match(r"[A-Za-z]:/", path):
        return ""
    # `file/` and a path that begins with a slash: one of them is enough.
    joined = (
        pattern.replace("/{file}", "{file}") if path.startswith("/") and "file://" not in pattern else pattern
    )
    return joined.replace("{file}", quote(path, safe="/:")).replace("{line}", str(line))
