"""The environment variables that PyView reads, and names that look like one of them by mistake."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

PREFIX: Final = "PYVIEW_"

VARIABLES: Final = (
    "PYVIEW_APP_ID",
    "PYVIEW_EDITOR",
    "PYVIEW_ENV",
    "PYVIEW_REDIS_URL",
    "PYVIEW_SECRET",
    "PYVIEW_SECRET_FALLBACKS",
    "PYVIEW_SECRET_FILE",
    "PYVIEW_SPOOL",
    "PYVIEW_STATE",
)

_MODES: Final = ("production", "prod", "development", "dev", "")


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables named `PYVIEW_...` that PyView does not read, each with the closest known name or ""."""
    unknown = (name for name in environ if name.startswith(PREFIX) and name not in VARIABLES)
    return {name: _closest(name, VARIABLES) for name in unknown}


def unknown_mode(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the value of `PYVIEW_ENV` that is no mode, with the closest known one or ""; None if it is fine."""
    mode = environ.get("PYVIEW_ENV", "").strip().lower()
    return None if mode in _MODES else (mode, _closest(mode, _MODES))


def _closest(name: str, known: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(name, known, 1)), "")
