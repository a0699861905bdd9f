"""Production mode."""

from collections.abc import Mapping


def is_production(environ: Mapping[str, str]) -> bool:
    """Return True if `PYVIEW_ENV` is "production" or "prod"."""
    return environ.get("PYVIEW_ENV", "").strip().lower() in ("production", "prod")


def with_production(environ: Mapping[str, str], production: bool) -> Mapping[str, str]:
    """Return the environment of an application whose code may have set the mode."""
    return {**environ, "PYVIEW_ENV": "production" if production else ""}
